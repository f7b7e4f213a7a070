/** What follows once policies have said what they think of a prompt or a delivery. */
import type { Json } from "#ir"
import { prepare } from "./actions.ts"
import { onMessageJudged } from "./agent-messages.ts"
import { askAboutDelivery, askAboutMessage } from "./policy-asks.ts"
import type { Fact } from "./protocol.ts"
import { closeRequest } from "./requests.ts"
import { deliverNow, failRoute } from "./routing.ts"
import { failSession } from "./settling.ts"
import { startTurn } from "./starting.ts"
import type { RequestState } from "./state.ts"
import type { Transition } from "./transition.ts"

const text = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined)

/** After a crash: nobody answers what was asked before it. */
export const askDeliveryAgain = (step: Transition, { id, rule = "", tokens = [], delivery, message }: RequestState): void => {
  if (message !== undefined) return askAboutMessage(step, id, message)
  if (delivery === undefined) return
  const firing = { rule, tokens }
  const prepared = prepare(step, firing, delivery)
  askAboutDelivery(step, id, firing, prepared.kind === "ready" ? prepared.to : [], prepared.kind === "ready" ? prepared.action : delivery.kind)
}

export const onPolicyAnswered = (step: Transition, fact: Extract<Fact, { type: "policy.answered" }>): void => {
  if (fact.session === undefined) return onDeliveryJudged(step, fact)
  const session = step.session(fact.session)
  const current = session?.current
  // what was asked is no longer wanted: the session was cancelled, or its run is taken up again
  if (session === undefined || current?.check !== fact.request || current.open) return
  const answered = { ...current, check: undefined }
  if (fact.denied !== undefined) {
    step.put({ ...session, current: answered })
    return failSession(step, session.id, { kind: "policy_denied", message: fact.denied })
  }
  const prompt = text(fact.payload?.["text"]) ?? current.prompt
  const prompts = current.activation.prompts.map((one, at) => (at === current.position && one === current.prompt ? prompt : one))
  step.put({ ...session, current: { ...answered, prompt, cleared: prompt, activation: { ...current.activation, prompts } } })
  startTurn(step, session.id)
}

const onDeliveryJudged = (step: Transition, fact: Extract<Fact, { type: "policy.answered" }>): void => {
  const request = step.now.requests.get(fact.request)
  if (request?.open === true && request.message !== undefined) {
    closeRequest(step, request, "answered")
    return onMessageJudged(step, request.message, fact.denied)
  }
  if (request?.open !== true || request.delivery === undefined || request.rule === undefined)
    return step.reject("unknown_request", `nothing is asked under ${fact.request}`)
  closeRequest(step, request, "answered")
  const firing = { rule: request.rule, tokens: request.tokens ?? [] }
  if (fact.denied !== undefined) failRoute(step, firing.rule, { kind: "policy_denied", message: fact.denied })
  else deliverNow(step, firing, prepare(step, firing, request.delivery))
}
