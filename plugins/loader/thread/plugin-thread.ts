/** A plugin in its thread, whichever worker that is at the moment: one that has died is followed by a fresh one when the plugin is asked next. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { PluginFault } from "#ir"
import { holdClock, type ConfigResult, type PluginKind } from "#sdk"
import { makeLife, type Asked, type Life } from "./life.ts"
import type { ToldPlugin } from "./protocol.ts"

/** The plugin did not answer because its thread is no more. */
export class ThreadGone extends Error {
  override readonly name = "ThreadGone"
}

export interface AskOptions extends Asked {
  /** Where time is virtual it stands still until the answer is there, or this long. Milliseconds. */
  readonly limitMs?: number
  /** What the hook is given as its own. */
  readonly signal?: AbortSignal | undefined
  /** What the call makes is asked further by its number, so its functions stay; gets that number, and the worker that it is in. */
  readonly made?: ((id: number, life: Life) => void) | undefined
  /** Only in this worker: what is asked was made in it. */
  readonly life?: Life
}

export interface PluginThread {
  /** What the plugin answers, not looked at. Interrupting it tells the plugin. */
  readonly ask: <A>(asked: AskOptions) => Effect.Effect<A, Error>
  /** The same for who cannot wait for an Effect. */
  readonly promise: <A>(asked: AskOptions) => Promise<A>
  /** What is wrong with a configuration; waited for as if it were checked here. */
  readonly check: (kind: PluginKind, value: unknown) => ConfigResult<unknown>
  /** Whether it was asked for anything but checks. */
  readonly isFresh: () => boolean
  readonly close: () => void
}

export interface PluginThreadOptions {
  /** As the fleet writes it. */
  readonly from: string
  readonly url: string
  /** Why the module must not be imported any more: it has changed. */
  readonly changed: () => Promise<string | undefined>
  readonly importLimitMs: number
}

export type Started = { readonly ok: true; readonly thread: PluginThread; readonly plugin: ToldPlugin } | PluginFault

/** One that dies again and again is not worth the next try. */
const mostDeaths = 10
/** A plugin that fails in a loop is told of often enough. */
const mostTold = 20
/** Configurations whose check is remembered: a run asks again for what was checked when it was loaded. */
const mostChecked = 1000

/** Never rejects. */
export const startThread = async ({ from, url, changed, importLimitMs }: PluginThreadOptions): Promise<Started> => {
  let told = 0
  let deaths = 0
  let fresh = true
  let closed = false
  const tell = (text: string): void => {
    told += 1
    if (told <= mostTold) process.stderr.write(`plugin ${from}: ${text}${told === mostTold ? " (further ones are not told)" : ""}\n`)
  }
  const begin = (): Life =>
    makeLife({
      url,
      stray: (message) => tell(`an error that nobody waits for: ${message}; the run goes on`),
      died: (reason, asked) => {
        deaths += 1
        if (loadedOnce) tell(`${reason}; it was stopped${asked.length === 0 ? "" : ", what it was asked fails"}, and starts afresh when it is asked next`)
      },
    })
  /** Imports the module in a worker, within the time for that. */
  const imported = async (life: Life): ReturnType<typeof loading> => {
    const found = await loading(life)
    if (!found.ok) life.end("it could not be loaded")
    return found
  }
  const loading = (life: Life): Promise<Awaited<Life["loaded"]>> => {
    const timer = setTimeout(() => life.end(`importing it takes longer than ${importLimitMs / 1000} s`), importLimitMs)
    return life.loaded.finally(() => clearTimeout(timer))
  }

  let loadedOnce = false
  let life = begin()
  const first = await imported(life)
  if (!first.ok) return first
  loadedOnce = true

  let starting: Promise<Life> | undefined
  const startAgain = async (): Promise<Life> => {
    if (deaths >= mostDeaths) throw new Error(`plugin ${from} has died ${deaths} times and is not started again`)
    const why = await changed()
    if (why !== undefined) throw new Error(`plugin ${from} has died and is not started again: ${why}`)
    const next = begin()
    const found = await imported(next)
    if (closed) next.end("it is closed")
    if (!found.ok)
      throw new Error(`plugin ${from} has died and could not be started again: ${found.code === "plugin-load-failed" ? found.reason : "it changed"}`)
    life = next
    return next
  }
  const alive = (): Life | Promise<Life> => {
    if (!life.isOver()) return life
    starting ??= startAgain().finally(() => {
      starting = undefined
    })
    return starting
  }

  /** Gives what to do when nobody waits any more. */
  const askOf = (asking: Life, options: AskOptions, done: (value: unknown) => void, failed: (error: Error) => void): (() => void) => {
    const { limitMs: _limit, signal, made, life: _life, ...asked } = options
    if (asking.isOver()) {
      failed(new ThreadGone(`plugin ${from} is gone, and what it held with it`))
      return () => undefined
    }
    const id = asking.ask(
      asked,
      (value) => {
        if (made === undefined) asking.forget(id)
        else made(id, asking)
        done(value)
      },
      (error) => {
        asking.forget(id)
        failed(asking.isOver() ? new ThreadGone(`plugin ${from}: ${error.message}`) : error)
      },
    )
    const abort = (): void => asking.abort(id)
    if (signal?.aborted === true) abort()
    else signal?.addEventListener("abort", abort, { once: true })
    return () => asking.abandon(id)
  }

  const begun = (options: AskOptions, done: (value: unknown) => void, failed: (error: Error) => void): (() => void) => {
    fresh = false
    if (closed) {
      failed(new Error(`plugin ${from} is closed`))
      return () => undefined
    }
    const now = options.life ?? alive()
    if (!(now instanceof Promise)) return askOf(now, options, done, failed)
    let left = false
    let leave = (): void => {
      left = true
    }
    now.then((later) => {
      if (!left) leave = askOf(later, options, done, failed)
    }, failed)
    return () => leave()
  }

  const checked = new Map<string, ConfigResult<unknown>>()
  const thread: PluginThread = {
    ask: <A>(options: AskOptions) =>
      Effect.flatMap(Clock.Clock, (clock) =>
        Effect.callback<A, Error>((resume) => {
          const letGo = holdClock(clock, options.limitMs)
          const leave = begun(
            options,
            (value) => {
              letGo()
              resume(Effect.succeed(value as A))
            },
            (error) => {
              letGo()
              resume(Effect.fail(error))
            },
          )
          return Effect.sync(() => {
            letGo()
            leave()
          })
        }),
      ),
    promise: <A>(options: AskOptions) => new Promise<A>((done, failed) => void begun(options, (value) => done(value as A), failed)),
    check: (kind, value) => {
      const key = `${kind} ${JSON.stringify(value)}`
      const known = checked.get(key)
      if (known !== undefined) return known
      const result = life.check(kind, value)
      if (checked.size >= mostChecked) checked.clear()
      checked.set(key, result)
      return result
    },
    isFresh: () => fresh && !life.isOver(),
    close: () => {
      closed = true
      life.end(`plugin ${from} is closed`)
    },
  }
  return { ok: true, thread, plugin: first.plugin }
}
