/** Requests: what waits for somebody outside. Their ids count from 1 and are never used again in a run. */
import type { Json } from "#ir"
import type { AgentEvent, Fact, RequestKind } from "./protocol.ts"
import { occurSession } from "./occurrence.ts"
import type { RequestState } from "./state.ts"
import { clearTimer, setTimer } from "./timers.ts"
import type { Transition } from "./transition.ts"

interface Opening extends Omit<RequestState, "id" | "open"> {
  readonly prompt?: string
  readonly detail?: Json
}

/** Opens a request and gives its id. A request of a session makes the session wait and stops its timeout. */
export const openRequest = (step: Transition, opening: Opening): string => {
  const { prompt, detail, ...request } = opening
  step.now.requestCount += 1
  const id = `q${step.now.requestCount}`
  step.now.requests = step.now.requests.set(id, { ...request, id, open: true })
  const of = request.session === undefined ? {} : { session: request.session }
  step.emit({ type: "request.opened", request: id, kind: request.kind, ...of, ...(prompt === undefined ? {} : { prompt }), ...(detail === undefined ? {} : { detail }) })
  if (request.session === undefined) step.now.openRequests += 1
  else wait(step, request.session, id)
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
  step.put({ ...session, status: "waiting", requests: [...session.requests, request], current: { ...current, timers, ...(timeoutLeft === undefined ? {} : { timeoutLeft }) } })
  occurSession(step, id, "asked", {})
}

const close = (step: Transition, request: RequestState): void => {
  step.now.requests = step.now.requests.set(request.id, { ...request, open: false })
  clearTimer(step, request.timer)
  if (request.session === undefined) {
    step.now.openRequests -= 1
    return
  }
  const session = step.session(request.session)
  if (session === undefined) return
  const requests = session.requests.filter((id) => id !== request.id)
  step.put({ ...session, requests })
  const current = session.current
  if (requests.length > 0 || session.status !== "waiting" || current === undefined) return
  const { timeoutLeft, ...rest } = current
  const again = timeoutLeft === undefined ? [] : [setTimer(step, step.at + timeoutLeft, { kind: "timeout", session: session.id, turn: current.turn })]
  step.change(session.id, { status: "working", current: { ...rest, timers: [...rest.timers, ...again] } })
}

export const withdrawRequests = (step: Transition, session: string, reason: string): void => {
  for (const id of step.session(session)?.requests ?? []) withdraw(step, id, reason)
}

export const withdrawAll = (step: Transition, reason: string): void => {
  for (const request of step.now.requests.values()) if (request.open) withdraw(step, request.id, reason)
}

const withdraw = (step: Transition, id: string, reason: string): void => {
  const request = step.now.requests.get(id)
  if (request?.open !== true) return
  close(step, request)
  if (request.kind !== "rpc") step.emit({ type: "request.withdrawn", request: id, reason })
}

const text = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined)

/** Permission modes (runtime.md 6): `allow` and `bypass` let low and medium risk pass, high risk always asks, `deny` denies. */
export const onPermissionAsked = (step: Transition, id: string, event: AgentEvent): void => {
  const agentRequest = text(event["req_id"])
  const mode = step.plan.sessions.get(step.session(id)?.declared ?? "")?.permissions
  if (agentRequest === undefined) return
  const risk = text(event["risk_level"]) ?? "high"
  const passes = (mode === "allow" || mode === "bypass") && (risk === "low" || risk === "medium")
  if (passes || mode === "deny") {
    step.now.requestCount += 1
    step.command({ type: "session.answer", session: id, request: `q${step.now.requestCount}`, agentRequest, reply: passes ? "allow_once" : "deny" })
    return
  }
  const tool = text(event["tool"])
  openRequest(step, { kind: "permission", session: id, agentRequest, ...(tool === undefined ? {} : { prompt: tool }), detail: event })
}

export const onQuestionAsked = (step: Transition, id: string, event: AgentEvent): void => {
  const agentRequest = text(event["req_id"]) ?? text(event["ask_id"])
  if (agentRequest === undefined) return
  const question = text(event["question"]) ?? text(event["prompt"])
  openRequest(step, { kind: "question", session: id, agentRequest, ...(question === undefined ? {} : { prompt: question }), detail: event })
}

export const openGate = (step: Transition, gate: string, prompt: string, withinMs: number | undefined): void => {
  const id = openRequest(step, { kind: "gate", gate, prompt, detail: { gate, ...(withinMs === undefined ? {} : { within_ms: withinMs }) } })
  if (withinMs === undefined) return
  const timer = setTimer(step, step.at + withinMs, { kind: "gate", request: id })
  const request = step.now.requests.get(id)
  if (request !== undefined) step.now.requests = step.now.requests.set(id, { ...request, timer })
}

export const onGateExpired = (step: Transition, id: string): void => {
  const request = step.now.requests.get(id)
  if (request?.open !== true || request.gate === undefined) return
  withdraw(step, id, "expired")
  step.occurrences.push({ source: "gate", gate: request.gate, event: "expired" })
}

const fits = (kind: RequestKind, value: Json, request: RequestState): boolean => {
  // Who knows that nobody will come need not wait for it; a gate without a time cannot expire.
  if (kind === "gate") return value === "approve" || value === "reject" || (value === "expire" && request.timer !== undefined)
  if (kind === "selection") return typeof value === "string" && (request.candidates ?? []).includes(value)
  if (kind === "permission") return value === "allow_once" || value === "allow_always" || value === "allow" || value === "deny" || value === "deny_always"
  return true
}

const gateEvents: { readonly [reply: string]: "approved" | "rejected" | "expired" } = { approve: "approved", reject: "rejected", expire: "expired" }

export const onReply = (step: Transition, fact: Extract<Fact, { type: "reply" }>): void => {
  const request = step.now.requests.get(fact.request)
  if (request === undefined) return step.reject("unknown_request", `there is no request ${fact.request}`)
  if (!request.open) return step.reject("already_answered", `request ${fact.request} is no longer open`)
  if (!fits(request.kind, fact.value, request)) return step.reject("invalid_reply", `this is no answer to a ${request.kind} request`)
  step.emit({ type: "request.answered", request: request.id, by: fact.by, reply: fact.value })
  close(step, request)
  if (request.session !== undefined && request.agentRequest !== undefined) {
    step.command({ type: "session.answer", session: request.session, request: request.id, agentRequest: request.agentRequest, reply: fact.value })
  }
  if (request.gate !== undefined) step.occurrences.push({ source: "gate", gate: request.gate, event: gateEvents[String(fact.value)] ?? "rejected" })
  if (request.kind === "selection") {
    step.now.selection = fact.value
    step.occurrences.push({ source: "human" })
  }
}
