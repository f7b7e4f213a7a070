/** The floor: one fiber and one queue per session, nothing else. No journal, no routing, no supervision. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import type { Engine } from "../contract.ts"

const pipeline = (n: number) => () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const first = yield* Queue.unbounded<number>()
      let mailbox = first
      for (let i = 0; i < n; i++) {
        const own = mailbox
        const next = yield* Queue.unbounded<number>()
        yield* Effect.forkChild(Effect.flatMap(Queue.take(own), (prompt) => Queue.offer(next, prompt + 1)))
        mailbox = next
      }
      yield* Queue.offer(first, 0)
      return yield* Queue.take(mailbox)
    }),
  )

const fanOut = (n: number) => () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const lead = yield* Queue.unbounded<number>()
      const joined = yield* Queue.unbounded<number>()
      const workers: Array<Queue.Queue<number>> = []
      for (let i = 0; i < n; i++) {
        const own = yield* Queue.unbounded<number>()
        workers.push(own)
        yield* Effect.forkChild(Effect.flatMap(Queue.take(own), (prompt) => Queue.offer(joined, prompt)))
      }
      yield* Effect.forkChild(
        Effect.gen(function* () {
          yield* Queue.take(lead)
          for (const [item, worker] of workers.entries()) yield* Queue.offer(worker, item)
        }),
      )
      const join = yield* Effect.forkChild(
        Effect.gen(function* () {
          let sum = 0
          for (let i = 0; i < n; i++) sum += yield* Queue.take(joined)
          return sum
        }),
      )
      yield* Queue.offer(lead, 0)
      return yield* Fiber.join(join)
    }),
  )

const idle = async (n: number): Promise<unknown> => {
  const held: Array<unknown> = []
  for (let i = 0; i < n; i++) {
    const queue = await Effect.runPromise(Queue.unbounded<number>())
    held.push(queue, Effect.runFork(Queue.take(queue)))
  }
  return held
}

export const subject: Engine = { pipeline, fanOut, idle }
