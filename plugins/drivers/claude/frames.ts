/** Claude Code's stream-json frames, read into what a conversation needs. Pure: one frame in, what it means out. */
import type { Json } from "#ir"
import { failed, fieldsOf, listOf, numberOf, textOf } from "#sdk"
import type { AgentEvent, Fields, TurnEnd, Usage } from "#sdk"

export type Meaning =
  | { readonly type: "session"; readonly id: string }
  /** A part of the block that is being written; the whole block comes as `text` or `thought` later. */
  | { readonly type: "part"; readonly of: "text" | "thought"; readonly text: string }
  | { readonly type: "block" }
  | { readonly type: "text" | "thought"; readonly text: string }
  | { readonly type: "tool"; readonly call: string; readonly tool: string; readonly input: Json }
  | { readonly type: "tool.done"; readonly call: string; readonly isError: boolean }
  | { readonly type: "event"; readonly event: AgentEvent }
  | { readonly type: "asks"; readonly request: string; readonly tool: string; readonly input: Json; readonly suggestions: ReadonlyArray<Json> }
  | { readonly type: "withdrawn"; readonly request: string }
  /** A request that we do not serve. */
  | { readonly type: "unknown"; readonly request: string; readonly subtype: string }
  | { readonly type: "result"; readonly end: TurnEnd; readonly output?: Json; readonly usage?: Usage }

/** What a frame means; nothing for the many that say nothing of use. */
export const readFrame = (frame: Fields): ReadonlyArray<Meaning> => {
  // What a subagent says is between it and its parent; its calls are seen.
  const nested = typeof frame["parent_tool_use_id"] === "string"
  switch (frame["type"]) {
    case "system":
      return readSystem(frame)
    case "stream_event":
      return nested ? [] : readPart(fieldsOf(frame["event"]))
    case "assistant":
      return frame["is_api_error_message"] === true || fieldsOf(frame["message"])["model"] === "<synthetic>" ? [] : readBlocks(frame, nested)
    case "user":
      return blocksOf(frame).flatMap((block) =>
        block["type"] === "tool_result" ? [{ type: "tool.done" as const, call: textOf(block["tool_use_id"]), isError: block["is_error"] === true }] : [],
      )
    case "control_request":
      return [readRequest(textOf(frame["request_id"]), fieldsOf(frame["request"]))]
    case "control_cancel_request":
      return [{ type: "withdrawn", request: textOf(frame["request_id"]) }]
    case "result":
      return [
        {
          type: "result",
          end: endOf(frame),
          ...(frame["structured_output"] === undefined ? {} : { output: frame["structured_output"] }),
          ...usageOf(frame),
        },
      ]
    default:
      return []
  }
}

const blocksOf = (frame: Fields): ReadonlyArray<Fields> => listOf(fieldsOf(frame["message"])["content"]).map(fieldsOf)

const readSystem = (frame: Fields): ReadonlyArray<Meaning> => {
  if (frame["subtype"] === "init") return [{ type: "session", id: textOf(frame["session_id"]) }]
  if (frame["subtype"] !== "api_retry") return []
  const { attempt = 0, max_retries = 0, retry_delay_ms = 0, error = "" } = frame
  const details = { attempt, max_retries, retry_delay_ms }
  // the session gives its permit back meanwhile
  if (error === "rate_limit")
    return [{ type: "event", event: { kind: "cap.error", code: "rate_limit", message: "claude waits for its rate limit", retryable: true, details } }]
  return [{ type: "event", event: { kind: "claude.api_retry", ...details, error } }]
}

const readPart = (event: Fields): ReadonlyArray<Meaning> => {
  if (event["type"] === "content_block_start") return [{ type: "block" }]
  if (event["type"] !== "content_block_delta") return []
  const delta = fieldsOf(event["delta"])
  if (delta["type"] === "text_delta") return [{ type: "part", of: "text", text: textOf(delta["text"]) }]
  return delta["type"] === "thinking_delta" ? [{ type: "part", of: "thought", text: textOf(delta["thinking"]) }] : []
}

const readBlocks = (frame: Fields, nested: boolean): ReadonlyArray<Meaning> =>
  blocksOf(frame).flatMap((block): ReadonlyArray<Meaning> => {
    if (block["type"] === "tool_use") return [{ type: "tool", call: textOf(block["id"]), tool: textOf(block["name"]), input: block["input"] ?? {} }]
    if (nested) return []
    if (block["type"] === "text") return [{ type: "text", text: textOf(block["text"]) }]
    return block["type"] === "thinking" ? [{ type: "thought", text: textOf(block["thinking"]) }] : []
  })

const readRequest = (request: string, body: Fields): Meaning => {
  const subtype = textOf(body["subtype"])
  if (subtype !== "can_use_tool") return { type: "unknown", request, subtype }
  return { type: "asks", request, tool: textOf(body["tool_name"]), input: body["input"] ?? {}, suggestions: listOf(body["permission_suggestions"]) }
}

/** `is_error` counts, not `subtype`: errors of the API come as a `success`. */
const endOf = (frame: Fields): TurnEnd => {
  const why = textOf(frame["terminal_reason"])
  if (why.startsWith("aborted")) return { stop: "cancelled" }
  if (frame["subtype"] === "error_max_turns") return { stop: "max_turns" }
  const said = [textOf(frame["result"]), ...listOf(frame["errors"]).map(textOf)].find((text) => text !== "") ?? `claude ended: ${why || "no reason given"}`
  if (frame["subtype"] === "error_max_budget_usd") return { error: failed("budget_exceeded", said) }
  if (frame["is_error"] === true || frame["subtype"] !== "success") {
    const status = frame["api_error_status"]
    if (status === 429 || status === 529) return { error: failed("rate_limit", said) }
    return { error: failed(status === 401 || status === 403 ? "auth_error" : "driver_error", said) }
  }
  const stop = frame["stop_reason"]
  return { stop: stop === "max_tokens" || stop === "refusal" || stop === "stop_sequence" ? stop : "end_turn" }
}

const counted = ["inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens"]

/** Of the whole conversation, subagents included: `usage` of a frame counts neither. */
const usageOf = (frame: Fields): { readonly usage?: Usage } => {
  const usd = frame["total_cost_usd"]
  if (typeof usd !== "number") return {}
  const models = Object.values(fieldsOf(frame["modelUsage"])).map(fieldsOf)
  const tokens = models.flatMap((model) => counted.map((name) => numberOf(model[name]))).reduce((sum, count) => sum + count, 0)
  return { usage: { mode: "cumulative", usd, tokens } }
}
