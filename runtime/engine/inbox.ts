/** The way into the machine: facts that wait for it. Whoever reports faster than the machine steps waits; nothing is dropped. */
import * as Effect from "effect/Effect"
import type { Rejection } from "../machine/protocol.ts"
import type { FactBody } from "./run.ts"

export interface Letter {
  readonly fact: FactBody
  readonly answer?: (rejection: Rejection | undefined) => void
  /** The answer when the machine takes the fact: policies refused what was said, and the fact is just that. */
  readonly refusal?: Rejection
  /** The command of another process that this is: its answer is written down together with what came of it. */
  readonly command?: number
}

export interface Inbox {
  /** Puts a letter in. Undefined when there is room for more, else a promise to wait for before the next. */
  readonly put: (letter: Letter) => Promise<void> | undefined
  readonly post: (fact: FactBody) => Promise<void> | undefined
  /** All that is there, once something is: for one reader. */
  readonly takeAll: Effect.Effect<ReadonlyArray<Letter>>
  /** What is there and what is still put in is answered with `rejection`. */
  readonly close: (rejection: Rejection) => void
}

const capacity = 4096

export const makeInbox = (): Inbox => {
  let letters: Array<Letter> = []
  let closed: Rejection | undefined
  let wake: (() => void) | undefined
  let room: PromiseWithResolvers<void> | undefined

  const empty = (): ReadonlyArray<Letter> => {
    const taken = letters
    letters = []
    room?.resolve()
    room = undefined
    return taken
  }

  const put: Inbox["put"] = (letter) => {
    if (closed !== undefined) {
      letter.answer?.(closed)
      return undefined
    }
    letters.push(letter)
    wake?.()
    if (letters.length < capacity) return undefined
    room ??= Promise.withResolvers()
    return room.promise
  }

  // The reader comes when it is its turn, not in the midst of whoever wakes it: by then more may be there.
  const something = Effect.callback<void>((resume) => {
    // Between its look and this the reader may have been held up, and nobody woke it.
    if (letters.length > 0) return resume(Effect.void)
    wake = () => {
      wake = undefined
      resume(Effect.yieldNow)
    }
  })

  const takeAll: Inbox["takeAll"] = Effect.suspend(() => (letters.length > 0 ? Effect.sync(empty) : Effect.map(something, empty)))

  return {
    put,
    post: (fact) => put({ fact }),
    takeAll,
    close: (rejection) => {
      closed = rejection
      for (const { answer } of empty()) answer?.(rejection)
    },
  }
}
