/**
 * JSON Schema as a type, as far as the two agree. What has no counterpart (patterns, `anyOf`, …) becomes `json` for the checker; the
 * schema itself is kept, and an output has to fit the type and all of the schema (`ir/json-schema/`). So a type here never refuses
 * what its schema allows.
 */
import type { Span } from "../diagnostics/index.ts"
import { annotations, operands, types } from "../ir/json-schema/keywords.ts"
import { lookUp } from "../ir/json-schema/reference.ts"
import type { Json } from "../ir/model.ts"
import type { MapNode, YamlNode } from "../source/model.ts"
import type { RecordType, TypeAst } from "./ast.ts"

type Schema = { readonly [key: string]: unknown }

/** Words of JSON Schema that cannot be checked; they still mark a map as a schema, which is then refused for them. */
const otherWords = [
  "$anchor",
  "$dynamicRef",
  "$dynamicAnchor",
  "$vocabulary",
  "dependentSchemas",
  "unevaluatedItems",
  "unevaluatedProperties",
  "contentEncoding",
  "contentMediaType",
  "contentSchema",
]
const schemaWords = new Set([...annotations, ...Object.keys(operands), ...otherWords])

const saysType = (node: YamlNode): boolean =>
  node.kind === "list"
    ? node.items.length > 0 && node.items.every(saysType)
    : node.kind === "null"
      ? node.text === "null"
      : node.kind === "scalar" && types.has(node.text)

/** A record with a field called `type` is no schema: a schema's keys are all words of JSON Schema, or its `type` is one that the shorthand has not. */
export const isSchema = (node: MapNode): boolean => {
  const has = (name: string): boolean => node.entries.some((entry) => entry.name === name)
  if (has("$schema") || has("$ref")) return true
  const type = node.entries.find((entry) => entry.name === "type")
  if (type?.value.kind === "scalar" && (type.value.text === "object" || type.value.text === "array")) return true
  return type !== undefined && saysType(type.value) && node.entries.every((entry) => schemaWords.has(entry.name))
}

/** The plain JSON value of a YAML tree; undefined when it has more than `limit` parts (aliases can multiply). */
export const plainValue = (node: YamlNode, limit: number): unknown => {
  const budget = { left: limit }
  const value = plain(node, budget)
  return budget.left < 0 ? undefined : value
}

const plain = (node: YamlNode, budget: { left: number }): unknown => {
  if (--budget.left < 0) return undefined
  switch (node.kind) {
    case "scalar":
      return node.value
    case "null":
      return null
    case "list":
      return node.items.map((item) => plain(item, budget))
    case "map":
      return Object.fromEntries(node.entries.map((entry) => [entry.name, plain(entry.value, budget)]))
  }
}

/** The type a JSON Schema amounts to, every part at `span`; undefined for one that stands in another file. */
export const typeOfSchema = (schema: Schema, span: Span): TypeAst | undefined => {
  const reference = schema["$ref"]
  if (typeof reference === "string" && !reference.startsWith("#")) return undefined
  return convert(schema, { root: schema, span, open: new Set(), left: 10_000 }, 0)
}

interface Conversion {
  readonly root: Schema
  readonly span: Span
  /** references being followed: a recursive schema has no finite type */
  readonly open: Set<string>
  /** references can multiply: parts that may still be made */
  left: number
}

const isObject = (value: unknown): value is Schema => typeof value === "object" && value !== null && !Array.isArray(value)

const convert = (schema: unknown, context: Conversion, depth: number): TypeAst => {
  const { span } = context
  const named = (text: string): TypeAst => ({ kind: "named", name: { text, span }, span })
  if (!isObject(schema) || depth > 64 || --context.left < 0) return named("json")
  const reference = schema["$ref"]
  if (typeof reference === "string") {
    const target = lookUp(context.root as Json, reference)
    if (target === undefined || context.open.has(reference)) return named("json")
    context.open.add(reference)
    const type = convert(target, context, depth + 1)
    context.open.delete(reference)
    return type
  }
  const values = Array.isArray(schema["enum"]) ? schema["enum"] : "const" in schema ? [schema["const"]] : undefined
  if (values !== undefined && values.length > 0 && values.every((value) => typeof value === "string")) {
    return { kind: "enum", values: [...new Set(values)].map((text) => ({ text, span })), span }
  }
  const type: unknown = schema["type"]
  if (Array.isArray(type)) {
    const others = type.filter((word) => word !== "null")
    if (others.length !== 1) return named("json")
    const inner = convert({ ...schema, type: others[0] }, context, depth + 1)
    return others.length === type.length ? inner : { kind: "maybe", type: inner, span }
  }
  if (type === "array") {
    const item = "prefixItems" in schema ? named("json") : convert(schema["items"], context, depth + 1)
    return { kind: "list", item, span }
  }
  if (type === "object") return record(schema, context, depth)
  return named(typeof type === "string" && types.has(type) ? type : "json")
}

const record = (schema: Schema, context: Conversion, depth: number): TypeAst => {
  const { span } = context
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : [])
  const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : []
  const fields = properties.map(([text, property]): RecordType["fields"][number] => {
    const type = convert(property, context, depth + 1)
    const optional = !required.has(text)
    return type.kind === "maybe" && optional ? { name: { text, span }, type: type.type, optional } : { name: { text, span }, type, optional }
  })
  return { kind: "record", fields, open: schema["additionalProperties"] !== false || "patternProperties" in schema, span }
}
