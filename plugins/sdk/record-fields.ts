/** The configuration schema of a record whose fields may all be left out, and rules for more kinds of field. */
import type { ConfigIssue, ConfigSchema } from "./config.ts"
import type { FieldRule } from "./fields.ts"

type Rules<T> = { readonly [K in keyof T]: FieldRule<T[K]> }

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } => typeof value === "object" && value !== null && !Array.isArray(value)

/** Texts, in order; an empty list too. */
export const textsField: FieldRule<ReadonlyArray<string>> = {
  expected: "a list of texts",
  jsonSchema: { type: "array", items: { type: "string" } },
  read: (value) => {
    if (!Array.isArray(value)) return undefined
    const texts = value.filter((part): part is string => typeof part === "string")
    return texts.length === value.length ? texts : undefined
  },
}

/** One of these words. */
export const choiceField = <T extends string>(...choices: ReadonlyArray<T>): FieldRule<T> => ({
  expected: `one of ${choices.join(", ")}`,
  jsonSchema: { type: "string", enum: choices },
  read: (value) => choices.find((choice) => choice === value),
})

const units: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A length of time such as `90s` or `1h30m`, read as milliseconds. */
export const durationField: FieldRule<number> = {
  expected: "a length of time such as 90s or 10m",
  jsonSchema: { type: "string", pattern: "^(\\d+(\\.\\d+)?(ms|s|m|h))+$" },
  read: (value) => {
    if (typeof value !== "string" || !/^(\d+(\.\d+)?(ms|s|m|h))+$/u.test(value)) return undefined
    const ms = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/gu)].reduce((sum, [, figure, unit]) => sum + Number(figure) * (units[unit ?? ""] ?? 0), 0)
    return ms > 0 ? ms : undefined
  },
}

/** Unknown keys are refused. No configuration at all is an empty record. */
export const optionalFields = <T extends { readonly [key: string]: unknown }>(rules: Rules<T>): ConfigSchema<Partial<T>> => {
  const names = Object.keys(rules)
  return {
    keys: names,
    jsonSchema: {
      type: "object",
      properties: Object.fromEntries(names.map((name) => [name, rules[name]?.jsonSchema ?? {}])),
      additionalProperties: false,
    },
    decode: (value) => {
      const record = value ?? {}
      if (!isRecord(record)) return { ok: false, issues: [{ message: "expected a record", path: [] }] }
      const issues: Array<ConfigIssue> = Object.keys(record)
        .filter((key) => !names.includes(key))
        .map((key) => ({ message: `unknown key; expected one of ${names.join(", ")}`, path: [key] }))
      const result: { -readonly [K in keyof T]?: T[K] } = {}
      for (const name in rules) {
        if (!Object.hasOwn(record, name)) continue
        const read = rules[name].read(record[name])
        if (read === undefined) issues.push({ message: `expected ${rules[name].expected}`, path: [name] })
        else result[name] = read
      }
      return issues.length > 0 ? { ok: false, issues } : { ok: true, value: result }
    },
  }
}
