/** What an ACP agent asks of its user, as our requests, and our replies as its results. */
import type { Json } from "#ir"
import { commandOf, commandRisk, fieldsOf, formOf, isFields, isList, listOf, textOf } from "#sdk"
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

const propertiesOf = (params: Fields): ReadonlyArray<readonly [string, Fields]> =>
  Object.entries(fieldsOf(fieldsOf(params["requestedSchema"])["properties"])).map(([name, schema]) => [name, fieldsOf(schema)])

const choicesOf = (schema: Fields): ReadonlyArray<{ readonly id: string; readonly label: string }> => {
  const items = schema["type"] === "array" ? fieldsOf(schema["items"]) : schema
  const titled = listOf(items["oneOf"] ?? items["anyOf"])
    .map(fieldsOf)
    .map((option) => ({ id: textOf(option["const"]), label: textOf(option["title"]) || textOf(option["const"]) }))
  return titled.length > 0 ? titled : listOf(items["enum"]).map((value) => ({ id: textOf(value), label: textOf(value) }))
}

/** `elicitation/create` with a form; nothing for the other modes, which want a browser. */
export const questionEvent = (req_id: string, params: Fields): AgentEvent | undefined => {
  if (params["mode"] !== "form") return undefined
  const properties = propertiesOf(params)
  const [first] = properties
  const options = properties.length === 1 && first !== undefined ? choicesOf(first[1]) : []
  const asked = properties.map(([name, schema]) => textOf(schema["description"]) || textOf(schema["title"]) || name)
  return {
    kind: "cap.ask_user",
    ask_id: req_id,
    prompt: [textOf(params["message"]), ...(properties.length > 1 ? asked : [])].filter((line) => line !== "").join("\n"),
    ...formOf(options),
    ...(properties.length > 1 ? { form: params["requestedSchema"] ?? {} } : {}),
  }
}

const valueFor = (schema: Fields, reply: Json): Json => {
  const text = typeof reply === "string" ? reply : JSON.stringify(reply)
  const chosen = choicesOf(schema).find(({ id, label }) => id === text || label === text)?.id
  switch (schema["type"]) {
    case "number":
    case "integer":
      return Number.isFinite(Number(text)) && text.trim() !== "" ? Number(text) : reply
    case "boolean":
      return typeof reply === "string" ? /^(?:y|yes|true|allow.*)$/iu.test(reply) : reply
    case "array":
      return isList(reply) ? reply : [chosen ?? reply]
    default:
      return typeof reply === "string" ? (chosen ?? reply) : text
  }
}

/** One reply answers every field; a record by name, or a list in order, answers each. No reply (`null`) declines. */
export const questionResult = (params: Fields, reply: Json): Json => {
  if (reply === null) return { action: "decline" }
  const properties = propertiesOf(params)
  const given = (name: string, index: number): Json | undefined =>
    isFields(reply) ? reply[name] : isList(reply) && properties.length > 1 ? reply[index] : reply
  const content = properties.flatMap(([name, schema], index) => {
    const value = given(name, index)
    return value === undefined || value === null ? [] : [[name, valueFor(schema, value)] as const]
  })
  return { action: "accept", content: Object.fromEntries(content) }
}
