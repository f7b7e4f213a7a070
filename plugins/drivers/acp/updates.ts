/** The notifications `session/update` of both versions of ACP, read into what a conversation needs. Pure: one in, what it means out. */
import type { Json } from "#ir"
import { fieldsOf, isFields, listOf, numberOf, textOf } from "#sdk"
import type { AgentEvent, Fields } from "#sdk"
import { readToolUpdate, type ToolUpdate } from "./tool-calls.ts"

/** How a turn ended, as the agent says it; in version 1 that is the answer to the prompt. */
export interface Ending {
  readonly stop: string
  readonly error?: Fields
  /** Undefined when nothing is said of it, null when the agent says that there was none. */
  readonly tokens: number | null | undefined
}

export type Meaning =
  /** `message`: empty where the agent does not say which it belongs to. */
  | { readonly type: "part"; readonly of: "text" | "thought"; readonly message: string; readonly text: string }
  /** The whole of a message, of which parts may have come. */
  | { readonly type: "whole"; readonly of: "text" | "thought"; readonly message: string; readonly text: string }
  | { readonly type: "tool"; readonly update: ToolUpdate }
  | { readonly type: "event"; readonly event: AgentEvent }
  /** US dollars of the whole conversation. */
  | { readonly type: "cost"; readonly usd: number }
  /** Tokens of one request to the model. */
  | { readonly type: "tokens"; readonly tokens: number }
  /** The agent could not do its turn, whatever it says at its end. */
  | { readonly type: "trouble" }
  /** A message of the user is in the conversation. */
  | { readonly type: "echo"; readonly message: string }
  | { readonly type: "running" }
  | { readonly type: "idle"; readonly ending: Ending }

const contentText = (content: Fields): string => textOf(content["text"]) || textOf(fieldsOf(content["resource"])["text"]) || textOf(content["uri"])

const counted = ["inputTokens", "outputTokens", "input_tokens", "output_tokens"]
const tokensIn = (usage: Fields): number =>
  numberOf(usage["totalTokens"]) || counted.map((name) => numberOf(usage[name])).reduce((sum, count) => sum + count, 0)

/** Of a turn: the `usage` beside its end, or what Gemini puts into `_meta`. */
const tokensOf = (end: Fields): number | null | undefined => {
  const { usage } = end
  const quota = fieldsOf(fieldsOf(fieldsOf(end["_meta"])["quota"])["token_count"])
  if (isFields(usage)) return tokensIn(usage)
  if (Object.keys(quota).length > 0) return tokensIn(quota)
  return usage === null ? null : undefined
}

/** `end`: the answer to a prompt, or the update that tells of the idle state. */
export const readEnding = (end: Fields): Ending => ({
  stop: textOf(end["stopReason"]),
  ...(isFields(end["error"]) ? { error: end["error"] } : {}),
  tokens: tokensOf(end),
})

const whole = (of: "text" | "thought", update: Fields): ReadonlyArray<Meaning> => [
  { type: "whole", of, message: textOf(update["messageId"]), text: listOf(update["content"]).map(fieldsOf).map(contentText).join("") },
]

const part = (of: "text" | "thought", update: Fields): ReadonlyArray<Meaning> => {
  const text = contentText(fieldsOf(update["content"]))
  const tokens = tokensIn(fieldsOf(fieldsOf(update["_meta"])["usage"]))
  return [
    ...(text === "" ? [] : [{ type: "part", of, message: textOf(update["messageId"]), text } as const]),
    ...(tokens === 0 ? [] : [{ type: "tokens", tokens } as const]),
  ]
}

const plan = (entries: Json | undefined): ReadonlyArray<Meaning> => [
  { type: "event", event: { kind: "cap.plan", entries: listOf(entries).map((entry, index) => ({ id: `p${index + 1}`, ...fieldsOf(entry) })) } },
]

const state = (update: Fields): ReadonlyArray<Meaning> => {
  switch (update["state"]) {
    case "running":
    case "requires_action":
      return [{ type: "running" }]
    case "idle":
      return [{ type: "idle", ending: readEnding(update) }]
    default:
      return []
  }
}

/** Nothing for an update that says nothing of use, and for kinds of a later version. */
export const readUpdate = (update: Fields): ReadonlyArray<Meaning> => {
  switch (update["sessionUpdate"]) {
    case "agent_message_chunk":
      return part("text", update)
    case "agent_thought_chunk":
      return part("thought", update)
    case "user_message_chunk":
    case "user_message":
      return [{ type: "echo", message: textOf(update["messageId"]) }]
    case "agent_message":
      return whole("text", update)
    case "agent_thought":
      return whole("thought", update)
    case "tool_call":
    case "tool_call_update":
      return [{ type: "tool", update: readToolUpdate(update) }]
    case "plan":
      return plan(update["entries"])
    case "plan_update":
      return plan(fieldsOf(update["plan"])["entries"])
    case "usage_update": {
      const { amount, currency } = fieldsOf(update["cost"])
      return typeof amount === "number" && currency === "USD" ? [{ type: "cost", usd: amount }] : []
    }
    case "session_info_update":
      return fieldsOf(fieldsOf(fieldsOf(update["_meta"])["codex"])["threadStatus"])["type"] === "systemError" ? [{ type: "trouble" }] : []
    case "state_update":
      return state(update)
    case "notice":
      return [
        {
          type: "event",
          event: {
            kind: "acp.notice",
            severity: textOf(update["severity"]),
            text: [update["title"], update["description"]]
              .map(textOf)
              .filter((text) => text !== "")
              .join(": "),
          },
        },
      ]
    default:
      return []
  }
}
