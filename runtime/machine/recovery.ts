/**
 * A run that is taken up again after its process died (runtime.md 4). Drivers are gone, and so is what they were asked to answer; timers, queued
 * work and requests to people stand. What was under way is begun again where that is safe, else somebody is asked. Work that finished is not touched.
 */
import { enqueue } from "./activations.ts"
import { freePermit, stopIsOver } from "./drivers.ts"
import { askPluginAgain } from "./asking.ts"
import { closeTurn } from "./messages.ts"
import { askDeliveryAgain } from "./policy.ts"
import type { Fact, Failure } from "./protocol.ts"
import { openRequest } from "./requests.ts"
import { failSession } from "./settling.ts"
import type { SessionState } from "./state.ts"
import type { Transition } from "./transition.ts"

/** A turn that so many processes died of, one after the other, is not begun again: it may well be the reason. */
const mostLosses = 10

const interrupted: Failure = { kind: "lease_lost", message: "the run stopped while this turn was under way" }

export const onRecovered = (step: Transition, fact: Extract<Fact, { type: "run.recovered" }>): void => {
  for (const [timer, { at }] of [...step.now.timers].sort(([a], [b]) => numberOf(a) - numberOf(b))) step.command({ type: "timer.set", timer, at })
  for (const id of [...step.now.runRequests.keys()].sort((a, b) => numberOf(a) - numberOf(b))) {
    const request = step.now.requests.get(id)
    if (request?.plugin !== undefined) askPluginAgain(step, request)
    if (request?.delivery !== undefined || request?.message !== undefined) askDeliveryAgain(step, request)
  }
  const resumable = new Set(fact.resumable)
  for (const { id } of inOrder(step)) recoverSession(step, id, resumable.has(id), fact.forked === true)
}

/** Of `t12` or `q12`. */
const numberOf = (id: string): number => Number(id.slice(1))

const inOrder = (step: Transition): ReadonlyArray<SessionState> =>
  [...step.allSessions().values()].sort(
    (a, b) => (step.plan.order.get(a.declared) ?? 0) - (step.plan.order.get(b.declared) ?? 0) || (a.index ?? 0) - (b.index ?? 0),
  )

/** `resumable`: its driver can go on with the conversation; `wanted`: its turn is to be done again, whatever it does outside. */
const recoverSession = (step: Transition, id: string, resumable: boolean, wanted: boolean): void => {
  const before = step.session(id)
  if (before === undefined) return
  stopIsOver(step, id)
  step.change(id, { resume: resumable ? before.resume : undefined, driver: "none", closing: 0 })
  const { current } = before
  if (current === undefined) return
  step.now.held = step.now.held.filter((one) => one !== id)
  if (current.open) return breakOff(step, id, resumable || wanted)
  // Its driver was coming up, or its turn was about to begin.
  if (before.permit) again(step, id)
}

const breakOff = (step: Transition, id: string, mayGoOn: boolean): void => {
  const session = step.session(id)
  const current = session?.current
  if (session === undefined || current === undefined) return
  const { turn, attempt } = current
  closeTurn(step, { ...session, current }, "the run stopped, and the agent with it")
  step.emit({ type: "turn.failed", session: id, turn, attempt, error: interrupted })
  const losses = current.losses + 1
  step.changeCurrent(id, { losses, given: [], owed: [...current.owed, ...current.given] })
  freePermit(step, id)
  const safe = mayGoOn || step.plan.sessions.get(session.declared)?.effect !== "external"
  if (safe && losses >= mostLosses) failSession(step, id, { kind: "lease_lost", message: `the run stopped ${losses} times while this turn was under way` })
  else if (safe) tryAgain(step, id)
  else askForReview(step, id)
}

const again = (step: Transition, id: string): void => {
  freePermit(step, id)
  enqueue(step, id)
}

/** A new attempt of the same turn, with the same idempotency key. That the process died is no failed try of the session's. */
const tryAgain = (step: Transition, id: string): void => {
  const current = step.session(id)?.current
  if (current === undefined) return
  step.emit({ type: "session.retrying", session: id, turn: current.turn, attempt: current.attempt + 1, delay_ms: 0, error: interrupted })
  again(step, id)
}

const askForReview = (step: Transition, id: string): void => {
  const current = step.session(id)?.current
  if (current === undefined) return
  const reason = "the run stopped while it worked on something with effects outside: how far it came is not known"
  step.emit({ type: "session.needs_review", session: id, reason })
  openRequest(step, {
    kind: "gate",
    session: id,
    review: true,
    prompt: `${id} was at turn ${current.turn} when the run stopped, and what it did outside is not known. Approve to do the turn again, reject to let it fail.`,
    detail: { review: "interrupted", turn: current.turn, attempt: current.attempt },
  })
  step.change(id, { status: "needs_review" })
}

/** Somebody has looked; `nobody`: the answer was given because nobody could. */
export const onReviewed = (step: Transition, id: string, approved: boolean, nobody: boolean): void => {
  if (approved) return tryAgain(step, id)
  if (nobody) step.now.compensation = { ...step.now.compensation, needsReview: true }
  failSession(step, id, interrupted)
}
