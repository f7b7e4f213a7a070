/** Attempts that failed: tried again after a delay while the session's `retry` allows it, else the session has failed. */
import type { FailureKind, Retry, Session } from "#ir"
import type { Failure } from "./protocol.ts"
import { enqueue } from "./activations.ts"
import { failSession } from "./settling.ts"
import { closeDriver, freePermit } from "./drivers.ts"
import type { SessionState } from "./state.ts"
import { setTimer } from "./timers.ts"
import type { Transition } from "./transition.ts"

const transient: ReadonlySet<FailureKind> = new Set(["agent_exited", "driver_error", "timeout", "rate_limit", "workspace_error", "lease_lost", "internal"])

/** Milliseconds before the try after `tries` failed ones: backoff × factor^(tries−1), capped by `max`; with jitter between half and all of it. */
export const retryDelay = (retry: Retry, tries: number, seed: string): number => {
  const grown = Math.min(retry.backoffMs * retry.factor ** (tries - 1), retry.maxMs ?? Number.MAX_SAFE_INTEGER)
  return Math.round(retry.jitter ? grown * (0.5 + spread(seed) / 2) : grown)
}

/** A number in [0, 1) that follows from the text: the machine has no randomness, yet sessions must not retry in step. */
const spread = (seed: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < seed.length; at++) hash = Math.imul(hash ^ seed.charCodeAt(at), 0x01000193) >>> 0
  return hash / 2 ** 32
}

/** When the time of the session or of the run is up, in ms since the epoch. */
const deadlineOf = (step: Transition, session: SessionState, declared: Session): number =>
  Math.min(step.now.begunAt + (step.ir.budget?.wallMs ?? Infinity), (session.begunAt ?? step.at) + (declared.budget?.wallMs ?? Infinity))

/** The turn's terminal event has been said already. `anew`: the next try does not go on with the conversation. */
export const failAttempt = (step: Transition, id: string, error: Failure, anew = false): void => {
  const session = step.session(id)
  const declared = step.plan.sessions.get(session?.declared ?? "")
  const current = session?.current
  if (session === undefined || declared === undefined || current === undefined) return
  const tries = current.tries + 1
  const { retry } = declared
  const retried = retry.on === undefined ? transient.has(error.kind) : retry.on.includes(error.kind)
  const timeLeft = deadlineOf(step, session, declared) - step.at
  if (!retried || tries >= retry.attempts || timeLeft <= 0) {
    failSession(step, id, error)
    return
  }
  const delay = Math.min(retryDelay(retry, tries, `${step.now.run}/${id}/${current.turn}/${tries}`), timeLeft)
  step.emit({ type: "session.retrying", session: id, turn: current.turn, attempt: current.attempt + 1, delay_ms: delay, error })
  closeDriver(step, id, "keep")
  if (anew) step.change(id, { resume: undefined })
  freePermit(step, id)
  const timer = setTimer(step, step.at + delay, { kind: "retry", session: id, turn: current.turn })
  step.change(id, { status: "starting", error })
  step.changeCurrent(id, { tries, open: false, timers: [timer], given: [], owed: [...current.owed, ...current.given] })
}

export const onRetryDue = (step: Transition, id: string, turn: number): void => {
  const session = step.session(id)
  if (session?.current?.turn !== turn || session.current.open || session.driver !== "none") return
  step.changeCurrent(id, { timers: [] })
  enqueue(step, id)
}
