/** Whether a JSON Schema is one that OpenAI's services take for an answer: every record closed, and every field of it required. */
import type { Json } from "#ir"
import { fieldsOf, isFields, isList, listOf, textOf } from "#sdk"

export const isStrictSchema = (schema: Json): boolean => isFields(schema) && schema["type"] === "object" && isStrict(schema)

const isStrict = (schema: Json): boolean => {
  if (!isFields(schema)) return false
  const properties = fieldsOf(schema["properties"])
  const names = Object.keys(properties)
  const required = listOf(schema["required"]).map(textOf)
  if ((schema["type"] === "object" || names.length > 0) && (schema["additionalProperties"] !== false || names.some((name) => !required.includes(name))))
    return false
  const parts = [
    ...Object.values(properties),
    ...Object.values(fieldsOf(schema["$defs"])),
    ...listOf(schema["anyOf"]),
    ...(schema["items"] === undefined ? [] : [schema["items"]]),
  ]
  return ["allOf", "oneOf", "not", "if", "patternProperties"].every((key) => schema[key] === undefined) && !isList(schema["items"]) && parts.every(isStrict)
}
