/** The one terminal of an activation: done, failed or cancelled. */
import type { CancelReason, EventBody, Failure, SessionStatus } from "./protocol.ts"
import { releaseInstance, takeNext } from "./activations.ts"
import { closeDriver, freePermit, stopTurn } from "./drivers.ts"
import { settleTurn } from "./ledger.ts"
import { returnMail } from "./agent-messages.ts"
import type { Carried } from "./occurrence.ts"
import { occurSession } from "./occurrence.ts"
import { withdrawRequests } from "./requests.ts"
import type { Current, Result, SessionState } from "./state.ts"
import { clearTimer, numberOf } from "./timers.ts"
import type { Transition } from "./transition.ts"

type Outcome = "done" | "failed" | "cancelled"

/** Whether the session may be activated once more: what it works in stays until then. */
const comesAgain = (step: Transition, { declared, waiting }: SessionState): boolean => step.plan.repeatable.has(declared) || waiting.size > 0

/** `driver`: whether it stays open for the next activation. */
const settle = (step: Transition, id: string, outcome: Outcome, driver: "stays" | "goes", event: EventBody, carried: Carried): void => {
  const before = step.session(id)
  if (before === undefined) return
  const current = before.current
  withdrawRequests(step, id, `the session is ${outcome}`)
  for (const _text of [...(current?.owed ?? []), ...(current?.later ?? [])])
    step.emit({ type: "message.undeliverable", session: id, reason: `the session is ${outcome}` })
  returnMail(step, id, { code: "finished", reason: `${id} has finished (${outcome})` })
  for (const timer of current?.timers ?? []) clearTimer(step, timer)
  const again = comesAgain(step, before)
  // a person may yet pick this one: its workspace stays until then
  const candidate = outcome === "done" && step.plan.candidates.has(before.declared)
  if (driver === "goes" || !again) closeDriver(step, id, again || candidate ? "keep" : "release")
  freePermit(step, id)
  const session = step.session(id)
  if (session === undefined) return
  step.put({ ...session, status: outcome, current: undefined, lastPrompts: current === undefined ? session.lastPrompts : current.activation.prompts })
  if (session.waiting.size === 0) step.now.live.delete(id)
  step.emit(event)
  // what a turn said that did not come to its end is what its session said
  occurSession(step, id, outcome, outcome === "done" || current === undefined ? carried : { text: current.text, ...carried })
  if (outcome !== "done") step.upstreamBroke = true
  if (current?.activation.undoes !== undefined) step.undone.push({ session: current.activation.undoes, outcome })
  if (step.now.ending !== undefined && step.now.phase === "running") return
  if (session.index !== undefined && session.waiting.size === 0) releaseInstance(step, session.declared)
  takeNext(step, id)
}

export const finishSession = (step: Transition, id: string, result: Result): void => {
  const session = step.session(id)
  const current = session?.current
  if (session === undefined || current === undefined) return
  const compensable = step.plan.sessions.get(session.declared)?.compensate !== undefined
  // what is done after an undoing can be undone again
  step.put({ ...session, result, error: undefined, lastPrompt: current.activation.prompts.join("\n\n"), undone: false })
  if (compensable) step.now.finished = step.now.finished.push(id)
  const output = result.output === undefined ? {} : { output: result.output }
  settle(
    step,
    id,
    "done",
    "stays",
    { type: "session.done", session: id, turn: current.turn, stop_reason: result.stop, ...output, text: result.text },
    { text: result.text, ...output },
  )
}

/** Fails the activation under way; a turn still open ends with it. */
export const failSession = (step: Transition, id: string, error: Failure): void => {
  const session = step.session(id)
  const current = session?.current
  if (session === undefined || current === undefined) return
  if (current.open) {
    step.emit({ type: "turn.failed", session: id, turn: current.turn, attempt: current.attempt, error })
    step.command({ type: "turn.cancel", session: id, turn: current.turn })
    settleTurn(step, id)
  }
  step.change(id, { error })
  const failure = current.activation.undoes === undefined ? noteFailure(step, session, current, error) : undefined
  settle(
    step,
    id,
    "failed",
    "goes",
    { type: "session.failed", session: id, turn: current.turn, attempt: current.attempt, error },
    { error, kind: error.kind, ...(failure === undefined ? {} : { failure }) },
  )
}

/** The run fails of it unless a rule acts on the token that carries this key. */
const noteFailure = (step: Transition, { id }: SessionState, { turn }: Current, error: Failure): string => {
  const { seq } = step.now
  const failure = `${id} ${turn} ${seq}`
  step.now.failures = step.now.failures.set(failure, { session: id, error, seq })
  return failure
}

/**
 * Cancels the activation under way and lets those that wait go on; with the same driver if that `stays` and can stop the turn. `unasked`: neither
 * people nor rules wanted it, so the run fails for that unless a rule takes care of it.
 */
export const cancelActivation = (step: Transition, id: string, reason: CancelReason, driver: "stays" | "goes", unasked?: Failure): void => {
  const session = step.session(id)
  const current = session?.current
  if (session === undefined || current === undefined) return
  const keeps = driver === "stays" && session.driver === "open" && (!current.open || session.cancelsTurns)
  if (current.open) {
    step.emit({ type: "turn.cancelled", session: id, turn: current.turn, attempt: current.attempt, reason })
    if (keeps && comesAgain(step, session)) stopTurn(step, id, current.turn, current.attempt)
    else step.command({ type: "turn.cancel", session: id, turn: current.turn })
    settleTurn(step, id)
  }
  const carried = unasked === undefined || current.activation.undoes !== undefined ? {} : { failure: noteFailure(step, session, current, unasked) }
  settle(step, id, "cancelled", keeps ? "stays" : "goes", { type: "session.cancelled", session: id, reason, was: session.status }, carried)
}

/** Cancels what a session is asked for: the activation under way and those that wait, each with its own terminal. */
export const cancelSession = (step: Transition, id: string, reason: CancelReason): void => {
  const session = step.session(id)
  if (session === undefined || (session.current === undefined && session.waiting.size === 0)) return
  step.put({ ...session, waiting: session.waiting.clear() })
  cancelActivation(step, id, reason, "goes")
  const was = session.current === undefined ? session.status : "queued"
  for (const { undoes, said = [] } of session.waiting) {
    for (const _text of said) step.emit({ type: "message.undeliverable", session: id, reason: "the session is cancelled" })
    cancelWaiting(step, id, reason, was)
    if (undoes !== undefined) step.undone.push({ session: undoes, outcome: "cancelled" })
  }
}

/**
 * Cancels sends whose time has not come, activations that never began: all of them, or those to sessions that `of` says. A fan-out that has not come
 * has no instances yet: it is told by the name of its session.
 */
export const cancelToCome = (step: Transition, reason: CancelReason, of: (session: { readonly id: string; readonly declared: string }) => boolean): void => {
  for (const timer of [...step.now.holding.keys()].sort((a, b) => numberOf(a) - numberOf(b))) {
    const set = step.now.timers.get(timer)
    if (set?.purpose.kind === "fan" && of({ id: set.purpose.declared, declared: set.purpose.declared })) {
      clearTimer(step, timer)
      cancelFan(step, set.purpose.declared, reason)
    }
    if (set?.purpose.kind !== "deliver") continue
    const { deliveries } = set.purpose
    const rest = deliveries.filter(({ target }) => !of({ id: target, declared: step.session(target)?.declared ?? target }))
    if (rest.length === deliveries.length) continue
    if (rest.length === 0) clearTimer(step, timer)
    else step.now.timers = step.now.timers.set(timer, { ...set, purpose: { ...set.purpose, deliveries: rest } })
    for (const { target } of deliveries) {
      const session = step.session(target)
      if (session !== undefined && of(session)) cancelWaiting(step, target, reason, session.status)
    }
  }
}

const cancelFan = (step: Transition, declared: string, reason: CancelReason): void => {
  step.emit({ type: "session.cancelled", session: declared, reason, was: "pending" })
  step.upstreamBroke = true
  if (!step.now.fans.has(declared)) step.now.skippedFans = [...step.now.skippedFans, declared]
}

/** What a session came to stays until its next turn: an activation that never began changes nothing of it. */
const stays: ReadonlySet<SessionStatus> = new Set(["done", "failed", "compensated", "needs_review"])

const cancelWaiting = (step: Transition, id: string, reason: CancelReason, was: SessionStatus): void => {
  const session = step.session(id)
  if (session !== undefined && !stays.has(session.status)) step.put({ ...session, status: "cancelled" })
  step.now.live.delete(id)
  step.emit({ type: "session.cancelled", session: id, reason, was })
  occurSession(step, id, "cancelled", {})
  step.upstreamBroke = true
}

/** A session that nothing can activate any more, told once. Of one that fans out there are no instances that rules could hear of. */
export const skipSession = (step: Transition, id: string, reason: string): void => {
  step.upstreamBroke = true
  step.emit({ type: "session.skipped", session: id, reason })
  if (step.session(id) === undefined) {
    step.now.skippedFans = [...step.now.skippedFans, id]
    return
  }
  step.change(id, { status: "skipped" })
  returnMail(step, id, { code: "finished", reason: `${id} was skipped` })
  occurSession(step, id, "skipped", {})
}
