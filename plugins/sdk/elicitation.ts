/** What somebody is asked for by a form (`elicitation/create` of MCP), as a question to a user, and replies as what the form wants. */
import type { Json } from "#ir"
import type { AgentEvent } from "./cap.ts"
import { formOf } from "./choice-form.ts"
import { fieldsOf, isFields, isList, listOf, textOf, type Fields } from "./json.ts"

const propertiesOf = (params: Fields): ReadonlyArray<readonly [string, Fields]> =>
  Object.entries(fieldsOf(fieldsOf(params["requestedSchema"])["properties"])).map(([name, schema]) => [name, fieldsOf(schema)])

const choicesOf = (schema: Fields): ReadonlyArray<{ readonly id: string; readonly label: string }> => {
  const items = schema["type"] === "array" ? fieldsOf(schema["items"]) : schema
  const titled = listOf(items["oneOf"] ?? items["anyOf"])
    .map(fieldsOf)
    .map((option) => ({ id: textOf(option["const"]), label: textOf(option["title"]) || textOf(option["const"]) }))
  return titled.length > 0 ? titled : listOf(items["enum"]).map((value) => ({ id: textOf(value), label: textOf(value) }))
}

/** The question of a form: MCP's, which ACP and Codex pass on. */
export const elicitationEvent = (req_id: string, params: Fields): AgentEvent => {
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
export const elicitationResult = (params: Fields, reply: Json): Json => {
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
