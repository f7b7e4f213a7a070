/** Values of inputs given as text, as in `--input name=text`. */
import { accepts, type ValueProblem } from "./accepts.ts"
import { isList, isRecord } from "./equal.ts"
import type { Json, Type } from "./model.ts"
import { readJson } from "./read-json.ts"
import { definite, printType } from "./type.ts"

export type ParsedInput = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly problems: ReadonlyArray<ValueProblem> }

const units: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Texts and enums are taken as they are, durations as `5m`, money as `$1.50` or `1.50`, everything else as JSON. */
export const parseInput = (type: Type, text: string): ParsedInput => {
  const read = readText(definite(type), type.kind === "maybe", text)
  if (read === undefined) return { ok: false, problems: [{ path: "", message: `expected ${printType(type)}, found ${JSON.stringify(text.slice(0, 60))}` }] }
  const problems = accepts(type, read)
  return problems.length === 0 ? { ok: true, value: read } : { ok: false, problems }
}

/** What `parseInput` reads as this value. */
export const printInput = (type: Type, value: Json): string => {
  const { kind } = definite(type)
  if (kind === "duration" && typeof value === "number") return `${value}ms`
  return typeof value === "string" && kind !== "json" ? value : JSON.stringify(value)
}

const readText = (type: Type, optional: boolean, text: string): Json | undefined => {
  if (optional && text === "null") return null
  switch (type.kind) {
    case "string":
    case "enum":
      return text
    case "duration": {
      const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
      return amount === undefined || unit === undefined ? undefined : Math.round(Number(amount) * (units[unit] ?? 1))
    }
    case "money": {
      const amount = /^\$?(-?\d+(?:\.\d+)?)$/.exec(text)?.[1]
      return amount === undefined ? undefined : Number(amount)
    }
    case "json": {
      const value = readJson(text)
      return value === undefined ? text : value
    }
    default:
      return readJson(text)
  }
}

/** A value as a fleet file writes it: durations and money as the language writes them, wherever the type has them. What does not fit stays. */
export const readWritten = (type: Type, value: Json): Json => {
  switch (type.kind) {
    case "maybe":
      return value === null ? value : readWritten(type.type, value)
    case "duration":
    case "money":
      return typeof value === "string" ? (readText(type, false, value) ?? value) : value
    case "list":
      return isList(value) ? value.map((item) => readWritten(type.item, item)) : value
    case "record":
      return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, readField(type.fields, name, each)])) : value
    default:
      return value
  }
}

const readField = (fields: { readonly [name: string]: { readonly type: Type } }, name: string, value: Json): Json => {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined
  return field === undefined ? value : readWritten(field.type, value)
}
