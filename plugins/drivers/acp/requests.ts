/** What an ACP agent asks of its user, as our requests, and our replies as its results. */
import type { Json } from "#ir"
import { commandOf, commandRisk, fieldsOf, listOf, textOf } from "#sdk"
import type { AgentEvent, Fields } from "#sdk"
import { riskOfKind, type Risk } from "./tool-calls.ts"

export const allows = (reply: Json): boolean => reply === true || (typeof reply === "string" && reply.startsWith("allow"))

export const cancelled: Json = { outcome: { outcome: "cancelled" } }

/** By kind, never by id or place: agents name them as they like, and some offer two of a kind. */
const byPreference = (reply: Json): ReadonlyArray<string> => {
  if (!allows(reply)) return reply === "deny_always" ? ["reject_always", "reject_once"] : ["reject_once", "reject_always"]
  return reply === "allow_always" ? ["allow_always", "allow_once"] : ["allow_once"]
}

/** The result of `session/request_permission`. Where the agent offers nothing of the sort it is that nobody chose, which permits nothing. */
export const permissionResult = (options: Json | undefined, reply: Json): Json => {
  const offered = listOf(options).map(fieldsOf)
  for (const kind of byPreference(reply)) {
    const optionId = offered.find((option) => option["kind"] === kind)?.["optionId"]
    if (typeof optionId === "string") return { outcome: { outcome: "selected", optionId } }
  }
  return cancelled
}

/** What a permission is asked for, as the call of a tool: `toolCall` in version 1; a call, a command or nothing in particular in version 2. */
export const subjectOf = (params: Fields, unnamed: string): Fields => {
  const subject = fieldsOf(params["subject"])
  const call = fieldsOf(params["toolCall"] ?? subject["toolCall"])
  if (Object.keys(call).length > 0) return call
  const toolCallId = textOf(subject["toolCallId"]) || unnamed
  if (subject["type"] !== "command") return { toolCallId, title: params["title"] ?? "", rawInput: subject }
  return { toolCallId, kind: "execute", rawInput: { command: subject["command"] ?? "", cwd: subject["cwd"] ?? "" } }
}

export const riskOf = (kind: string, input: Fields): Risk => riskOfKind(kind) ?? { risk_level: commandRisk(commandOf({ input })), scope: "execute" }

export const permissionEvent = (req_id: string, call_id: string, about: { readonly tool: string; readonly input: Fields }, risk: Risk): AgentEvent => ({
  kind: "cap.permission.request",
  req_id,
  ...(call_id === "" ? {} : { call_id }),
  tool: about.tool,
  intent: about.input,
  ...risk,
})
