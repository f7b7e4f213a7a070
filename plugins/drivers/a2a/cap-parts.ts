/** Core events of CAP as an A2A agent carries them: data parts whose `_meta.cap.kind` says what they are (CAP v1, 7 and 11.3). Pure. */
import type { Json } from "#ir"
import { fieldsOf, isFields, listOf, numberOf, textOf } from "#sdk"
import type { AgentEvent, Fields, Usage } from "#sdk"

/** Those that need nothing but to be told. */
const told = new Set(["cap.thought", "cap.plan", "cap.tool_call.delta", "cap.artifact", "cap.error"])
const understood = new Set([...told, "cap.text_chunk", "cap.tool_call.start", "cap.tool_call.end", "cap.usage", "cap.ask_user", "cap.permission.request"])

export const isTold = ({ kind }: AgentEvent): boolean => told.has(kind)

/** A2A calls it `metadata`; keys are written nested, or with a point. */
const kindOf = (part: Fields): string => {
  const notes = [fieldsOf(part["_meta"]), fieldsOf(part["metadata"])]
  return notes.map((note) => textOf(fieldsOf(note["cap"])["kind"]) || textOf(note["cap.kind"])).find((kind) => kind !== "") ?? ""
}

/** Events of later versions too: they are no text for anybody. */
export const isCapPart = (part: Fields): boolean => kindOf(part).startsWith("cap.")

/** Undefined for a part that is text, data of the agent's own, or an event that means nothing here. */
const capEvent = (part: Fields): AgentEvent | undefined => {
  const kind = kindOf(part)
  return understood.has(kind) && isFields(part["data"]) ? { ...part["data"], kind } : undefined
}

export const capEvents = (message: Fields): ReadonlyArray<AgentEvent> =>
  listOf(message["parts"]).flatMap((part) => {
    const event = capEvent(fieldsOf(part))
    return event === undefined ? [] : [event]
  })

/** Of the task: what it says last counts. */
export const usageOf = (event: AgentEvent): Usage => {
  const { cost_usd_estimate: usd } = event
  return { mode: "delta", tokens: numberOf(event["input_tokens"]) + numberOf(event["output_tokens"]), ...(typeof usd === "number" ? { usd } : {}) }
}

const decided = (reply: Json): string =>
  reply === "allow_always" ? reply : reply === true || (typeof reply === "string" && reply.startsWith("allow")) ? "allow_once" : "deny"

/** The answer to a request that came as an event. */
export const answerPart = (asked: AgentEvent, reply: Json): Fields =>
  asked.kind === "cap.permission.request"
    ? { data: { req_id: asked["req_id"] ?? "", decision: decided(reply) }, metadata: { cap: { kind: "cap.permission.response" } } }
    : { data: { ask_id: asked["ask_id"] ?? "", value: reply }, metadata: { cap: { kind: "cap.ask_user.answer" } } }

/** The request as the fleet is asked, under a name that is not used twice. A risk that is not told is not taken for a small one. */
export const requestEvent = (asked: AgentEvent, request: string): AgentEvent =>
  asked.kind === "cap.permission.request"
    ? { scope: "execute", intent: {}, tool: "tool", risk_level: "high", ...asked, req_id: request }
    : { prompt: "The agent waits for an answer.", ...asked, ask_id: request }
