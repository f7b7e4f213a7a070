/** Who watches a run. Each has a bounded buffer; whoever falls behind is told what it missed. Without subscribers publishing is free. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { FleetEvent } from "../machine/protocol.ts"
import type { Lagged } from "./run.ts"

type Item = FleetEvent | Lagged

interface Subscriber {
  readonly capacity: number
  readonly buffer: Array<FleetEvent>
  missed: { readonly from: number; readonly to: number } | undefined
  wake: (() => void) | undefined
}

export interface Subscribers {
  readonly publish: (events: ReadonlyArray<FleetEvent>) => void
  readonly end: () => void
  /** Events published from now on. The subscription lasts until the stream that reads it is done. */
  readonly subscribe: (capacity: number) => { readonly after: number; readonly stream: Stream.Stream<Item> }
}

/** `seen`: the last event that was published before, in a former life of the run. */
export const makeSubscribers = (seen = 0): Subscribers => {
  const all = new Set<Subscriber>()
  let ended = false
  let last = seen

  const accept = (subscriber: Subscriber, event: FleetEvent) => {
    const { missed } = subscriber
    // Once lagging, it lags until the reader has emptied the buffer: the gap stays one range.
    if (missed !== undefined) subscriber.missed = { from: missed.from, to: event.seq }
    else if (subscriber.buffer.length >= subscriber.capacity) subscriber.missed = { from: event.seq, to: event.seq }
    else subscriber.buffer.push(event)
  }

  const wake = (subscriber: Subscriber) => {
    const waiting = subscriber.wake
    subscriber.wake = undefined
    waiting?.()
  }

  const drain = (subscriber: Subscriber): ReadonlyArray<Item> => {
    const items: Array<Item> = subscriber.buffer.splice(0)
    if (subscriber.missed !== undefined) items.push({ type: "lagged", ...subscriber.missed })
    subscriber.missed = undefined
    return items
  }

  const take = (subscriber: Subscriber): Effect.Effect<ReadonlyArray<Item> | undefined> =>
    Effect.suspend(() => {
      const items = drain(subscriber)
      if (items.length > 0) return Effect.succeed(items)
      if (ended) return Effect.succeed(undefined)
      return Effect.flatMap(
        Effect.callback<void>((resume) => {
          subscriber.wake = () => resume(Effect.void)
          return Effect.sync(() => {
            subscriber.wake = undefined
          })
        }),
        () => take(subscriber),
      )
    })

  return {
    publish: (events) => {
      last = events.at(-1)?.seq ?? last
      for (const subscriber of all) {
        for (const event of events) accept(subscriber, event)
        wake(subscriber)
      }
    },
    end: () => {
      ended = true
      for (const subscriber of all) wake(subscriber)
    },
    subscribe: (capacity) => {
      const subscriber: Subscriber = { capacity, buffer: [], missed: undefined, wake: undefined }
      all.add(subscriber)
      const stream = Stream.unfold(undefined, () => Effect.map(take(subscriber), (items) => (items === undefined ? undefined : ([items, undefined] as const))))
      return {
        after: last,
        stream: stream.pipe(
          Stream.flatMap((items) => Stream.fromArray(items)),
          Stream.ensuring(Effect.sync(() => all.delete(subscriber))),
        ),
      }
    },
  }
}
