/** The functions of the language (language.md section 4), on values. Absent arguments give an absent result unless said otherwise. */
import { canonicalValue } from "./canonical.ts"
import { equalValues, isList, isRecord } from "./equal.ts"
import { computed, EvaluationFailure, spend, type Fuel } from "./failure.ts"
import type { FunctionName, Json } from "./model.ts"
import { printValue } from "./print.ts"
import { readJson } from "./read-json.ts"
import { isTooDeep } from "./value-depth.ts"

type Value = Json | undefined
type Implementation = (values: ReadonlyArray<Value>, fuel: Fuel) => Value

const kindOf = (value: Value): string =>
  value === null || value === undefined ? "nothing" : isList(value) ? "a list" : isRecord(value) ? "a record" : `a ${typeof value}`

const wrong = (name: FunctionName, wants: string, value: Value): never => {
  throw new EvaluationFailure(`${name} wants ${wants}, not ${kindOf(value)}`)
}

const text = (name: FunctionName, value: Value, fuel: Fuel): string => {
  if (typeof value !== "string") return wrong(name, "a text", value)
  spend(fuel, 1 + value.length / 16)
  return value
}

const list = (name: FunctionName, value: Value, fuel: Fuel): ReadonlyArray<Json> => {
  if (!isList(value)) return wrong(name, "a list", value)
  spend(fuel, 1 + value.length)
  return value
}

const number = (name: FunctionName, value: Value): number => (typeof value === "number" ? value : wrong(name, "a number", value))

const compare = (a: Json, b: Json): number => {
  if (typeof a === "number" && typeof b === "number") return a - b
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0
  throw new EvaluationFailure(`${kindOf(a)} and ${kindOf(b)} have no order`)
}

/** `min` and `max` take one list or several values. */
const extreme =
  (name: "min" | "max"): Implementation =>
  (values, fuel) => {
    const all = values.length === 1 && isList(values[0]) ? list(name, values[0], fuel) : values.map((value) => value ?? null)
    const sign = name === "min" ? 1 : -1
    return all.reduce<Value>((best, value) => (best === undefined || sign * compare(value, best) < 0 ? value : best), undefined)
  }

const onText =
  (name: FunctionName, change: (source: string) => Json): Implementation =>
  ([value], fuel) =>
    change(text(name, value, fuel))

const onTexts =
  (name: FunctionName, test: (source: string, part: string) => Json): Implementation =>
  ([value, part], fuel) =>
    test(text(name, value, fuel), text(name, part, fuel))

const pieces = (parts: ReadonlyArray<string>, fuel: Fuel): ReadonlyArray<string> => {
  spend(fuel, parts.length)
  return parts
}

const unique: Implementation = ([value], fuel) => {
  const seen = new Set<string>()
  return list("unique", value, fuel).filter((item) => {
    const key = canonicalValue(item)
    spend(fuel, 1 + key.length / 16)
    return !seen.has(key) && seen.add(key)
  })
}

/** What is nested deeper than values may be is absent too. */
const parsed = (source: string): Value => {
  const value = readJson(source)
  return value === undefined || isTooDeep(value) ? undefined : value
}

const total = (items: ReadonlyArray<Json>): number => {
  const result = items.reduce<number>((sum, item) => sum + number("sum", item), 0)
  return computed(result, items.every(Number.isSafeInteger))
}

const rounded = (value: number, digits: number): number => {
  if (!Number.isInteger(digits) || digits < 0 || digits > 15) throw new EvaluationFailure("round wants between 0 and 15 digits")
  if (Number.isInteger(value)) return value
  const size = 10 ** digits
  const scaled = Math.round(Math.abs(value) * size) / size
  return Number.isFinite(scaled) ? Math.sign(value) * scaled + 0 : value
}

const length: Implementation = ([value]) => {
  if (typeof value === "string" || isList(value)) return value.length
  return isRecord(value) ? Object.keys(value).length : wrong("len", "a text, a list or a record", value)
}

const record = (name: FunctionName, value: Value, fuel: Fuel): ReadonlyArray<readonly [string, Json]> => {
  if (!isRecord(value)) return wrong(name, "a record", value)
  const entries = Object.entries(value)
  spend(fuel, 1 + entries.length)
  return entries.sort(([a], [b]) => (a < b ? -1 : 1))
}

const contains: Implementation = ([whole, part], fuel) =>
  isList(whole)
    ? list("contains", whole, fuel).some((item) => equalValues(item, part, fuel))
    : text("contains", whole, fuel).includes(text("contains", part, fuel))

const implementations: { readonly [name in FunctionName]: Implementation } = {
  len: length,
  lower: onText("lower", (source) => source.toLowerCase()),
  upper: onText("upper", (source) => source.toUpperCase()),
  trim: onText("trim", (source) => source.trim()),
  contains,
  starts_with: onTexts("starts_with", (source, part) => source.startsWith(part)),
  ends_with: onTexts("ends_with", (source, part) => source.endsWith(part)),
  split: ([source, separator], fuel) => pieces(text("split", source, fuel).split(text("split", separator, fuel)), fuel),
  join: ([items, separator], fuel) =>
    list("join", items, fuel)
      .map((item) => printValue(item))
      .join(separator === undefined ? "" : text("join", separator, fuel)),
  lines: ([source], fuel) => {
    const whole = text("lines", source, fuel)
    return whole === "" ? [] : pieces(whole.replace(/\r?\n$/, "").split(/\r?\n/), fuel)
  },
  first: ([items], fuel) => list("first", items, fuel)[0],
  last: ([items], fuel) => list("last", items, fuel).at(-1),
  min: extreme("min"),
  max: extreme("max"),
  sum: ([items], fuel) => total(list("sum", items, fuel)),
  sort: ([items], fuel) => {
    const all = list("sort", items, fuel)
    spend(fuel, all.length * 16)
    return all.toSorted(compare)
  },
  unique,
  keys: ([value], fuel) => record("keys", value, fuel).map(([key]) => key),
  values: ([value], fuel) => record("values", value, fuel).map(([, field]) => field),
  json: ([value]) => canonicalValue(value ?? null),
  from_json: ([source], fuel) => parsed(text("from_json", source, fuel)),
  round: ([value, digits], fuel) => {
    spend(fuel, 1)
    return rounded(number("round", value), digits === undefined ? 0 : number("round", digits))
  },
  default: ([value, fallback]) => value ?? fallback,
}

/** Throws an `EvaluationFailure` for arguments of the wrong type. */
export const callFunction = (name: FunctionName, values: ReadonlyArray<Value>, fuel: Fuel): Value => {
  if (name !== "default" && name !== "json" && (values[0] ?? null) === null) return undefined
  const result = implementations[name](values, fuel)
  if (typeof result === "string") spend(fuel, result.length / 16)
  return result
}
