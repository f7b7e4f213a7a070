/**
 * A small configuration schema for a flat record of named fields. The built-in plugins use it:
 * `configOf` says far more, and takes far longer to load than everything else a short command does.
 */
import type { Json } from "#ir"
import type { ConfigIssue, ConfigSchema } from "./config.ts"

export interface FieldRule<T> {
  readonly expected: string
  readonly jsonSchema: Json
  readonly read: (value: unknown) => T | undefined
}

/** Text that says something. */
export const textField: FieldRule<string> = {
  expected: "text",
  jsonSchema: { type: "string", minLength: 1 },
  read: (value) => (typeof value === "string" && value !== "" ? value : undefined),
}

/** A program and its arguments. */
export const argvField: FieldRule<ReadonlyArray<string>> = {
  expected: "a list of texts: a program and its arguments",
  jsonSchema: { type: "array", items: { type: "string" }, minItems: 1 },
  read: (value) => {
    if (!Array.isArray(value)) return undefined
    const texts = value.filter((part): part is string => typeof part === "string")
    return texts.length === value.length && texts[0] !== undefined && texts[0] !== "" ? texts : undefined
  },
}

/** A record with exactly one field, which must be there. */
export const singleField = <Name extends string, T>(name: Name, rule: FieldRule<T>): ConfigSchema<T> => ({
  keys: [name],
  jsonSchema: { type: "object", properties: { [name]: rule.jsonSchema }, required: [name], additionalProperties: false },
  decode: (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return { ok: false, issues: [{ message: `expected a record with \`${name}\``, path: [] }] }
    }
    const entries: ReadonlyArray<readonly [string, unknown]> = Object.entries(value)
    const issues: Array<ConfigIssue> = entries
      .filter(([key]) => key !== name)
      .map(([key]) => ({ message: `unknown key; the only one is \`${name}\``, path: [key] }))
    const read = rule.read(entries.find(([key]) => key === name)?.[1])
    if (read === undefined) issues.push({ message: `expected ${rule.expected}`, path: [name] })
    return read === undefined || issues.length > 0 ? { ok: false, issues } : { ok: true, value: read }
  },
})
