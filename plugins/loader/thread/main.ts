/**
 * A plugin's own thread: imports its module, tells what it is, and does what it is asked. Whatever the plugin does here, it does to itself: it may
 * block, end the thread, use up its memory, or throw where nobody waits.
 */
import { Console } from "node:console"
import process from "node:process"
import { parentPort, workerData, type MessagePort } from "node:worker_threads"
import type { ConfigSchema, Plugin, PluginKind } from "#sdk"
import { checkPlugin } from "../../sdk/check-plugin.ts"
import { pluginApi } from "../../sdk/plugin.ts"
import { offerHostModules } from "../host-modules.ts"
import { makeAnswers, type AnswerCall } from "./answer-calls.ts"
import { cells, type Call, type Checked, type FromThread, type Start, type ToThread } from "./protocol.ts"
import { tellPlugin } from "./tell-plugin.ts"
import { firstLine, toldError } from "./told-error.ts"
import { makeWant } from "./wanted.ts"

const start: Start<MessagePort> = workerData
const counts = new Int32Array(start.shared)

const post = (message: FromThread): void => parentPort?.postMessage(message)

/** What plugins print is for people: standard output is the engine's. */
const redirect = (): void => {
  process.stdout.write = process.stderr.write.bind(process.stderr)
  Object.assign(globalThis.console, new Console(process.stderr, process.stderr))
}

const stray = (error: unknown): void => post({ type: "stray", message: firstLine(error) })

interface Serving {
  readonly plugin: Plugin
  readonly answer: AnswerCall
}
let serving: Serving | undefined

/** Calls under way, to say that nobody waits for them any more. */
const running = new Map<number, AbortController>()
/** Signals that hooks were given. */
const signals = new Map<number, AbortController>()

const answer = async (call: Call): Promise<void> => {
  const { id } = call
  const [over, unwanted] = [new AbortController(), new AbortController()]
  running.set(id, over)
  signals.set(id, unwanted)
  try {
    reply(id, await serving?.answer(call, over.signal, unwanted.signal))
  } catch (error) {
    post({ type: "failed", id, error: toldError(error) })
  }
  running.delete(id)
  // a router is told even after its answer, to stop what it has started
  if (call.hook !== "routing.decide") signals.delete(id)
}

const reply = (id: number, value: unknown): void => {
  try {
    post({ type: "answer", id, value })
  } catch (error) {
    post({ type: "failed", id, error: { message: `its answer is no plain data: ${firstLine(error)}` } })
  }
}

const schemaOf = (kind: PluginKind): ConfigSchema<unknown> | undefined => serving?.plugin[kind]?.config

const check = (kind: PluginKind, value: unknown): Checked => {
  try {
    const result = schemaOf(kind)?.decode(value)
    if (result === undefined || result.ok) return { ok: true }
    const issues = result.issues.map(({ message, path }) => ({
      message: String(message),
      path: path.map((key) => (typeof key === "number" ? key : String(key))),
    }))
    return { ok: false, issues }
  } catch (error) {
    return { ok: false, threw: toldError(error).message }
  }
}

const take = (message: ToThread): void => {
  switch (message.type) {
    case "ping":
      Atomics.add(counts, cells.beats, 1)
      return
    case "call":
      void answer(message)
      return
    case "abandon":
      running.get(message.id)?.abort()
      return
    case "abort":
      signals.get(message.id)?.abort()
      signals.delete(message.id)
      return
    case "check":
      start.checks.postMessage(check(message.kind, message.value))
      wakeChecker()
  }
}

/** Who waits for a check sleeps: without a message it was the last thing that was done here. */
const wakeChecker = (): void => {
  Atomics.add(counts, cells.checks, 1)
  Atomics.notify(counts, cells.checks)
}

type Imported = { readonly ok: true; readonly exported: unknown } | { readonly ok: false; readonly reason: string }

const imported = (): Promise<Imported> =>
  import(/* @vite-ignore */ start.url).then(
    (module: { readonly default?: unknown }): Imported =>
      "default" in module ? { ok: true, exported: module.default } : { ok: false, reason: "it has no default export" },
    (error: unknown): Imported => ({ ok: false, reason: `importing it fails: ${firstLine(error)}${wayOut(error)}` }),
  )

/** What Node says of an ES module in a package whose `package.json` says `commonjs`. */
const wayOut = (error: unknown): string =>
  error instanceof SyntaxError && /outside a module|Unexpected token 'export'/.test(error.message)
    ? '; a plugin is an ES module: write "type": "module" into the package.json of its folder, or name the file .mjs or .mts'
    : ""

const refuse = (reason: string): void => post({ type: "refused", fault: { ok: false, code: "plugin-load-failed", reason } })

const load = async (): Promise<void> => {
  const module = await imported()
  if (!module.ok) return refuse(module.reason)
  const checked = checkPlugin(module.exported)
  if (!checked.ok)
    return checked.code === "plugin-api-version"
      ? post({ type: "refused", fault: { ok: false, code: checked.code, found: checked.found, expected: String(pluginApi) } })
      : refuse(checked.reason)
  try {
    const plugin = tellPlugin(checked.plugin)
    serving = { plugin: checked.plugin, answer: makeAnswers(checked.plugin, makeWant(start, post)) }
    post({ type: "loaded", plugin })
  } catch (error) {
    refuse(`reading what it exports fails: ${firstLine(error)}`)
  }
}

redirect()
process.on("uncaughtException", stray)
process.on("exit", wakeChecker)
process.on("unhandledRejection", stray)
offerHostModules()
parentPort?.on("message", take)
void load()
