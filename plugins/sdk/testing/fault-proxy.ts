/** A process between driver and agent that passes everything on, but for the fault it is told to make. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"

export type Fault =
  /** Writes a line before the first one that holds a text. */
  | { readonly kind: "insert"; readonly before: string; readonly base64: string }
  /** Dies after so many lines, in the next one: with all of it but its end, or in the middle. Both it and the agent are killed. */
  | { readonly kind: "die"; readonly after: number; readonly cut: "whole" | "half" }
  /** Writes so many bytes to standard error first. */
  | { readonly kind: "noise"; readonly bytes: number }

/** Plain JavaScript, because it runs as a file of its own wherever the suite does. */
const source = `
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
const fault = JSON.parse(readFileSync(process.argv[2], "utf8"))
const [program, ...args] = process.argv.slice(3)
const agent = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] })
// Not inherited: what we write to without blocking would not block the agent either, and some give up on that.
agent.stderr.on("data", (chunk) => process.stderr.write(chunk))
const gone = new Promise((resolve) => agent.on("exit", (code, signal) => resolve({ code, signal })))
agent.on("error", (error) => { console.error(error.message); process.exit(127) })
agent.stdin.on("error", () => {})
process.stdout.on("error", () => process.exit(1))
process.stdin.pipe(agent.stdin)
if (fault.kind === "noise") for (let left = fault.bytes; left > 0; left -= 100) process.stderr.write("n".repeat(99) + "\\n")
const write = (bytes) => process.stdout.write(bytes) || new Promise((resolve) => process.stdout.once("drain", resolve))
const flushed = () => new Promise((resolve) => process.stdout.write("", resolve))
let lines = 0
let inserted = false
const pass = async (line) => {
  if (fault.kind === "insert" && !inserted && line.includes(fault.before)) {
    inserted = true
    await write(Buffer.concat([Buffer.from(fault.base64, "base64"), Buffer.from("\\n")]))
  }
  if (fault.kind === "die" && lines === fault.after) {
    await write(fault.cut === "whole" ? line : line.subarray(0, Math.floor(line.length / 2)))
    await flushed()
    agent.kill("SIGKILL")
    process.kill(process.pid, "SIGKILL")
  }
  lines += 1
  await write(Buffer.concat([line, Buffer.from("\\n")]))
}
let rest = Buffer.alloc(0)
for await (const chunk of agent.stdout) {
  rest = Buffer.concat([rest, chunk])
  for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
    await pass(rest.subarray(0, end))
    rest = rest.subarray(end + 1)
  }
}
if (rest.length > 0) await write(rest)
await flushed()
const { code, signal } = await gone
if (signal === null) process.exit(code)
else process.kill(process.pid, signal)
`

/** The command that runs another one with a fault. `directory`: where the proxy's files may be put. */
export const withFault = (fault: Fault, directory: string, argv: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [file, plan] = [join(directory, "fault-proxy.mjs"), join(directory, "fault.json")]
  writeFileSync(file, source)
  writeFileSync(plan, JSON.stringify(fault))
  const runtime = "Deno" in globalThis ? [process.execPath, "run", "-A"] : [process.execPath]
  return [...runtime, file, plan, ...argv]
}
