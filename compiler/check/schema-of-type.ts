/** A declared type as one JSON Schema, where a part of it is written as one: what the shorthand cannot say must not get lost. */
import { isList, isRecord } from "../ir/equal.ts"
import type { Json } from "../ir/model.ts"
import type { TypeAst } from "../routes/index.ts"

/** Undefined for a type that is all shorthand: then the type says everything. */
export const schemaOfType = (type: TypeAst): Json | undefined => (holdsSchema(type) ? schemaOf(type, "#") : undefined)

const holdsSchema = (type: TypeAst): boolean => {
  switch (type.kind) {
    case "schema":
      return true
    case "list":
      return holdsSchema(type.item)
    case "maybe":
      return holdsSchema(type.type)
    case "record":
      return type.fields.some((field) => holdsSchema(field.type))
    default:
      return false
  }
}

const named: { readonly [name: string]: Json } = {
  json: true,
  duration: { type: "number", minimum: 0, description: "milliseconds" },
  money: { type: "number", description: "US dollars" },
}

const orNull = (schema: Json): Json => ({ anyOf: [schema, { type: "null" }] })

/** `at` is the place of the schema in the whole, to which references inside it are turned. */
const schemaOf = (type: TypeAst, at: string): Json => {
  switch (type.kind) {
    case "named":
      return named[type.name.text] ?? { type: type.name.text }
    case "enum":
      return { enum: type.values.map((value) => value.text) }
    case "list":
      return { type: "array", items: schemaOf(type.item, `${at}/items`) }
    case "maybe":
      return orNull(schemaOf(type.type, `${at}/anyOf/0`))
    case "record": {
      const properties = type.fields.map(({ name, type: inner, optional }) => {
        const place = `${at}/properties/${encodeURIComponent(name.text.replaceAll("~", "~0").replaceAll("/", "~1"))}`
        return [name.text, optional ? orNull(schemaOf(inner, `${place}/anyOf/0`)) : schemaOf(inner, place)] as const
      })
      const required = type.fields.filter((field) => !field.optional).map((field) => field.name.text)
      return { type: "object", properties: Object.fromEntries(properties), required, additionalProperties: type.open }
    }
    case "schema":
      return moved(type.schema as Json, at)
  }
}

/** Keywords whose values are data, not schemas. */
const data = new Set(["const", "enum", "default", "examples"])

/** The schema with its references turned to where it stands now. */
export const moved = (schema: Json, at: string): Json => {
  if (at === "#") return schema
  if (isList(schema)) return schema.map((item) => moved(item, at))
  if (!isRecord(schema)) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key === "$ref" && typeof value === "string" && value.startsWith("#")) return [key, at + value.slice(1)]
      return [key, data.has(key) ? value : moved(value, at)]
    }),
  )
}
