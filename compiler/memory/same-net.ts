/** Whether two fleets are one net: they differ in nothing but places in the file and words that are sent or shown. */
import type { Lowered } from "../lower/lower.ts"

export const isSameNet = (one: Lowered, other: Lowered): boolean =>
  isSame(one.sessions.map(withoutPlace), other.sessions.map(withoutPlace)) &&
  isSame(one.lets.map(withoutPlaceOfValue), other.lets.map(withoutPlaceOfValue)) &&
  isSame(one.rules, other.rules, words) &&
  asTheyAre.every((part) => isSame(one[part], other[part]))

const asTheyAre = ["inputs", "start", "plugins", "mode", "budget"] as const

const withoutPlace = ({ span: _span, ...rest }: Lowered["sessions"][number]): object => rest
const withoutPlaceOfValue = ({ name, value: { expr, type } }: Lowered["lets"][number]): object => ({ name, expr, type })

/** Of rules: where they stand; and prompts, notices, questions and reasons, which bounds and what can happen do not depend on. */
const words: ReadonlySet<string> = new Set(["span", "prompt", "text", "reason"])

const isSame = (one: unknown, other: unknown, ignored: ReadonlySet<string> = new Set()): boolean => {
  if (Object.is(one, other)) return true
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((item, at) => isSame(item, other[at], ignored))
  if (!isObject(one) || !isObject(other) || Array.isArray(one) !== Array.isArray(other)) return false
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length && keys.every((key) => Object.hasOwn(other, key) && (ignored.has(key) || isSame(one[key], other[key], ignored)))
  )
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } => typeof value === "object" && value !== null
