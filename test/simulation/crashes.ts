/** What fails while nobody listens: it would end the whole process, and nobody could say which seed it was. */
import process from "node:process"
import { setImmediate } from "node:timers/promises"

const kinds = ["unhandledRejection", "uncaughtException"] as const

/** What the work comes to; rejects with the first error of the meantime that nobody heard, if there was one. For one work at a time. */
export const heard = async <A>(work: () => Promise<A>): Promise<A> => {
  const crashes: Array<unknown> = []
  const before = kinds.map((kind) => [kind, process.rawListeners(kind)] as const)
  for (const kind of kinds) {
    process.removeAllListeners(kind)
    process.on(kind, (error: unknown) => void crashes.push(error))
  }
  try {
    const done = await work()
    // a rejection is unheard once all that could hear it has had its turn
    await setImmediate()
    if (crashes.length > 0) throw crashes[0]
    return done
  } finally {
    for (const [kind, listeners] of before) {
      process.removeAllListeners(kind)
      // what was given to it goes back to it; its types know no listener in general
      for (const listener of listeners) process.on(kind, listener as () => void)
    }
  }
}
