/** Requests: what waits for somebody outside. Their ids count from 1 and are never used again in a run. */
import type { Json } from "#ir"
import type { AgentEvent } from "./protocol.ts"
import { occurSession } from "./occurrence.ts"
import { leaveBreakpoint } from "./pausing.ts"
import type { RequestState } from "./state.ts"
import { clearTimer, numberOf, setTimer } from "./timers.ts"
import type { Transition } from "./transition.ts"

interface Opening extends Omit<RequestState, "id" | "open" | "timer" | "withdrawn"> {
  readonly prompt?: string
  readonly detail?: Json
  /** Milliseconds until it is withdrawn as `expired`. */
  readonly expiresMs?: number
}

/** Opens a request and gives its id. A request of a session makes the session wait and stops its timeout. */
export const openRequest = (step: Transition, opening: Opening): string => {
  const { prompt, detail, expiresMs, ...request } = opening
  step.now.requestCount += 1
  const id = `q${step.now.requestCount}`
  const timer = expiresMs === undefined ? {} : { timer: setTimer(step, step.at + expiresMs, { kind: "expiry", request: id }) }
  step.now.requests = step.now.requests.set(id, { ...request, ...timer, id, open: true })
  const of = request.session === undefined ? {} : { session: request.session }
  step.emit({
    type: "request.opened",
    request: id,
    kind: request.kind,
    ...of,
    ...(prompt === undefined ? {} : { prompt }),
    ...(detail === undefined ? {} : { detail }),
  })
  if (request.session === undefined) step.now.runRequests = step.now.runRequests.set(id, true)
  else wait(step, request.session, id)
  if (request.kind !== "breakpoint" && request.session !== undefined) occurSession(step, request.session, "asked", {})
  return id
}

const wait = (step: Transition, id: string, request: string): void => {
  const session = step.session(id)
  const current = session?.current
  if (session === undefined || current === undefined) return
  let timeoutLeft = current.timeoutLeft
  const timers = current.timers.filter((timer) => {
    const set = step.now.timers.get(timer)
    if (set?.purpose.kind !== "timeout") return true
    timeoutLeft = Math.max(0, set.at - step.at)
    clearTimer(step, timer)
    return false
  })
  step.put({ ...session, status: "waiting", requests: [...session.requests, request], current: { ...current, timers, timeoutLeft } })
}

/** Of what was asked only the fact that it was remains. */
export const closeRequest = (step: Transition, request: RequestState, how: "answered" | "withdrawn"): void => {
  step.now.requests = step.now.requests.set(request.id, {
    id: request.id,
    kind: request.kind,
    open: false,
    ...(how === "withdrawn" ? { withdrawn: true } : {}),
  })
  clearTimer(step, request.timer)
  if (request.kind === "breakpoint") leaveBreakpoint(step, request.id)
  if (request.session === undefined) {
    step.now.runRequests = step.now.runRequests.delete(request.id)
    return
  }
  const session = step.session(request.session)
  if (session === undefined) return
  const requests = session.requests.filter((id) => id !== request.id)
  step.put({ ...session, requests })
  const current = session.current
  if (requests.length > 0 || session.status !== "waiting" || current?.open !== true) return
  const { timeoutLeft } = current
  const again = timeoutLeft === undefined ? [] : [setTimer(step, step.at + timeoutLeft, { kind: "timeout", session: session.id, turn: current.turn })]
  // the silence while somebody was asked is not the agent's
  step.change(session.id, { status: "working", current: { ...current, timeoutLeft: undefined, lastSeen: step.at, timers: [...current.timers, ...again] } })
}

export const withdrawRequests = (step: Transition, session: string, reason: string): void => {
  for (const id of step.session(session)?.requests ?? []) withdraw(step, id, reason)
  if ((step.session(session)?.questions.length ?? 0) > 0) step.change(session, { questions: [] })
}

export const withdrawAll = (step: Transition, reason: string): void => {
  for (const id of [...step.now.runRequests.keys()].sort((a, b) => numberOf(a) - numberOf(b))) withdraw(step, id, reason)
}

export const withdraw = (step: Transition, id: string, reason: string): void => {
  const request = step.now.requests.get(id)
  if (request?.open !== true) return
  closeRequest(step, request, "withdrawn")
  // what a routing plugin or a policy is asked was never shown
  if (request.message !== undefined)
    step.emit({
      type: "message.undeliverable",
      session: request.message.to,
      code: "run_ending",
      reason,
      from: request.message.from,
      text: request.message.text,
    })
  else if (request.tokens === undefined) step.emit({ type: "request.withdrawn", request: id, reason })
}

/** Gives the agent its answer. Answers to questions return in the order in which they were asked, whatever the order of the replies. */
export const answerAgent = (step: Transition, request: RequestState, reply: Json): void => {
  const { session: id, agentRequest } = request
  if (id === undefined || agentRequest === undefined) return
  if (request.kind !== "question") {
    step.command({ type: "session.answer", session: id, request: request.id, agentRequest, reply })
    return
  }
  const questions = (step.session(id)?.questions ?? []).map((one) => (one.request === request.id ? { ...one, reply } : one))
  const first = questions.findIndex((one) => one.reply === undefined)
  const ready = first < 0 ? questions.length : first
  for (const one of questions.slice(0, ready)) {
    if (one.reply !== undefined) step.command({ type: "session.answer", session: id, request: one.request, agentRequest: one.agentRequest, reply: one.reply })
  }
  step.change(id, { questions: questions.slice(ready) })
}

const text = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined)

/** How long the agent is ready to wait. */
export const expiryOf = (event: AgentEvent): { readonly expiresMs?: number } => {
  const seconds = event["timeout_seconds"]
  return typeof seconds === "number" && seconds > 0 && seconds < 1e9 ? { expiresMs: Math.round(seconds * 1000) } : {}
}

export const onQuestionAsked = (step: Transition, id: string, event: AgentEvent): void => {
  const agentRequest = text(event["req_id"]) ?? text(event["ask_id"])
  if (agentRequest === undefined) return
  const question = text(event["question"]) ?? text(event["prompt"])
  const request = openRequest(step, {
    kind: "question",
    session: id,
    agentRequest,
    ...(question === undefined ? {} : { prompt: question }),
    detail: event,
    ...expiryOf(event),
  })
  step.change(id, { questions: [...(step.session(id)?.questions ?? []), { request, agentRequest }] })
}

/** Calls that tell people something and want nothing of them. */
const notes: ReadonlySet<string> = new Set(["cap.user_io.show", "cap.notify"])

const passOn = (step: Transition, id: string, agentRequest: string, event: AgentEvent): void => {
  const words = [text(event["title"]), text(event["body"])].filter((part) => part !== undefined && part !== "").join(": ")
  step.emit({ type: "notified", rule: "agent", text: `${id}: ${words}` })
  step.now.requestCount += 1
  step.command({ type: "session.answer", session: id, request: `q${step.now.requestCount}`, agentRequest, reply: { ok: true } })
}

/** The agent calls us: `user_io.show`, `user_io.input`, `notify`, or a method of its profile. */
export const onCalled = (step: Transition, id: string, event: AgentEvent): void => {
  const agentRequest = text(event["req_id"]) ?? text(event["rpc_id"])
  if (agentRequest === undefined) return
  const method = text(event["method"])
  if (method !== undefined && notes.has(method)) return passOn(step, id, agentRequest, event)
  openRequest(step, { kind: "rpc", session: id, agentRequest, ...(method === undefined ? {} : { prompt: method }), detail: event, ...expiryOf(event) })
}

/** The agent no longer wants to know. */
export const onAgentWithdrew = (step: Transition, id: string, event: AgentEvent): void => {
  const agentRequest = text(event["req_id"])
  for (const request of step.session(id)?.requests ?? []) {
    if (step.now.requests.get(request)?.agentRequest !== agentRequest) continue
    withdraw(step, request, "the agent withdrew it")
    step.change(id, { questions: (step.session(id)?.questions ?? []).filter((one) => one.request !== request) })
  }
}

export const openGate = (step: Transition, gate: string, prompt: string, withinMs: number | undefined): void => {
  const expiry = withinMs === undefined ? {} : { expiresMs: withinMs }
  openRequest(step, { kind: "gate", gate, prompt, detail: { gate, ...(withinMs === undefined ? {} : { within_ms: withinMs }) }, ...expiry })
}

/** What the agent is told when nobody answered in time. */
const refusals = { permission: "deny", question: null, rpc: { ok: false } } as const

export const onRequestExpired = (step: Transition, id: string): void => {
  const request = step.now.requests.get(id)
  if (request?.open !== true) return
  withdraw(step, id, "expired")
  if (request.gate !== undefined) step.occurrences.push({ source: "gate", gate: request.gate, event: "expired" })
  const { kind } = request
  if (kind === "permission" || kind === "question" || kind === "rpc") answerAgent(step, request, refusals[kind])
}
