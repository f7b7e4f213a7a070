/**
 * What policies are asked in the machine, and what follows from what they said of permission requests (runtime.md 6). Packs are code, so the
 * engine asks them; what they said comes back in facts, and everything that follows from it is decided here. What an agent or a person brings
 * is looked at before it becomes a fact; a prompt and a delivery are made here, so they wait until the answer is there.
 */
import type { Action, Json } from "#ir"
import type { AgentEvent, Decision } from "./protocol.ts"
import { expiryOf, openRequest } from "./requests.ts"
import type { Firing } from "./scope.ts"
import type { Addressed } from "./state.ts"
import type { Transition } from "./transition.ts"

export const tellDecisions = (step: Transition, decisions: ReadonlyArray<Decision>): void => {
  for (const { boundary, session, pack, effect, reasons } of decisions)
    step.emit({ type: "policy.decided", boundary, ...(session === undefined ? {} : { session }), pack, effect, reasons })
}

const order = ["deny", "ask", "allow"] as const

/** The strictest thing that packs said at one boundary; redactions are done by then. */
const verdictOf = (decisions: ReadonlyArray<Decision>, boundary: Decision["boundary"]): (typeof order)[number] | undefined =>
  order.find((effect) => decisions.some((one) => one.boundary === boundary && one.effect === effect))

const text = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined)

/**
 * Permission requests: a pack's `deny` is final and its `ask` asks. Then the mode: `allow` and `bypass` let low and medium risk pass, high risk
 * asks unless a pack allowed that very tool, `deny` denies, `ask` asks.
 */
export const onPermissionAsked = (step: Transition, id: string, event: AgentEvent, decisions: ReadonlyArray<Decision>): void => {
  const agentRequest = text(event["req_id"])
  const mode = step.plan.sessions.get(step.session(id)?.declared ?? "")?.permissions
  if (agentRequest === undefined) return
  const said = verdictOf(decisions, "tool")
  const risk = text(event["risk_level"]) ?? "high"
  const lets = mode === "allow" || mode === "bypass"
  const passes = lets && said !== "ask" && (risk === "low" || risk === "medium" || said === "allow")
  if (said === "deny" || mode === "deny" || passes) {
    const reply = said !== "deny" && passes ? "allow_once" : "deny"
    // what packs said is told already
    if (said !== "deny" && mode !== undefined) {
      const effect = reply === "deny" ? "deny" : "allow"
      step.emit({ type: "policy.decided", boundary: "tool", session: id, pack: "permissions", effect, reasons: [`permissions: ${mode}, risk: ${risk}`] })
    }
    step.now.requestCount += 1
    step.command({ type: "session.answer", session: id, request: `q${step.now.requestCount}`, agentRequest, reply })
    return
  }
  const tool = text(event["tool"])
  openRequest(step, { kind: "permission", session: id, agentRequest, ...(tool === undefined ? {} : { prompt: tool }), detail: event, ...expiryOf(event) })
}

const newRequest = (step: Transition): string => {
  step.now.requestCount += 1
  return `q${step.now.requestCount}`
}

const isPoliced = (step: Transition, boundary: Decision["boundary"]): boolean => step.now.policed?.includes(boundary) === true

/** Whether the turn that is due has to wait for what policies say of its prompt. */
export const holdsPrompt = (step: Transition, id: string): boolean => {
  const session = step.session(id)
  const current = session?.current
  if (session === undefined || current === undefined || !isPoliced(step, "prompt") || current.cleared === current.prompt) return false
  const request = newRequest(step)
  step.change(id, { status: "starting" })
  step.changeCurrent(id, { check: request })
  step.command({ type: "policy.ask", request, boundary: "prompt", session: id, declared: session.declared, payload: { text: current.prompt } })
  return true
}

/** Whether a delivery has to wait for what policies say of it. Until then it has not happened. */
export const holdsDelivery = (step: Transition, firing: Firing, action: Action, to: ReadonlyArray<string>, kind: string): boolean => {
  if (to.length === 0 || !isPoliced(step, "route")) return false
  const id = newRequest(step)
  step.now.requests = step.now.requests.set(id, { id, kind: "rpc", rule: firing.rule, open: true, tokens: firing.tokens, delivery: action })
  step.now.runRequests = step.now.runRequests.set(id, true)
  askAboutDelivery(step, id, firing, to, kind)
  return true
}

/** Whether a message between agents has to wait for what policies say of it: it is a delivery as that of a rule is. */
export const holdsMessage = (step: Transition, from: string, { to, text: words }: { readonly to: string; readonly text: string }): boolean => {
  if (!isPoliced(step, "route")) return false
  const id = newRequest(step)
  const message = { from, to, text: words }
  step.now.requests = step.now.requests.set(id, { id, kind: "rpc", open: true, message })
  step.now.runRequests = step.now.runRequests.set(id, true)
  askAboutMessage(step, id, message)
  return true
}

export const askAboutMessage = (step: Transition, request: string, { from, to }: Addressed): void =>
  step.command({ type: "policy.ask", request, boundary: "route", payload: { rule: "message", from: [from], to: [to], action: "message" } })

export const askAboutDelivery = (step: Transition, request: string, firing: Firing, to: ReadonlyArray<string>, action: string): void => {
  const from = firing.tokens.flatMap(({ session }) => session ?? [])
  step.command({ type: "policy.ask", request, boundary: "route", payload: { rule: firing.rule, from, to, action } })
}
