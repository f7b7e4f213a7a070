/** Breakpoints: the run pauses before an activation of a session starts, and asks whether to go on. Each stops once. */
import { enqueue } from "./activations.ts"
import { pause, unpause } from "./pausing.ts"
import type { Fact } from "./protocol.ts"
import { openRequest, withdraw } from "./requests.ts"
import type { SessionState } from "./state.ts"
import type { Transition } from "./transition.ts"

export const onBreakpoint = (step: Transition, fact: Extract<Fact, { type: "breakpoint" }>): void => {
  const { session, action } = fact
  const { breakpoints } = step.now
  if (step.session(session) === undefined && !step.plan.sessions.has(session)) return step.reject("unknown_session", `there is no session ${session}`)
  if (action === "clear") step.now.breakpoints = breakpoints.filter((one) => one !== session)
  else if (!breakpoints.includes(session)) step.now.breakpoints = [...breakpoints, session]
}

/** Stops before the session's activation when a breakpoint says so; says whether it did. */
export const hitBreakpoint = (step: Transition, session: SessionState): boolean => {
  const { breakpoints } = step.now
  const hit = breakpoints.find((one) => one === session.id || one === session.declared)
  if (hit === undefined || session.current?.announced !== false) return false
  step.now.breakpoints = breakpoints.filter((one) => one !== hit)
  const { activation, prompt } = session.current
  const request = openRequest(step, {
    kind: "breakpoint",
    session: session.id,
    prompt: `${session.id} is about to start`,
    detail: { rule: activation.rule, from: activation.from, prompt },
  })
  pause(step, `breakpoint ${session.id}`)
  step.now.stoppedAt = { request, session: session.id, alone: true }
  return true
}

/** Lets the run go on; a breakpoint it stands at is passed. */
export const onResume = (step: Transition): void => {
  const { stoppedAt } = step.now
  delete step.now.stoppedAt
  unpause(step)
  if (stoppedAt === undefined) return
  withdraw(step, stoppedAt.request, "the run was resumed")
  passBreakpoint(step, stoppedAt.session)
}

/** The session goes back into the line. */
export const passBreakpoint = (step: Transition, session: string): void => {
  if (step.session(session)?.current !== undefined) enqueue(step, session)
}
