/**
 * Runs an Effect in virtual time: sleeping costs nothing, and the same program takes the same steps each time.
 * All fibers run until none can go on; then the clock jumps to the earliest sleep. Promises are given the chance to settle
 * before each jump, so plugins may use them, but nothing may wait for the real world.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Scheduler from "effect/Scheduler"

interface Sleeper {
  readonly at: number
  /** Sleepers of one moment wake in the order they lay down. */
  readonly order: number
  readonly wake: () => void
  cancelled: boolean
}

const before = (a: Sleeper, b: Sleeper): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** A binary heap, earliest first. */
const makeSleepers = () => {
  const heap: Array<Sleeper> = []
  const swap = (i: number, j: number) => {
    const [a, b] = [heap[i], heap[j]]
    if (a === undefined || b === undefined) return
    heap[i] = b
    heap[j] = a
  }
  const isBefore = (i: number, j: number): boolean => {
    const [a, b] = [heap[i], heap[j]]
    return a !== undefined && b !== undefined && before(a, b)
  }
  return {
    push: (sleeper: Sleeper) => {
      heap.push(sleeper)
      for (let child = heap.length - 1; child > 0; ) {
        const parent = (child - 1) >> 1
        if (!isBefore(child, parent)) return
        swap(child, parent)
        child = parent
      }
    },
    pop: (): Sleeper | undefined => {
      const first = heap[0]
      const last = heap.pop()
      if (first === undefined || last === undefined || first === last) return first
      heap[0] = last
      for (let parent = 0; ; ) {
        const [left, right] = [2 * parent + 1, 2 * parent + 2]
        const child = isBefore(right, left) ? right : left
        if (!isBefore(child, parent)) return first
        swap(parent, child)
        parent = child
      }
    },
  }
}

const makeScheduler = () => {
  let tasks: Array<() => void> = []
  const scheduler: Scheduler.Scheduler = {
    executionMode: "async",
    shouldYield: (fiber) => fiber.currentOpCount >= fiber.cache.maxOpsBeforeYield,
    makeDispatcher: () => ({
      scheduleTask: (task) => {
        tasks.push(task)
      },
      flush: () => drain(),
    }),
  }
  const drain = () => {
    while (tasks.length > 0) {
      const batch = tasks
      tasks = []
      for (const task of batch) task()
    }
  }
  return { scheduler, drain, idle: () => tasks.length === 0 }
}

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The program can never go on. */
export class WaitsForEver extends Error {
  override readonly name = "WaitsForEver"
}

/** Milliseconds since the epoch are those of `start` at the beginning. Rejects with `WaitsForEver` when the program can never go on. */
export const runVirtual = async <A, E>(program: Effect.Effect<A, E>, start = 0): Promise<Exit.Exit<A, E>> => {
  const sleepers = makeSleepers()
  const { scheduler, drain, idle } = makeScheduler()
  let now = start
  let order = 0
  const nanos = () => BigInt(Math.round(now * 1e6))
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => now,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) => {
      const ms = Duration.toMillis(duration)
      if (ms <= 0) return Effect.yieldNow
      if (!Number.isFinite(ms)) return Effect.never
      return Effect.callback<void>((resume) => {
        const sleeper: Sleeper = { at: now + ms, order: order++, wake: () => resume(Effect.void), cancelled: false }
        sleepers.push(sleeper)
        return Effect.sync(() => {
          sleeper.cancelled = true
        })
      })
    },
  }
  const context = Context.empty().pipe(Context.add(Clock.Clock, clock), Context.add(Scheduler.Scheduler, scheduler))
  const fiber = Effect.runForkWith(context)(program)
  for (;;) {
    drain()
    await macrotask()
    if (!idle()) continue
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) return exit
    let next = sleepers.pop()
    while (next?.cancelled === true) next = sleepers.pop()
    if (next === undefined) {
      fiber.interruptUnsafe()
      throw new WaitsForEver("the program waits for something that cannot happen in virtual time")
    }
    now = Math.max(now, next.at)
    next.wake()
  }
}
