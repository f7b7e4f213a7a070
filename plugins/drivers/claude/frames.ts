/** Claude Code's stream-json frames, read into what the engine understands. Pure: one frame in, what it means out. */
import type { Json } from "#ir"
import { failed, type AgentEvent, type DriverFailure, type StopReason, type Usage } from "#sdk"

export type Fields = { readonly [key: string]: Json }

export type Meaning =
  | { readonly type: "session"; readonly id: string }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "event"; readonly event: AgentEvent }
  | { readonly type: "permission"; readonly request: string; readonly input: Json; readonly event: AgentEvent }
  | { readonly type: "withdrawn"; readonly request: string }
  | { readonly type: "result"; readonly end: { readonly stop: StopReason } | { readonly error: DriverFailure }; readonly usage?: Usage }

export const fieldsOf = (value: Json | undefined): Fields =>
  typeof value === "object" && value !== null && !isList(value) ? value : {}
const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)
const listOf = (value: Json | undefined): ReadonlyArray<Json> => (isList(value) ? value : [])
const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "")

const reading = new Set(["Read", "Glob", "Grep", "LS", "NotebookRead", "TodoWrite", "AskUserQuestion"])
const writing = new Set(["Write", "Edit", "MultiEdit", "NotebookEdit"])
const fetching = new Set(["WebFetch", "WebSearch"])
const drastic = /\b(sudo|rm\s+-\w*[rf]|mkfs|dd\s+if=|shutdown|git\s+push|chmod\s+-R|curl\b.*\|\s*(ba)?sh)/u

/** How much harm a call of a tool can do, and to what. A tool nobody knows is of medium risk. */
export const riskOf = (tool: string, input: Json): { readonly risk_level: "low" | "medium" | "high"; readonly scope: string } => {
  if (reading.has(tool)) return { risk_level: "low", scope: "read" }
  if (writing.has(tool)) return { risk_level: "medium", scope: "write" }
  if (fetching.has(tool)) return { risk_level: "medium", scope: "network" }
  const command = textOf(fieldsOf(input)["command"])
  return { risk_level: tool === "Bash" && drastic.test(command) ? "high" : "medium", scope: "execute" }
}

/** What a frame means; nothing for the many that say nothing of use. */
export const readFrame = (frame: Fields): ReadonlyArray<Meaning> => {
  switch (frame["type"]) {
    case "system":
      return frame["subtype"] === "init" ? [{ type: "session", id: textOf(frame["session_id"]) }] : []
    case "assistant":
      return frame["is_api_error_message"] === true || fieldsOf(frame["message"])["model"] === "<synthetic>" ? [] : readAssistant(frame)
    case "user":
      return listOf(fieldsOf(frame["message"])["content"]).map(fieldsOf).flatMap((block) =>
        block["type"] === "tool_result"
          ? [{ type: "event" as const, event: { kind: "cap.tool_call.end", call_id: block["tool_use_id"] ?? "", is_error: block["is_error"] === true } }]
          : [])
    case "control_request":
      return readRequest(textOf(frame["request_id"]), fieldsOf(frame["request"]))
    case "control_cancel_request":
      return [{ type: "withdrawn", request: textOf(frame["request_id"]) }]
    case "result":
      return [{ type: "result", end: endOf(frame), ...usageOf(frame) }]
    default:
      return []
  }
}

const readAssistant = (frame: Fields): ReadonlyArray<Meaning> =>
  listOf(fieldsOf(frame["message"])["content"]).map(fieldsOf).flatMap((block): ReadonlyArray<Meaning> => {
    // What a subagent says is between it and its parent.
    const nested = typeof frame["parent_tool_use_id"] === "string"
    if (block["type"] === "text") return nested ? [] : [{ type: "text", text: textOf(block["text"]) }]
    if (block["type"] === "thinking") return nested ? [] : [{ type: "event", event: { kind: "cap.thought", text: textOf(block["thinking"]) } }]
    if (block["type"] !== "tool_use") return []
    const event = { kind: "cap.tool_call.start", call_id: block["id"] ?? "", tool: block["name"] ?? "", input: block["input"] ?? {} }
    return [{ type: "event", event }]
  })

const readRequest = (request: string, body: Fields): ReadonlyArray<Meaning> => {
  if (body["subtype"] !== "can_use_tool") return []
  const tool = textOf(body["tool_name"])
  const input = body["input"] ?? {}
  return [{ type: "permission", request, input, event: { kind: "cap.permission.request", req_id: request, tool, input, ...riskOf(tool, input) } }]
}

/** `is_error` counts, not `subtype`: errors of the API come as a `success`. */
const endOf = (frame: Fields): { readonly stop: StopReason } | { readonly error: DriverFailure } => {
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

/** Of the whole conversation, subagents included: `usage` of a frame counts neither. */
const usageOf = (frame: Fields): { readonly usage?: Usage } => {
  const usd = frame["total_cost_usd"]
  if (typeof usd !== "number") return {}
  const counts = Object.values(fieldsOf(frame["modelUsage"])).map(fieldsOf).flatMap((model) =>
    ["inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens"].map((name) => model[name]))
  const tokens = counts.reduce<number>((sum, count) => sum + (typeof count === "number" ? count : 0), 0)
  return { usage: { mode: "cumulative", usd, tokens } }
}
