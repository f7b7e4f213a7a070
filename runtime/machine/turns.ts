/** What a driver says during a turn, and how the turn ends. */
import type { AgentEvent, Failure, Fact } from "./protocol.ts"
import { book } from "./budgets.ts"
import { park, unpark } from "./drivers.ts"
import { usageOf } from "./ledger.ts"
import { holdsForRouting } from "./free-routing.ts"
import { closeTurn, goOn } from "./messages.ts"
import { askAgain, readOutput } from "./outputs.ts"
import { onPermissionAsked } from "./policy-asks.ts"
import { onAgentWithdrew, onCalled, onQuestionAsked } from "./requests.ts"
import { hearEnd, hearPiece } from "./agent-messages.ts"
import { failAttempt } from "./retries.ts"
import { cancelActivation, failSession, finishSession } from "./settling.ts"
import { startTurn } from "./starting.ts"
import type { Current, Result, SessionState } from "./state.ts"
import { routingProblem } from "./foreseen.ts"
import { subtaskProblem } from "./subtasks.ts"
import type { Transition } from "./transition.ts"

const openTurn = (step: Transition, id: string, turn: number, attempt: number): (SessionState & { readonly current: Current }) | undefined => {
  const session = step.session(id)
  const current = session?.current
  return session === undefined || current?.open !== true || current.turn !== turn || current.attempt !== attempt ? undefined : { ...session, current }
}

/** CAP's word for it: the agent meets a rate limit and will try again by itself. */
const isWaiting = (event: AgentEvent): boolean => event.kind === "cap.error" && event["code"] === "rate_limit" && event["retryable"] === true

export const onAgentSaid = (step: Transition, fact: Extract<Fact, { type: "agent.said" }>): void => {
  const { event } = fact
  const session = openTurn(step, fact.session, fact.turn, fact.attempt)
  if (session === undefined) {
    if (event.kind === "cap.usage" && isStopping(step, fact)) book(step, fact.session, usageOf(event))
    return
  }
  const chunk = event.kind === "cap.text_chunk" && (event["channel"] ?? "assistant") === "assistant" && typeof event["text"] === "string" ? event["text"] : ""
  step.changeCurrent(session.id, { lastSeen: step.at, idled: [], text: session.current.text + chunk })
  step.emit({ type: "agent", session: session.id, turn: fact.turn, event })
  if (isWaiting(event)) return park(step, session.id)
  unpark(step, session.id)
  hearPiece(step, session.id, event, chunk)
  if (event.kind === "cap.usage") book(step, session.id, usageOf(event))
  else if (event.kind === "cap.permission.request") onPermissionAsked(step, session.id, event, fact.decisions ?? [])
  else if (event.kind === "cap.ask_user") onQuestionAsked(step, session.id, event)
  else if (event.kind === "cap.reverse_rpc") onCalled(step, session.id, event)
  else if (event.kind === "cap.request.withdrawn") onAgentWithdrew(step, session.id, event)
}

/** Whether it is of a turn that was interrupted or cancelled, and is to end. */
const isStopping = (step: Transition, { session, turn, attempt }: { readonly session: string; readonly turn: number; readonly attempt: number }): boolean => {
  const stopping = step.session(session)?.stopping
  return stopping?.turn === turn && stopping.attempt === attempt
}

/** The driver has ended a turn that was stopped: its figures count, then what waits for that begins. */
const onStopped = (step: Transition, fact: Extract<Fact, { type: "turn.ended" }>): void => {
  if (!isStopping(step, fact)) return
  remember(step, fact)
  if (fact.usage !== undefined) book(step, fact.session, fact.usage)
  goOn(step, fact.session)
}

const remember = (step: Transition, { session, branch, resume }: Extract<Fact, { type: "turn.ended" }>): void => {
  if (branch !== undefined) step.change(session, { branch })
  if (resume !== undefined) step.change(session, { resume })
}

export const onTurnEnded = (step: Transition, fact: Extract<Fact, { type: "turn.ended" }>): void => {
  const session = openTurn(step, fact.session, fact.turn, fact.attempt)
  if (session === undefined) return onStopped(step, fact)
  remember(step, fact)
  if (fact.usage !== undefined) book(step, session.id, fact.usage)
  // over its budget it has failed just now, and a run over its budget fails every turn that is open
  if (openTurn(step, fact.session, fact.turn, fact.attempt) === undefined || (step.now.ending !== undefined && step.now.phase === "running")) return
  closeTurn(step, session, "the turn is over")
  const { id, current } = session
  const { turn, attempt } = current
  if ("error" in fact.end) return failTurn(step, id, turn, attempt, fact.end.error)
  const { stop } = fact.end
  if (stop === "cancelled") {
    const reason = { code: "driver", detail: "the driver says that the turn was cancelled" }
    step.emit({ type: "turn.cancelled", session: id, turn, attempt, reason })
    const unasked: Failure = { kind: "driver_error", message: "the driver cancelled the turn, and nobody had asked for that" }
    return cancelActivation(step, id, reason, "stays", unasked)
  }
  if (stop !== "end_turn" && stop !== "stop_sequence") {
    const kind = stop === "max_tokens" || stop === "max_turns" ? stop : "driver_error"
    return failTurn(step, id, turn, attempt, { kind, message: `the turn stopped with ${stop}` })
  }
  step.emit({ type: "turn.done", session: id, turn, attempt, stop_reason: stop })
  hearEnd(step, id, fact.text)
  conclude(step, id, { text: fact.text ?? current.text, stop, ...(fact.output === undefined ? {} : { output: fact.output }) })
}

const failTurn = (step: Transition, id: string, turn: number, attempt: number, error: Failure): void => {
  step.emit({ type: "turn.failed", session: id, turn, attempt, error })
  failAttempt(step, id, error)
}

/** After a good turn: the next prompt, once more the same question, or the end of the activation. */
const conclude = (step: Transition, id: string, result: Result): void => {
  const session = step.session(id)
  const current = session?.current
  const declared = step.plan.sessions.get(session?.declared ?? "")
  if (session === undefined || current === undefined || declared === undefined) return
  const [said, ...later] = current.later
  if (said !== undefined) return nextTurn(step, id, said, { later, byUser: true, heard: [], askedAgain: false })
  const position = current.position + 1
  const following = current.activation.prompts[position]
  if (following !== undefined) return nextTurn(step, id, following, { position, byUser: current.activation.rule === "user", heard: [] })
  const senders = [...new Set(session.mail.map(({ from }) => from))]
  // the prompt is what they say
  if (senders.length > 0 && current.activation.undoes === undefined) return nextTurn(step, id, "", { heard: senders, byUser: false, askedAgain: false })
  if (declared.output === undefined) return done(step, id, result)
  const read = readOutput(declared.output, result.text, result.output)
  if (read.ok) return done(step, id, { ...result, output: read.value })
  if (!current.askedAgain) return nextTurn(step, id, askAgain(read.problem), { askedAgain: true })
  // where `retry` covers it, each further try is asked the question itself, in a conversation of its own
  step.changeCurrent(id, { prompt: current.activation.prompts[current.position] ?? current.prompt })
  failAttempt(step, id, { kind: "output_invalid", message: read.problem }, true)
}

const done = (step: Transition, id: string, result: Result): void => {
  const problem =
    subtaskProblem(step, id, result) ?? (step.session(id)?.current?.activation.undoes === undefined ? routingProblem(step, id, result) : undefined)
  if (problem !== undefined) {
    const error: Failure = { kind: "routing_error", message: problem.message }
    step.emit({ type: "route.failed", rule: problem.rule, error })
    return failSession(step, id, error)
  }
  if (!holdsForRouting(step, id, result)) finishSession(step, id, result)
}

const nextTurn = (step: Transition, id: string, prompt: string, changes: Partial<Current>): void => {
  step.changeCurrent(id, { ...changes, prompt, attempt: 0, tries: 0, losses: 0, open: false, given: [] })
  startTurn(step, id)
}

/** The driver is gone: with a turn under way that is its failure. */
export const onClosed = (step: Transition, fact: Extract<Fact, { type: "session.closed" }>): void => {
  const session = step.session(fact.session)
  if (session === undefined) return
  if (session.closing > 0) {
    step.put({ ...session, closing: session.closing - 1 })
    return
  }
  if (session.driver === "none") return
  const error: Failure = fact.error ?? { kind: "agent_exited", message: "the driver ended" }
  step.put({ ...session, driver: "none" })
  const { current } = session
  if (current?.open === true) {
    closeTurn(step, { ...session, current }, "the driver is gone")
    failTurn(step, session.id, current.turn, current.attempt, error)
  } else if (session.driver === "opening") failAttempt(step, session.id, error)
  else goOn(step, session.id)
}

export const onRefused = (step: Transition, fact: Extract<Fact, { type: "session.refused" }>): void => {
  const session = step.session(fact.session)
  if (session === undefined) return
  if (session.closing > 0) {
    step.put({ ...session, closing: session.closing - 1 })
    return
  }
  if (session.current === undefined || session.driver !== "opening") return
  step.put({ ...session, driver: "none" })
  failAttempt(step, session.id, fact.error)
}

/** A turn that took too long, or said nothing for too long. */
export const onTimeout = (step: Transition, id: string, turn: number, message: string): void => {
  const session = step.session(id)
  const current = session?.current
  if (session === undefined || current?.open !== true || current.turn !== turn) return
  closeTurn(step, { ...session, current }, "the turn took too long")
  step.command({ type: "turn.cancel", session: id, turn })
  failTurn(step, id, turn, current.attempt, { kind: "timeout", message })
}
