/** The app server's notifications, read into what a conversation needs. Pure: one in, what it means out. */
import type { Json } from "#ir"
import { fieldsOf, listOf, textOf } from "#sdk"
import type { AgentEvent, Fields, RpcId, TurnEnd } from "#sdk"
import { tokensOf, type Tokens } from "./config.ts"
import { retryEvent, turnFailure } from "./failures.ts"
import { toolItem, type ToolItem } from "./items.ts"

export type Meaning =
  | { readonly type: "turn.started"; readonly turn: string }
  /** A part of an item that is being written; the whole comes as `text` or `thought`. */
  | { readonly type: "part"; readonly of: "text" | "thought"; readonly item: string; readonly text: string }
  | { readonly type: "text" | "thought"; readonly item: string; readonly text: string }
  | { readonly type: "tool"; readonly of: ToolItem }
  | { readonly type: "tool.done"; readonly of: ToolItem }
  | { readonly type: "event"; readonly event: AgentEvent }
  | { readonly type: "tokens"; readonly tokens: Tokens }
  | { readonly type: "withdrawn"; readonly id: RpcId }
  | { readonly type: "turn.ended"; readonly turn: string; readonly end: TurnEnd }

/** `thread`: ours; what threads of its helpers say is between it and them. Nothing for the many that say nothing of use. */
export const readNotification = (thread: string, method: string, params: Fields): ReadonlyArray<Meaning> => {
  if (params["threadId"] !== undefined && params["threadId"] !== thread) return []
  const item = textOf(params["itemId"])
  switch (method) {
    case "turn/started":
      return [{ type: "turn.started", turn: textOf(fieldsOf(params["turn"])["id"]) }]
    case "item/agentMessage/delta":
      return [{ type: "part", of: "text", item, text: textOf(params["delta"]) }]
    case "item/reasoning/summaryTextDelta":
    case "item/reasoning/textDelta":
      return [{ type: "part", of: "thought", item, text: textOf(params["delta"]) }]
    case "item/started":
      return readStarted(fieldsOf(params["item"]))
    case "item/completed":
      return readCompleted(fieldsOf(params["item"]))
    case "turn/plan/updated":
      return [
        {
          type: "event",
          event: {
            kind: "cap.plan",
            entries: listOf(params["plan"])
              .map(fieldsOf)
              .map(({ step = "", status = "" }, index) => ({ id: `p${index + 1}`, content: step, status: planStatus(status) })),
          },
        },
      ]
    case "thread/tokenUsage/updated":
      return [{ type: "tokens", tokens: tokensOf(fieldsOf(params["tokenUsage"])["total"]) }]
    case "error":
      return params["willRetry"] === true ? [{ type: "event", event: retryEvent(turnFailure(params["error"])) }] : []
    case "serverRequest/resolved": {
      const id = params["requestId"]
      return typeof id === "string" || typeof id === "number" ? [{ type: "withdrawn", id }] : []
    }
    case "turn/completed":
      return [readEnd(fieldsOf(params["turn"]))]
    default:
      return []
  }
}

const planStatus = (status: Json): Json => (status === "inProgress" ? "in_progress" : status)

const readStarted = (item: Fields): ReadonlyArray<Meaning> => {
  const call = toolItem(item)
  return call === undefined ? [] : [{ type: "tool", of: call }]
}

const readCompleted = (item: Fields): ReadonlyArray<Meaning> => {
  const id = textOf(item["id"])
  if (item["type"] === "agentMessage") return [{ type: "text", item: id, text: textOf(item["text"]) }]
  if (item["type"] === "reasoning") return [{ type: "thought", item: id, text: listOf(item["summary"]).map(textOf).join("\n") }]
  const call = toolItem(item)
  return call === undefined ? [] : [{ type: "tool.done", of: call }]
}

const readEnd = (turn: Fields): Meaning => {
  const end: TurnEnd =
    turn["status"] === "completed" ? { stop: "end_turn" } : turn["status"] === "interrupted" ? { stop: "cancelled" } : { error: turnFailure(turn["error"]) }
  return { type: "turn.ended", turn: textOf(turn["id"]), end }
}
