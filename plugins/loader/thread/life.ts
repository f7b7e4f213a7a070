/** One worker thread of a plugin, from its start to its end: what is asked of it, and what becomes of that when it ends. */
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from "node:worker_threads"
import type { PluginFault } from "#ir"
import type { ConfigResult, PluginKind } from "#sdk"
import { cellBytes, cells, type Call, type Checked, type FromThread, type Returned, type Start, type ToldPlugin, type ToThread } from "./protocol.ts"
import { errorOf, firstLine, toldError } from "./told-error.ts"
import { makeWatch } from "./watch.ts"
import { entry } from "./entry.ts"

/** Of JavaScript's heap: more than any plugin needs, and less than what would take the machine from the others. */
export const heapMb = 512
/** For one configuration to be checked, while nothing else happens in the engine's thread. */
export const checkLimitMs = 5000

/** Functions of this side that a hook was given: called while the plugin's thread waits. */
export interface Functions {
  readonly [name: string]: (...args: ReadonlyArray<never>) => unknown
}

export interface Asked extends Omit<Call, "type" | "id"> {
  /** For messages: `decide for session "a"`. */
  readonly what: string
  readonly functions?: Functions | undefined
}

interface Waiting {
  readonly what: string
  readonly of: number | undefined
  readonly done: (value: unknown) => void
  readonly failed: (error: Error) => void
}

export interface Life {
  /** What the plugin tells of itself once it is imported; a fault when it cannot be had. Never rejects. */
  readonly loaded: Promise<{ readonly ok: true; readonly plugin: ToldPlugin } | PluginFault>
  /** Gives the number of the call. One of `done` and `failed` is called once, unless the call is abandoned. */
  readonly ask: (asked: Asked, done: (value: unknown) => void, failed: (error: Error) => void) => number
  /** Nobody waits for it any more; perhaps because the thread is blocked. */
  readonly abandon: (id: number) => void
  readonly abort: (id: number) => void
  /** What the call made is over: its functions are not to be had any more, and who still waits for it need not. */
  readonly forget: (id: number) => void
  readonly check: (kind: PluginKind, value: unknown) => ConfigResult<unknown>
  readonly isOver: () => boolean
  /** Ends it; what is asked of it fails with the reason. */
  readonly end: (reason: string) => void
}

export interface LifeOptions {
  /** Of the plugin's module. */
  readonly url: string
  /** An error that nobody waits for. */
  readonly stray: (message: string) => void
  /** It ended when nobody had asked it to; `asked`: what for, as `what` says it. */
  readonly died: (reason: string, asked: ReadonlyArray<string>) => void
}

const refusal = (reason: string): PluginFault => ({ ok: false, code: "plugin-load-failed", reason })

/** A program that node was given as text: what it says of that text no thread can be started with. */
const ofText = process.execArgv.some((argument) => argument.startsWith("--input-type"))

export const makeLife = ({ url, stray, died }: LifeOptions): Life => {
  const shared = new SharedArrayBuffer(cellBytes)
  const counts = new Int32Array(shared)
  const [checks, functions] = [new MessageChannel(), new MessageChannel()]
  const workerData: Start<MessagePort> = { url, shared, checks: checks.port1, functions: functions.port1 }
  const worker = new Worker(entry(), {
    workerData,
    transferList: [checks.port1, functions.port1],
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
    ...(ofText ? { execArgv: [] } : {}),
  })
  const waiting = new Map<number, Waiting>()
  const given = new Map<number, Functions>()
  const loaded = Promise.withResolvers<Awaited<Life["loaded"]>>()
  let count = 0
  let over = false

  const post = (message: ToThread): void => {
    if (!over) worker.postMessage(message)
  }
  const watch = makeWatch({
    beats: () => Atomics.load(counts, cells.beats),
    ping: () => post({ type: "ping" }),
    blocked: () => ended("it blocks its thread"),
  })

  /** What is asked keeps the process alive, an idle plugin does not. */
  const settle = (id: number): Waiting | undefined => {
    const one = waiting.get(id)
    waiting.delete(id)
    if (waiting.size === 0) {
      watch.end()
      worker.unref()
    }
    return one
  }

  const finish = (reason: string): void => {
    over = true
    watch.end()
    void worker.terminate()
    for (const port of [checks.port2, functions.port2]) port.close()
    loaded.resolve(refusal(reason))
    const left = [...waiting.values()]
    waiting.clear()
    given.clear()
    for (const { failed } of left) failed(new Error(reason))
  }

  const ended = (why: string): void => {
    if (over) return
    const asked = [...waiting.values()].map(({ what }) => what)
    const reason = asked.length === 0 ? why : `${why} (${asked.slice(0, 3).join(", ")}${asked.length > 3 ? ", …" : ""})`
    finish(reason)
    died(reason, asked)
  }

  const called = (id: number, name: string, args: ReadonlyArray<unknown>): unknown => {
    const known = given.get(id)
    const wanted = known !== undefined && Object.hasOwn(known, name) ? known[name] : undefined
    if (wanted === undefined) throw new Error(`${name}: what it was asked for is over`)
    return wanted(...(args as ReadonlyArray<never>))
  }

  const giveBack = (turn: number, id: number, name: string, args: ReadonlyArray<unknown>): void => {
    let returned: Returned
    try {
      returned = { turn, ok: true, value: called(id, name, args) }
    } catch (error) {
      returned = { turn, ok: false, error: toldError(error) }
    }
    functions.port2.postMessage(returned)
    // it sleeps until then
    Atomics.add(counts, cells.functions, 1)
    Atomics.notify(counts, cells.functions)
  }

  /** The plugin can speak here as well, by mistake: nothing of what it says is believed to be well formed. */
  const hear = (message: FromThread | null): void => {
    try {
      if (!over && typeof message === "object" && message !== null) take(message)
    } catch (error) {
      ended(`it said what cannot be read: ${firstLine(error)}`)
    }
  }

  const take = (message: FromThread): void => {
    switch (message.type) {
      case "loaded":
        if (waiting.size === 0) worker.unref()
        return loaded.resolve({ ok: true, plugin: message.plugin })
      case "refused":
        return loaded.resolve(message.fault)
      case "answer":
        return settle(message.id)?.done(message.value)
      case "failed":
        return settle(message.id)?.failed(errorOf(message.error))
      case "wanted":
        return giveBack(message.turn, message.id, message.name, message.args)
      case "stray":
        return stray(message.message)
    }
  }

  worker.on("message", hear)
  worker.on("messageerror", (error) => ended(`it said what cannot be read: ${firstLine(error)}`))
  worker.on("error", (error: Error) =>
    ended("code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY" ? `it uses more than ${heapMb} MB of memory` : `its thread broke: ${firstLine(error)}`),
  )
  worker.on("exit", () => ended("it ends its thread, as process.exit does"))

  return {
    loaded: loaded.promise,
    ask: ({ what, functions: known, ...call }, done, failed) => {
      const id = ++count
      if (known !== undefined) given.set(id, known)
      try {
        worker.postMessage({ type: "call", id, ...call } satisfies ToThread)
      } catch (error) {
        queueMicrotask(() => failed(new Error(`it cannot be asked: ${firstLine(error)}`)))
        return id
      }
      waiting.set(id, { what, of: call.of, done, failed })
      worker.ref()
      watch.begin()
      return id
    },
    abandon: (id) => {
      if (!waiting.has(id)) return
      post({ type: "abandon", id })
      settle(id)
      watch.doubt()
    },
    abort: (id) => post({ type: "abort", id }),
    forget: (id) => {
      given.delete(id)
      for (const [call, { of }] of waiting) if (of === id) settle(call)?.failed(new Error("it is over"))
    },
    check: (kind, value) => {
      if (over) return issue("its schema was stopped at another configuration")
      const before = Atomics.load(counts, cells.checks)
      post({ type: "check", kind, value })
      if (Atomics.wait(counts, cells.checks, before, checkLimitMs) === "timed-out") {
        finish("its configuration schema blocks its thread")
        return issue(`its schema takes longer than ${checkLimitMs / 1000} s`)
      }
      const checked: Checked | undefined = receiveMessageOnPort(checks.port2)?.message
      if (checked === undefined) return issue("its schema ends its thread, as process.exit does")
      if (checked.ok) return { ok: true, value }
      if ("threw" in checked) throw new Error(checked.threw)
      return checked
    },
    isOver: () => over,
    end: (reason) => {
      if (!over) finish(reason)
    },
  }
}

const issue = (message: string): ConfigResult<unknown> => ({ ok: false, issues: [{ message, path: [] }] })
