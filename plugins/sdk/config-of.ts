/**
 * Any configuration schema as a `ConfigSchema`. Apart from the rest of the kit, so that who needs no schema does not load the library.
 * A schema of another copy of `effect` must not be decoded by ours (it fails in silence): its own copy checks it.
 */
import type { Json } from "#ir"
import * as JsonSchema from "effect/JsonSchema"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaRepresentation from "effect/SchemaRepresentation"
import type { StandardSchemaV1 } from "effect/StandardSchema"
import type { ConfigIssue, ConfigSchema } from "./config.ts"

/** An Effect schema without asynchronous parts, anything with a `~standard` property, or a JSON Schema (draft 2020-12). */
export type ConfigInput<Config> = Schema.Codec<Config, unknown> | StandardSchemaV1<unknown, Config> | ConfigSchema<Config> | JsonSchemaObject

type JsonSchemaObject = { readonly type: "object"; readonly [key: string]: Json }

const strict = { errors: "all", onExcessProperty: "error" } as const

type Fields = { readonly [key: string]: unknown }

const isObject = (value: unknown): value is Fields => (typeof value === "object" || typeof value === "function") && value !== null && !Array.isArray(value)

/** What a JSON Schema document really is: plain JSON once members that are `undefined` are gone. */
const plain = (document: unknown): Json => JSON.parse(JSON.stringify(document))

/**
 * The schema of a plugin's configuration. Unknown keys are refused where the schema says so, which Effect schemas always do here.
 * The JSON Schema of an Effect schema is draft 2020-12, with its definitions under `$defs`.
 */
export const configOf = <Config>(schema: ConfigInput<Config>): ConfigSchema<Config> => {
  if (isConfigSchema(schema)) return schema
  if (isStandard(schema)) return ofStandard(schema, jsonSchemaOfStandard(schema))
  if (Schema.isSchema(schema)) {
    const codec = schema as Schema.Codec<Config, unknown>
    return root(codec.ast) === root(Schema.String.ast) ? ofEffect(codec) : ofForeign(codec)
  }
  if (!isObject(schema) || typeof schema === "function" || "ast" in schema || schema["type"] !== "object")
    throw new TypeError(
      'the config schema is none that is known: take Schema from fleetwright/plugin, or give a JSON Schema of type "object"; of effect 3 give Schema.standardSchemaV1(schema)',
    )
  const document = JsonSchema.fromSchemaDraft2020_12(schema as JsonSchema.JsonSchema)
  const imported = SchemaRepresentation.fromJsonSchemaDocument(document, { patterns: "apply" }) as Schema.Codec<Config, unknown>
  return { ...ofEffect(imported), jsonSchema: plain(schema), keys: keysOf(schema) }
}

/** The prototype that all nodes of one copy's schemas have in common. */
const root = (node: object): object => {
  const parent: unknown = Object.getPrototypeOf(node)
  return typeof parent !== "object" || parent === null || parent === Object.prototype ? node : root(parent)
}

const isConfigSchema = <Config>(schema: ConfigInput<Config>): schema is ConfigSchema<Config> =>
  isObject(schema) && typeof schema["decode"] === "function" && Array.isArray(schema["keys"])

const isStandard = <Config>(schema: ConfigInput<Config>): schema is StandardSchemaV1<unknown, Config> => isObject(schema) && isObject(schema["~standard"])

const ofEffect = <Config>(schema: Schema.Codec<Config, unknown>): ConfigSchema<Config> =>
  ofStandard(
    Schema.toStandardSchemaV1(schema as Schema.ConstraintDecoder<unknown>, { parseOptions: strict }) as StandardSchemaV1<unknown, Config>,
    documentOf(schema),
  )

const documentOf = (schema: Schema.Constraint): Json => {
  const document = Schema.toJsonSchemaDocument(schema, { onExcessProperty: "error" })
  return plain(Object.keys(document.definitions).length === 0 ? document.schema : { ...document.schema, $defs: document.definitions })
}

/** By the copy that made it. That offers `make`, which checks but does not decode: so nothing in the schema may need decoding. */
const ofForeign = <Config>(schema: Schema.Codec<Config, unknown>): ConfigSchema<Config> => {
  if (decodes(schema.ast, new Set())) {
    throw new TypeError(
      "the config schema comes from another copy of effect and transforms its input: give Schema.toStandardSchemaV1(schema), or take Schema from fleetwright/plugin",
    )
  }
  const jsonSchema = documentOf(schema)
  const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()
  const checker = schema as unknown as { readonly make: (value: unknown, options: { readonly parseOptions: typeof strict }) => Config }
  return {
    keys: keysOf(jsonSchema),
    jsonSchema,
    decode: (value) => {
      try {
        return { ok: true, value: checker.make(value, { parseOptions: strict }) }
      } catch (error) {
        const cause = error instanceof Error ? error.cause : undefined
        if (SchemaIssue.isIssue(cause)) return { ok: false, issues: (issuesOf(cause).issues ?? []).map(issueOf) }
        return { ok: false, issues: [{ message: error instanceof Error ? error.message : String(error), path: [] }] }
      }
    },
  }
}

/** Whether some node of a schema's tree has an encoding of its own. */
const decodes = (node: unknown, seen: Set<unknown>): boolean => {
  if (typeof node !== "object" || node === null || seen.has(node)) return false
  seen.add(node)
  if (!Array.isArray(node) && isObject(node) && "encoding" in node && node["encoding"] !== undefined) return true
  return Object.entries(node).some(([key, value]) => key !== "annotations" && decodes(value, seen))
}

/** Standard JSON Schema, where the library offers it. */
const jsonSchemaOfStandard = (schema: StandardSchemaV1<unknown, unknown>): Json => {
  const standard: unknown = schema["~standard"]
  const offered = isObject(standard) ? standard["jsonSchema"] : undefined
  if (!isObject(offered) || typeof offered["input"] !== "function") return {}
  try {
    return plain(offered["input"]({ target: "draft-2020-12" }))
  } catch {
    // the schema says things that JSON Schema cannot: its own check still holds
    return {}
  }
}

const keysOf = (jsonSchema: unknown): ReadonlyArray<string> => {
  const properties = isObject(jsonSchema) ? jsonSchema["properties"] : undefined
  return isObject(properties) ? Object.keys(properties) : []
}

const ofStandard = <Config>(schema: StandardSchemaV1<unknown, Config>, jsonSchema: Json): ConfigSchema<Config> => ({
  keys: keysOf(jsonSchema),
  jsonSchema,
  decode: (value) => {
    const result = schema["~standard"].validate(value)
    if (result instanceof Promise) return { ok: false, issues: [{ message: "the schema is asynchronous", path: [] }] }
    return result.issues === undefined ? { ok: true, value: result.value } : { ok: false, issues: result.issues.map(issueOf) }
  },
})

const issueOf = (issue: StandardSchemaV1.Issue): ConfigIssue => ({
  message: issue.message,
  path: (issue.path ?? []).map((part) => {
    const key = typeof part === "object" ? part.key : part
    return typeof key === "number" ? key : String(key)
  }),
})
