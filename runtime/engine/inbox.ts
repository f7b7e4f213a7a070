/** The way into the machine: a bounded queue of facts. Whoever reports faster than the machine steps waits; nothing is dropped. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type { Rejection } from "../machine/protocol.ts"
import type { FactBody } from "./run.ts"

export interface Letter {
  readonly fact: FactBody
  readonly answer?: (rejection: Rejection | undefined) => void
  /** The command of another process that this is: its answer is written down together with what came of it. */
  readonly command?: number
}

export interface Inbox {
  readonly queue: Queue.Queue<Letter>
  /** Puts a fact in; undefined when it is in, else a promise to wait for before the next. */
  readonly post: (fact: FactBody) => Promise<unknown> | undefined
}

const capacity = 4096

/** `run` carries out what is left of an effect when a fact has to wait for room. */
export const makeInbox = (run: <A>(effect: Effect.Effect<A>) => Promise<A>): Effect.Effect<Inbox> =>
  Effect.map(Queue.bounded<Letter>(capacity), (queue) => ({
    queue,
    post: (fact) => {
      const letter: Letter = { fact }
      return Queue.offerUnsafe(queue, letter) ? undefined : run(Queue.offer(queue, letter))
    },
  }))
