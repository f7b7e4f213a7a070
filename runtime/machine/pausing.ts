/** A paused run starts nothing new: no activation, no turn, no undoing. Turns under way finish; where nothing is left then, the run ends. */
import type { Transition } from "./transition.ts"

/** `byRule`: the fleet wants somebody to look, so the run does not end before they let it go on. */
export const pause = (step: Transition, reason: string, byRule = false): void => {
  const { stoppedAt } = step.now
  if (byRule) step.now.pausedByRule = true
  // whoever pauses a run that a breakpoint has stopped wants it to stay so after the breakpoint
  if (stoppedAt !== undefined) step.now.stoppedAt = { ...stoppedAt, alone: false }
  if (step.now.paused) return
  step.now.paused = true
  step.emit({ type: "run.paused", reason })
}

export const unpause = (step: Transition): void => {
  if (!step.now.paused) return
  step.now.paused = false
  delete step.now.pausedByRule
  step.emit({ type: "run.resumed" })
}

/** The breakpoint is passed or gone. */
export const leaveBreakpoint = (step: Transition, request: string): void => {
  const { stoppedAt } = step.now
  if (stoppedAt?.request !== request) return
  delete step.now.stoppedAt
  if (stoppedAt.alone && step.now.ending === undefined) unpause(step)
}
