/** The end of a run: live sessions stop, what must be undone is undone, then `run.ended`, the last event there is. */
import { evaluateExpression } from "#ir"
import type { Json } from "#ir"
import { inFileOrder, liveSessions } from "./activations.ts"
import { returnMail } from "./agent-messages.ts"
import { beatsOn } from "./beats.ts"
import type { CancelReason, Failure } from "./protocol.ts"
import { giveUpUndoing, hasToUndo, undoAll } from "./compensation.ts"
import { closeDriver } from "./drivers.ts"
import { withdrawAll } from "./requests.ts"
import { scopeOf } from "./scope.ts"
import { cancelSession, cancelToCome, failSession } from "./settling.ts"
import { skipIncomplete } from "./skips.ts"
import type { Ending } from "./state.ts"
import { clearTimer, numberOf } from "./timers.ts"
import type { Transition } from "./transition.ts"

/** Stops everything; from here on no rule fires. */
export const beginEnding = (step: Transition): void => {
  const { ending } = step.now
  if (ending === undefined) return
  const live = liveSessions(step)
  // whoever waits for an answer that cannot come any more has nothing to wait for
  const gone = [...step.now.runRequests.keys()].flatMap((id) => step.now.requests.get(id) ?? [])
  for (const { gate, kind } of gone) {
    if (gate !== undefined) step.unanswered.gates.add(gate)
    if (kind === "selection") step.unanswered.selection = true
  }
  step.upstreamBroke ||= gone.length > 0
  withdrawAll(step, "the run is ending")
  for (const session of live) {
    if ("cancel" in ending.live) cancelSession(step, session.id, ending.live.cancel)
    else {
      failSession(step, session.id, ending.live.fail)
      cancelSession(step, session.id, { code: "run_ended" })
    }
  }
  const reason = "cancel" in ending.live ? ending.live.cancel : { code: "run_ended" }
  // what a rule has sent and is still to come was an activation too
  cancelToCome(step, reason, () => true)
  for (const id of [...step.now.timers.keys()].sort((a, b) => numberOf(a) - numberOf(b))) clearTimer(step, id)
  if (ending.status === "cancelled") giveUpUndoing(step)
  if (ending.status === "succeeded") step.now.ending = withOutputs(step, ending)
  step.now.phase = "undoing"
  step.now.paused = false
  delete step.now.pausedByRule
  if (step.now.ending?.status === "failed") undoAll(step)
}

const isQuiet = (step: Transition): boolean =>
  step.now.live.size === 0 && step.now.runRequests.size === 0 && step.now.compensation.current === undefined && step.now.compensation.queue.isEmpty()

/** A cancel that comes while things are undone: what is under way stops, the rest is left to people. */
export const cancelUndoing = (step: Transition, reason: CancelReason): void => {
  giveUpUndoing(step)
  for (const session of liveSessions(step)) cancelSession(step, session.id, reason)
}

/** Ends the run when nothing is left to wait for; says whether something happened. */
export const conclude = (step: Transition): boolean => {
  const state = step.now
  if (!isQuiet(step)) return false
  if (state.phase === "undoing") {
    finish(step)
    return true
  }
  const unhandled = state.failures.minBy(({ seq }) => seq)
  const reason = unhandled === undefined ? state.routeFailure : failureText(unhandled)
  if (state.holding.size > 0 || (state.paused && (state.pausedByRule === true || (reason !== undefined && hasToUndo(step))))) return false
  if (reason === undefined && beatsOn(step)) return false
  const live = { cancel: { code: "run_ended" } }
  step.end(reason === undefined ? { status: "succeeded", live } : { status: "failed", reason, live })
  return true
}

const failureText = ({ session, error: { kind, message } }: { readonly session: string; readonly error: Failure }): string =>
  `${session} failed: ${kind}${message === "" ? "" : `: ${message}`}`

const finish = (step: Transition): void => {
  const { ending } = step.now
  if (ending === undefined) return
  skipIncomplete(step)
  for (const { id } of inFileOrder(
    step,
    [...step.allSessions().values()].filter(({ mail }) => mail.length > 0),
  ))
    returnMail(step, id, { code: "run_ending", reason: "the run is ending" })
  const open = [...step.allSessions().values()].filter(({ driver }) => driver !== "none")
  for (const { id } of inFileOrder(step, open)) closeDriver(step, id, "release")
  const review = step.now.compensation.needsReview && ending.status !== "cancelled"
  step.emit({
    type: "run.ended",
    status: review ? "needs_review" : ending.status,
    ...(ending.reason === undefined ? {} : { reason: ending.reason }),
    usage: { usd: step.now.usd, tokens: step.now.tokens },
    ...(ending.outputs === undefined ? {} : { outputs: ending.outputs }),
  })
  step.command({ type: "run.end" })
  step.now.phase = "ended"
}

/** A run that cannot give the result it promises has not done what it is for: it fails like one whose routing fails. */
const withOutputs = (step: Transition, ending: Ending): Ending => {
  if (step.ir.outputs.length === 0) return ending
  const scope = scopeOf(step, { rule: "end", tokens: [] })
  const outputs: { [name: string]: Json } = {}
  for (const { name, value } of step.ir.outputs) {
    const result = evaluateExpression(value.expr, scope)
    if (!result.ok) return { ...ending, status: "failed", reason: `the output ${name} cannot be computed: ${result.message}` }
    if (result.value !== undefined) outputs[name] = result.value
  }
  return { ...ending, outputs }
}
