/** A driver refuses what its agent cannot take, in CAP's words (CAP v1, 6.1 and 7.7), whoever asks it to. */
import * as Effect from "effect/Effect"
import type { Driver, DriverCapabilities, DriverHandle } from "./driver.ts"
import { failure } from "./failure.ts"

type Taken = Pick<DriverCapabilities, "queuedInput" | "cancelTurn">

const taking = (handle: DriverHandle, declared: Taken): DriverHandle => ({
  ...(handle.capabilities === undefined ? {} : { capabilities: handle.capabilities }),
  events: handle.events,
  close: () => handle.close(),
  send: (frame) => {
    const { queuedInput, cancelTurn } = handle.capabilities ?? declared
    if (frame.type === "message" && !queuedInput) throw failure("driver_error", "cap_queued_input_unsupported: the agent takes no input while a turn runs")
    if (frame.type === "cancel" && !cancelTurn) throw failure("driver_error", "cap_cancel_unsupported: the agent cannot stop its turn; close its session")
    return handle.send(frame)
  },
})

/** `open` of a driver with these capabilities. The handle throws at a message or a cancel that they exclude; the agent does not hear of it. JavaScript may open at once, without a promise. */
export const openTaking = (capabilities: Taken, opening: ReturnType<Driver["open"]>): ReturnType<Driver["open"]> =>
  Effect.isEffect(opening)
    ? Effect.map(opening, (handle) => taking(handle, capabilities))
    : Promise.resolve(opening).then((handle) => taking(handle, capabilities))
