/** The machine (runtime.md 1): one fact in, a new state, events and commands out. Pure and total: it never throws and never asks a clock. */
import type { Ir } from "#ir"
import { activate, deliver, fanOut, liveSessions } from "./activations.ts"
import { onBreakpoint, onResume } from "./breakpoints.ts"
import { endOverBudget, failOverBudget, tellShare } from "./budgets.ts"
import { bookUndone, undoNext } from "./compensation.ts"
import { beginEnding, cancelUndoing, conclude } from "./ending.ts"
import { onRouted, routeByMode, routesAlone } from "./free-routing.ts"
import { onStopOverdue, onUserRefused, onUserSent } from "./messages.ts"
import { pause } from "./pausing.ts"
import { onPolicyAnswered } from "./policy.ts"
import { tellDecisions } from "./policy-asks.ts"
import type { Fact, Rejection } from "./protocol.ts"
import { onRecovered } from "./recovery.ts"
import { onReply, onSelect } from "./replies.ts"
import { onRequestExpired } from "./requests.ts"
import { onRetryDue } from "./retries.ts"
import { armWithin, onWithinPassed, route } from "./routing.ts"
import { cancelActivation, cancelSession, cancelToCome } from "./settling.ts"
import { skipUpstream } from "./skips.ts"
import { onHandle, onOpened, startNext } from "./starting.ts"
import type { State } from "./state.ts"
import { setTimer, takeTimer } from "./timers.ts"
import type { Outcome, Step } from "./transition.ts"
import { Transition } from "./transition.ts"
import { onAgentSaid, onClosed, onRefused, onTimeout, onTurnEnded } from "./turns.ts"

/** What follows from a fact. The given state is never changed. */
export const step = (ir: Ir, state: State, fact: Fact): Step => {
  const idle = outOfTime(state.phase, fact)
  if (idle !== undefined) return { state, ...idle }
  const transition = new Transition(ir, state)
  const outcome = follow(transition, fact)
  return { state: transition.state(), ...outcome }
}

/** Many steps in a row. */
export interface Folding {
  /** What `step` says of the next fact. */
  readonly take: (fact: Fact) => Outcome
  /** What the facts have come to; later ones do not change it. Costs a copy of what has changed since it was last asked for. */
  readonly state: () => State
}

/** Folds facts as `step` does, without a state of its own for each of them. */
export const foldFrom = (ir: Ir, state: State): Folding => {
  const transition = new Transition(ir, state)
  return {
    take: (fact) => outOfTime(transition.now.phase, fact) ?? follow(transition, fact),
    state: () => transition.state(),
  }
}

/** What comes of a fact before the run or after it: nothing happens. */
const outOfTime = (phase: State["phase"], { type }: Fact): Outcome | undefined => {
  const rejected = (code: Rejection["code"], message: string): Outcome => ({ events: [], commands: [], rejection: { code, message } })
  if (phase === "new" && type !== "run.begun") return rejected("not_running", "the run has not begun")
  if (phase !== "ended") return undefined
  return type === "session.closed" || type === "agent.said" || type === "timer.fired" || type === "workspace.committed"
    ? { events: [], commands: [] }
    : rejected("run_ended", "the run has ended")
}

const follow = (step: Transition, fact: Fact): Outcome => {
  step.begin(fact)
  if (fact.decisions !== undefined && fact.type !== "run.begun") tellDecisions(step, fact.decisions)
  apply(step, fact)
  drain(step, fact.type !== "agent.said")
  return step.outcome()
}

const apply = (step: Transition, fact: Fact): void => {
  switch (fact.type) {
    case "run.begun":
      return begin(step, fact)
    case "session.opened":
      return onOpened(step, fact)
    case "session.handle":
      return onHandle(step, fact)
    case "session.refused":
      return onRefused(step, fact)
    case "session.closed":
      return onClosed(step, fact)
    case "agent.said":
      return onAgentSaid(step, fact)
    case "turn.ended":
      return onTurnEnded(step, fact)
    case "workspace.clashed":
      return onClashed(step, fact)
    case "workspace.committed":
      // Only the journal has to know.
      return
    case "timer.fired":
      return onTimer(step, fact.timer)
    case "reply":
      return onReply(step, fact)
    case "user.sent":
      return onUserSent(step, fact)
    case "command.refused":
      return onUserRefused(step, fact)
    case "cancel":
      return onCancel(step, fact)
    case "pause":
      return pause(step, fact.reason ?? "")
    case "resume":
      return onResume(step)
    case "select":
      return onSelect(step, fact)
    case "breakpoint":
      return onBreakpoint(step, fact)
    case "plugin.routed":
      return onRouted(step, fact)
    case "policy.answered":
      return onPolicyAnswered(step, fact)
    case "run.recovered":
      return onRecovered(step, fact)
  }
}

/** Carries on until nothing more follows from the fact: tokens, rules, endings, skips, permits. `decides`: whether it may decide what is in doubt. */
const drain = (step: Transition, decides: boolean): void => {
  let undecided = decides
  while (step.now.phase !== "ended") {
    if (step.now.ending !== undefined && step.now.phase === "running") {
      beginEnding(step)
      continue
    }
    const occurrence = step.nextOccurrence()
    if (occurrence !== undefined) {
      undecided = true
      if (step.now.phase === "running" && (routesAlone(step) || !route(step, occurrence))) routeByMode(step, occurrence)
      continue
    }
    if (bookUndone(step) || undoNext(step)) continue
    if (step.upstreamBroke || (undecided && step.now.inDoubt)) {
      step.upstreamBroke = false
      undecided = false
      skipUpstream(step)
      continue
    }
    if (startNext(step) || conclude(step)) continue
    return
  }
}

const begin = (step: Transition, fact: Extract<Fact, { type: "run.begun" }>): void => {
  const state = step.now
  if (state.phase !== "new") return
  state.phase = "running"
  state.run = fact.run
  state.begunAt = step.at
  state.inputs = fact.inputs
  if (fact.task !== undefined) state.task = fact.task
  if (fact.policed !== undefined && fact.policed.length > 0) state.policed = fact.policed
  step.emit({ type: "run.started", fleet: step.ir.fleet.name, ir: step.ir.hash })
  if (fact.decisions !== undefined) tellDecisions(step, fact.decisions)
  const wallMs = step.ir.budget?.wallMs
  if (wallMs !== undefined) {
    setTimer(step, step.at + wallMs, { kind: "wall" })
    for (const percent of step.plan.percents) if (percent < 100) setTimer(step, step.at + Math.ceil((wallMs * percent) / 100), { kind: "share", percent })
  }
  for (const ms of step.plan.everies) setTimer(step, step.at + ms, { kind: "every", ms })
  step.ir.rules.forEach((rule, index) => {
    if (rule.within !== undefined) armWithin(step, index, rule.within.ms)
  })
  for (const id of step.ir.start) activate(step, id, { prompts: [fact.task ?? ""], rule: "start", from: [], fresh: false })
  step.occurrences.push({ source: "fleet" })
}

const mostFiles = 5

const onClashed = (step: Transition, { session, other, files, refused }: Extract<Fact, { type: "workspace.clashed" }>): void => {
  const named = `${files.slice(0, mostFiles).join(", ")}${files.length > mostFiles ? ` and ${files.length - mostFiles} more` : ""}`
  const text = refused
    ? `${session} goes on without the newest work of ${other}: the two do not fit together in ${named}`
    : `${session} and ${other} changed the same lines of ${named}: merging both will conflict`
  step.emit({ type: "notified", rule: "workspace", text, clash: { sessions: [session, other], files } })
}

const onTimer = (step: Transition, id: string): void => {
  const purpose = takeTimer(step, id)
  if (purpose === undefined) return
  switch (purpose.kind) {
    case "retry":
      return onRetryDue(step, purpose.session, purpose.turn)
    case "timeout":
      return onTimeout(step, purpose.session, purpose.turn, "the turn took longer than its timeout")
    case "idle":
    case "spell":
      return onQuiet(step, purpose)
    case "deliver":
      return deliver(step, purpose.deliveries)
    case "fan":
      return fanOut(step, purpose.declared, purpose.activations, purpose.limit)
    case "expiry":
      return onRequestExpired(step, purpose.request)
    case "interrupt":
      return onStopOverdue(step, purpose.session, purpose.turn)
    case "share":
      return tellShare(step, purpose.percent)
    case "within":
      return onWithinPassed(step, purpose.rule)
    case "every":
      setTimer(step, step.at + purpose.ms, purpose)
      step.occurrences.push({ source: "every", ms: purpose.ms })
      return
    case "wall":
      return endOverBudget(step, { what: "time", limit: step.ir.budget?.wallMs ?? 0, used: step.at - step.now.begunAt })
    case "sessionWall": {
      const limit = step.plan.sessions.get(step.session(purpose.session)?.declared ?? "")?.budget?.wallMs ?? 0
      if (step.session(purpose.session)?.current !== undefined) failOverBudget(step, purpose.session, { what: "time", limit, used: limit })
    }
  }
}

/** A silence may have been broken since the timer was set: then the timer waits for the rest. */
const onQuiet = (
  step: Transition,
  purpose: { readonly kind: "idle" | "spell"; readonly session: string; readonly turn: number; readonly ms?: number },
): void => {
  const session = step.session(purpose.session)
  const current = session?.current
  const declared = step.plan.sessions.get(session?.declared ?? "")
  if (session === undefined || declared === undefined || current?.open !== true || current.turn !== purpose.turn) return
  const ms = purpose.ms ?? declared.idleTimeoutMs ?? 0
  const quiet = session.status === "working" ? step.at - current.lastSeen : 0
  const isOver = quiet >= ms
  if (isOver && purpose.kind === "idle") return onTimeout(step, session.id, purpose.turn, "the driver said nothing for too long")
  if (isOver && !current.idled.includes(ms)) {
    step.changeCurrent(session.id, { idled: [...current.idled, ms] })
    step.occurrences.push({ source: "idle", session: session.id, declared: session.declared, ms })
  }
  const wait = isOver ? ms : Math.max(1, ms - quiet)
  const timer = setTimer(
    step,
    step.at + wait,
    purpose.kind === "idle" ? { kind: "idle", session: session.id, turn: purpose.turn } : { kind: "spell", session: session.id, turn: purpose.turn, ms },
  )
  step.changeCurrent(session.id, { timers: [...(step.session(session.id)?.current?.timers ?? []), timer] })
}

const onCancel = (step: Transition, fact: Extract<Fact, { type: "cancel" }>): void => {
  const { target, reason } = fact
  if (target.kind === "fleet" && step.now.phase === "undoing") return cancelUndoing(step, reason)
  if (target.kind === "fleet") return step.end({ status: "cancelled", reason: reason.detail ?? reason.code, live: { cancel: reason } })
  const session = step.session(target.session)
  if (session !== undefined) {
    if (target.kind === "turn") return cancelActivation(step, session.id, reason, "stays")
    cancelSession(step, session.id, reason)
    return cancelToCome(step, reason, ({ id }) => id === session.id)
  }
  if (!step.plan.sessions.has(target.session)) return step.reject("unknown_session", `there is no session ${target.session}`)
  const instances = liveSessions(step).filter((one) => one.declared === target.session)
  for (const { id } of instances) {
    if (target.kind === "turn") cancelActivation(step, id, reason, "stays")
    else cancelSession(step, id, reason)
  }
  if (target.kind === "session") cancelToCome(step, reason, ({ declared }) => declared === target.session)
}
