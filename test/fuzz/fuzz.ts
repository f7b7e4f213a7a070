/**
 * `npm run fuzz -- [--seconds 60] [--seed N]`: feeds the compiler mutated fleets until the time is over or one is trouble: a throw, a hang, a
 * diagnostic outside of the file. Trouble is made small and written into `corpus/`, where the tests keep it. Exit code 1 when there was some.
 */
import { createHash } from "node:crypto"
import { writeFileSync } from "node:fs"
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads"
import { commandLine } from "../command-line.ts"
import { examineTyped } from "./examine.ts"
import { mutate, randomFrom } from "./mutate.ts"
import { seeds } from "./seeds.ts"

/** A text of 20 kB that takes longer has found something worse than linear. */
const hangMs = 5000

type Message =
  | { readonly kind: "begin"; readonly text: string }
  | { readonly kind: "trouble"; readonly text: string; readonly what: string }
  | { readonly kind: "done"; readonly texts: number }

const work = (seed: number, seconds: number, say: (message: Message) => void): void => {
  const random = randomFrom(seed)
  const pool = [...seeds()]
  const pick = (): string => pool[Math.floor(random() * pool.length)] ?? ""
  const end = performance.now() + seconds * 1000
  let texts = 0
  for (; performance.now() < end; texts++) {
    const text = mutate(pick(), pick(), random)
    say({ kind: "begin", text })
    const what = examineTyped(text)
    if (what !== undefined) say({ kind: "trouble", text: smaller(text), what })
    // a mutant may be mutated further, which goes deeper than any seed
    if (random() < 0.05) pool[Math.floor(random() * pool.length)] = text
  }
  say({ kind: "done", texts })
}

/** The same kind of trouble with fewer lines, then fewer characters. */
const smaller = (text: string): string => {
  const kind = (what: string | undefined): string | undefined => what?.split(/[:\n]/)[0]
  const wanted = kind(examineTyped(text))
  let best = text
  for (const separator of ["\n", ""]) {
    let parts = best.split(separator)
    for (let size = Math.ceil(parts.length / 2); size >= 1 && parts.length < 5000; size = Math.floor(size / 2))
      for (let at = 0; at < parts.length;) {
        const without = [...parts.slice(0, at), ...parts.slice(at + size)]
        if (kind(examineTyped(without.join(separator))) === wanted) parts = without
        else at += size
      }
    best = parts.join(separator)
  }
  return best
}

const keep = (text: string): string => {
  const name = `${createHash("sha256").update(text).digest("hex").slice(0, 12)}.yaml`
  writeFileSync(new URL(`corpus/${name}`, import.meta.url), text)
  return name
}

const watch = (seed: number, seconds: number): void => {
  console.log(`seed ${seed}, ${seconds} s`)
  const worker = new Worker(new URL(import.meta.url), { workerData: { seed, seconds } })
  let current: { readonly text: string; readonly since: number } | undefined
  const found = new Map<string, string>()
  const watchdog = setInterval(() => {
    if (current === undefined || performance.now() - current.since < hangMs) return
    console.log(`a hang: ${keep(current.text)}`)
    process.exitCode = 1
    finish()
  }, 500)
  const finish = (): void => {
    clearInterval(watchdog)
    void worker.terminate()
  }
  worker.on("message", (message: Message) => {
    if (message.kind === "begin") current = { text: message.text, since: performance.now() }
    else if (message.kind === "done") {
      console.log(`${message.texts} texts, ${found.size === 0 ? "no trouble" : `${found.size} kinds of trouble`}`)
      finish()
    } else if (!found.has(message.what.slice(0, 120))) {
      found.set(message.what.slice(0, 120), message.text)
      process.exitCode = 1
      console.log(`${keep(message.text)}: ${message.what}`)
    }
  })
  worker.on("error", (error) => {
    console.log(`the fuzzer itself: ${error.stack}`)
    process.exitCode = 1
    finish()
  })
}

if (isMainThread) {
  const { seed, seconds } = commandLine("fuzz", "Tries texts made up at random on parser, checker and formatter; what breaks them is kept.", {
    seconds: { what: "how long", default: 60, least: 1 },
    seed: { what: "of the texts", default: Date.now() % 1_000_000, least: 0 },
  })
  watch(seed, seconds)
} else {
  const { seed, seconds } = workerData as { readonly seed: number; readonly seconds: number }
  work(seed, seconds, (message) => parentPort?.postMessage(message))
}
