/** What a session holds: a permit of `limits.parallel` and a driver. */
import { giveBack } from "./ledger.ts"
import { clearTimer, setTimer } from "./timers.ts"
import type { Transition } from "./transition.ts"

export const freePermit = (step: Transition, id: string): void => {
  const session = step.session(id)
  if (session?.permit !== true) return
  giveBack(step, id)
  step.now.permits -= 1
  step.change(id, { permit: false })
  step.changeCurrent(id, { parked: undefined })
}

/** The agent waits for its service by itself (runtime.md 5): until it is heard of again its permit is for others. What was kept back for its turn stays. */
export const park = (step: Transition, id: string): void => {
  const session = step.session(id)
  if (session?.permit !== true || session.current?.open !== true) return
  step.now.permits -= 1
  step.change(id, { permit: false })
  step.changeCurrent(id, { parked: "waits" })
}

/** It goes on, and nobody can hold it: it takes its permit back, above the limit if need be; then no turn begins until that many have ended. */
export const unpark = (step: Transition, id: string): void => {
  if (step.session(id)?.current?.parked !== "waits") return
  step.now.permits += 1
  step.change(id, { permit: true })
  step.changeCurrent(id, { parked: "back" })
}

export const closeDriver = (step: Transition, id: string, workspace: "keep" | "release"): void => {
  const session = step.session(id)
  if (session === undefined || session.driver === "none") return
  stopIsOver(step, id)
  step.change(id, { driver: "none", closing: session.closing + 1 })
  step.command({ type: "session.close", session: id, workspace })
}

/** How long a driver has to end a turn that is stopped, in ms. */
const graceMs = 5000

/** The driver is to end the turn and to stay. One that does not in time is closed. */
export const stopTurn = (step: Transition, id: string, turn: number, attempt: number): void => {
  step.command({ type: "turn.cancel", session: id, turn })
  step.change(id, { stopping: { turn, attempt, timer: setTimer(step, step.at + graceMs, { kind: "interrupt", session: id, turn }) } })
}

/** Says whether there was one to stop. */
export const stopIsOver = (step: Transition, id: string): boolean => {
  const stopping = step.session(id)?.stopping
  if (stopping === undefined) return false
  clearTimer(step, stopping.timer)
  step.change(id, { stopping: undefined })
  return true
}
