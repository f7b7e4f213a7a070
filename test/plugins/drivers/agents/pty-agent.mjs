// A small program for terminals: shows when it waits, takes what is pasted or a line, plays the scene that it names, and stops at Ctrl-C.
import { createInterface } from "node:readline"
import { playScene, tellGiven } from "./stage.mjs"

const raw = process.env.PTY_AGENT === "raw"
// It can be pasted to.
process.stdout.write("\u001b[?2004h")
const show = (text) => process.stdout.write(`${text}\n`)

class Stopped extends Error {}
let stop

const wait = () => show("[ready]")
const actor = {
  prompts: [],
  say: show,
  part: async (text) => show(text),
  endPart: () => {},
  call: async (_tool, _permission, run) => run(),
}

const play = async (line) => {
  tellGiven({ systemPrompt: line })
  const stopped = new Promise((_resolve, reject) => {
    stop = () => reject(new Stopped())
  })
  try {
    await Promise.race([playScene(line.split("\n").at(-1), actor), stopped])
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
  }
  stop = undefined
  wait()
}

process.on("SIGINT", () => {
  // The terminal has shown the keys where the cursor was.
  show("")
  if (stop === undefined) wait()
  else stop()
})
setInterval(() => {}, 60_000)
show("a small program")
if (process.env.PTY_AGENT === "silent") process.stdout.write("[ready]")
else wait()

const paste = /\u001b\[200~(.*)\u001b\[201~/su
let held = ""
if (process.env.PTY_AGENT === "silent") {
  // It shows no keys, its prompt has no end of line, and it thinks for a while before it says anything.
  process.stdin.setRawMode(true)
  process.stdin.setEncoding("utf8").on("data", (text) => {
    held += text
    if (!/\u001b\[201~.*\r/su.test(held)) return
    const [, pasted] = paste.exec(held) ?? []
    held = ""
    show("")
    setTimeout(() => process.stdout.write(`${pasted} was heard\n[ready]`), 600)
  })
} else if (raw) {
  // It reads keys as they come and shows none of them.
  process.stdin.setRawMode(true)
  process.stdin.setEncoding("utf8").on("data", (text) => {
    held += text
    if (!/\u001b\[201~.*\r/su.test(held)) return
    show(`pasted ${JSON.stringify(paste.exec(held)?.[1])}`)
    held = ""
    wait()
  })
} else {
  createInterface({ input: process.stdin, terminal: false })
    .on("line", (line) => {
      held += `${line}\n`
      const [, pasted] = paste.exec(held) ?? []
      if (pasted === undefined) return
      held = ""
      void play(pasted)
    })
    .on("close", () => process.exit(0))
}
