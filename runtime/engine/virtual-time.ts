/**
 * Runs Effects in virtual time: sleeping costs nothing, and the same program takes the same steps each time.
 * All fibers run until none can go on; then the clock jumps to the earliest sleep. Promises are given the chance to settle
 * before each jump, so plugins may use them, but nothing may wait for the real world unless it holds the clock: then time stands still.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Scheduler from "effect/Scheduler"
import type { HeldClock } from "#sdk"
import { makeSleepers, type Sleeper } from "./sleepers.ts"

/** The program can never go on. */
export class WaitsForEver extends Error {
  override readonly name = "WaitsForEver"
}

export interface VirtualWorldOptions {
  /** Milliseconds since the epoch at the beginning. */
  readonly start?: number
  /** Numbers from 0 to below 1: what is ready at the same time then runs in any order, and a fiber may be held up between any two steps. */
  readonly random?: () => number
  /** Called whenever the clock has jumped. */
  readonly onWake?: () => void
}

/** A clock on which one program runs after the other, as processes do on a machine. */
export interface VirtualWorld {
  /** Undefined when it was killed. Rejects with `WaitsForEver` when the program can never go on. */
  readonly run: <A, E>(program: Effect.Effect<A, E>) => Promise<Exit.Exit<A, E> | undefined>
  /** Milliseconds since the world began, whatever was done to the wall clock. */
  readonly elapsed: () => number
  /** Time passes while nothing runs. */
  readonly pass: (ms: number) => void
  /** Somebody sets the wall clock; who sleeps goes on sleeping. */
  readonly setClock: (by: number) => void
  /** The program that runs does not take one more step: nothing is released. */
  readonly kill: () => void
  /** How many sleep that the last program left behind. */
  readonly asleep: () => number
}

/** So often a fiber is held up between two steps. */
const holdUp = 1 / 16

/** One life of one program: what it has scheduled goes with it. */
const makeLife = (random: (() => number) | undefined) => {
  let tasks: Array<() => void> = []
  let dead = false
  /** What is done in the real world. */
  const held = new Set<Promise<void>>()
  const drain = () => {
    while (tasks.length > 0 && !dead) {
      if (random !== undefined) {
        const at = Math.floor(random() * tasks.length)
        const task = tasks[at]
        const last = tasks.pop()
        if (last !== undefined && at < tasks.length) tasks[at] = last
        task?.()
        continue
      }
      const batch = tasks
      tasks = []
      for (const task of batch) {
        if (dead) return
        task()
      }
    }
  }
  // Never before the first step: a fiber that is interrupted before it began would begin after all.
  const isHeldUp = (steps: number): boolean => random !== undefined && steps > 1 && random() < holdUp
  const scheduler: Scheduler.Scheduler = {
    executionMode: "async",
    shouldYield: (fiber) => dead || fiber.currentOpCount >= fiber.cache.maxOpsBeforeYield || isHeldUp(fiber.currentOpCount),
    makeDispatcher: () => ({
      scheduleTask: (task) => {
        if (!dead) tasks.push(task)
      },
      flush: () => drain(),
    }),
  }
  return {
    scheduler,
    drain,
    idle: () => tasks.length === 0,
    dead: () => dead,
    kill: () => {
      dead = true
      tasks = []
    },
    sleepers: makeSleepers(),
    hold: () => {
      const one = Promise.withResolvers<void>()
      held.add(one.promise)
      return () => {
        held.delete(one.promise)
        one.resolve()
      }
    },
    /** Undefined when nothing outside is waited for. */
    letGo: (): Promise<unknown> | undefined => (held.size === 0 ? undefined : Promise.race(held)),
  }
}

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export const makeVirtualWorld = ({ start = 0, random, onWake }: VirtualWorldOptions = {}): VirtualWorld => {
  let now = 0
  let wall = start
  let order = 0
  let life = makeLife(random)

  const millis = () => wall + now
  const nanos = (ms: number) => BigInt(Math.round(ms * 1e6))
  const clockOf = ({ sleepers, hold }: typeof life): HeldClock => ({
    hold,
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: () => nanos(millis()),
    currentTimeNanos: Effect.sync(() => nanos(millis())),
    monotonicTimeNanosUnsafe: () => nanos(now),
    monotonicTimeNanos: Effect.sync(() => nanos(now)),
    sleep: (duration) => {
      const ms = Duration.toMillis(duration)
      if (ms <= 0) return Effect.yieldNow
      if (!Number.isFinite(ms)) return Effect.never
      return Effect.callback<void>((resume) => {
        const sleeper: Sleeper = { at: now + ms, order: random?.() ?? order++, wake: () => resume(Effect.void), cancelled: false }
        sleepers.push(sleeper)
        return Effect.sync(() => {
          sleeper.cancelled = true
        })
      })
    },
  })

  const run: VirtualWorld["run"] = async (program) => {
    const current = makeLife(random)
    life = current
    const context = Context.empty().pipe(Context.add(Clock.Clock, clockOf(current)), Context.add(Scheduler.Scheduler, current.scheduler))
    const fiber = Effect.runForkWith(context)(program)
    for (;;) {
      current.drain()
      await macrotask()
      if (current.dead()) return undefined
      if (!current.idle()) continue
      const exit = fiber.pollUnsafe()
      if (exit !== undefined) return exit
      const outside = current.letGo()
      if (outside !== undefined) {
        await outside
        continue
      }
      const next = current.sleepers.pop()
      if (next === undefined) {
        fiber.interruptUnsafe()
        throw new WaitsForEver("the program waits for something that cannot happen in virtual time")
      }
      now = Math.max(now, next.at)
      onWake?.()
      next.wake()
    }
  }

  return {
    run,
    elapsed: () => now,
    pass: (ms) => {
      now += ms
    },
    setClock: (by) => {
      wall += by
    },
    kill: () => life.kill(),
    asleep: () => life.sleepers.count(),
  }
}

/** Milliseconds since the epoch are those of `start` at the beginning. Rejects with `WaitsForEver` when the program can never go on. */
export const runVirtual = async <A, E>(program: Effect.Effect<A, E>, start = 0): Promise<Exit.Exit<A, E>> => {
  const exit = await makeVirtualWorld({ start }).run(program)
  if (exit === undefined) throw new Error("the program was killed")
  return exit
}
