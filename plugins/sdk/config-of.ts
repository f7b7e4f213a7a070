/** An Effect schema as a `ConfigSchema`. Apart from the rest of the kit, so that who needs no schema does not load the library. */
import type { Json } from "#ir"
import * as Schema from "effect/Schema"
import type { ConfigIssue, ConfigSchema } from "./config.ts"

const strict = { errors: "all", onExcessProperty: "error" } as const

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** What a JSON Schema document really is: plain JSON once members that are `undefined` are gone. */
const plain = (document: unknown): Json => JSON.parse(JSON.stringify(document))

/**
 * The schema of a plugin's configuration, from an Effect schema without asynchronous parts. Unknown keys are refused.
 * The JSON Schema is draft 2020-12, with its definitions under `$defs`.
 */
export const configOf = <Config, Encoded>(schema: Schema.Codec<Config, Encoded>): ConfigSchema<Config> => {
  const standard = Schema.toStandardSchemaV1(schema, { parseOptions: strict })["~standard"]
  const document = Schema.toJsonSchemaDocument(schema, { onExcessProperty: "error" })
  const properties = document.schema["properties"]
  return {
    keys: isObject(properties) ? Object.keys(properties) : [],
    jsonSchema: plain(
      Object.keys(document.definitions).length === 0 ? document.schema : { ...document.schema, $defs: document.definitions },
    ),
    decode: (value) => {
      const result = standard.validate(value)
      if (result instanceof Promise) return { ok: false, issues: [{ message: "the schema is asynchronous", path: [] }] }
      if (result.issues === undefined) return { ok: true, value: result.value }
      return { ok: false, issues: result.issues.map((issue): ConfigIssue => ({ message: issue.message, path: pathOf(issue.path) })) }
    },
  }
}

const pathOf = (path: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined): ReadonlyArray<string | number> =>
  (path ?? []).map((part) => {
    const key = typeof part === "object" ? part.key : part
    return typeof key === "number" ? key : String(key)
  })
