/** Reads what a driver says until it falls silent for good, whether it speaks in a Stream or an AsyncIterable. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { DriverEvent, DriverHandle } from "#sdk"
import { readDriverEvent } from "./driver-event.ts"

/** What a listener makes of one event: nothing to wait for, or a promise that the next event has to wait for. */
export type Listener = (event: DriverEvent) => Promise<void> | undefined

/** Ends when the events end; fails with what they fail with. */
export const readAgent = (events: DriverHandle["events"], listen: Listener): Effect.Effect<void, unknown> => {
  if (Stream.isStream(events)) {
    return Stream.runForEachArray(events as Stream.Stream<DriverEvent, unknown>, (chunk) => listenAll(chunk, 0, listen))
  }
  return Effect.callback<void, unknown>((resume) => {
    const iterator = (events as AsyncIterable<DriverEvent>)[Symbol.asyncIterator]()
    unheard(iterator)
    let stopped = false
    const fail = (error: unknown) => resume(Effect.fail(error))
    const hear = (next: IteratorResult<DriverEvent, unknown>): void => {
      if (stopped) return
      try {
        if (next.done === true) return resume(Effect.void)
        const wait = listen(readDriverEvent(next.value))
        if (wait === undefined) pull()
        else wait.then(pull, fail)
      } catch (error) {
        fail(error)
      }
    }
    const pull = (): void => {
      if (stopped) return
      try {
        iterator.next().then(hear, fail)
      } catch (error) {
        fail(error)
      }
    }
    pull()
    return Effect.sync(() => {
      stopped = true
      try {
        // An agent that does not answer must not hold up whoever stops it.
        unheard(iterator.return?.())
      } catch {
        // What it does wrong on the way out is nobody's.
      }
    })
  })
}

/** A driver may give a promise where none is wanted: nobody waits for it, and its rejection is no news. */
const unheard = (given: unknown): void => {
  if (given instanceof Promise) given.catch(() => undefined)
}

const listenAll = (chunk: ReadonlyArray<DriverEvent>, from: number, listen: Listener): Effect.Effect<void> => {
  for (let index = from; index < chunk.length; index++) {
    const event = chunk[index]
    const wait = listen(readDriverEvent(event))
    if (wait === undefined) continue
    // Whoever is stopped before it waits never looks at the promise, and it may be rejected for that very reason.
    wait.catch(() => undefined)
    return Effect.flatMap(
      Effect.promise(() => wait),
      () => listenAll(chunk, index + 1, listen),
    )
  }
  return Effect.void
}
