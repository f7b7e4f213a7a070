import type { DriverEvent, DriverHandle } from "#sdk"
import * as Stream from "effect/Stream"

/** The events of a handle, a stream or not, as an iterable. */
export const eventsOf = ({ events }: DriverHandle): AsyncIterable<DriverEvent> =>
  Stream.isStream(events) ? Stream.toAsyncIterable(events as Stream.Stream<DriverEvent, unknown>) : (events as AsyncIterable<DriverEvent>)
