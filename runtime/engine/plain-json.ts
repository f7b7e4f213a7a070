/**
 * What somebody else's code made, as JSON of our own: a copy without fields that are undefined. What is decided with is then what the journal
 * holds and what a replay reads, whoever keeps hold of the original.
 */
import type { Json } from "#ir"

/** Nobody nests this deep in earnest, and what walks over it later must not run out of stack. */
const deepest = 500
/** Nor is one value this large; one that holds itself has no end at all. */
const mostParts = 5_000_000

/** Undefined for what is no JSON: NaN and infinities, functions, bigints, gaps in lists, what writes itself in its own way, what is endless. */
export const plainJson = (value: unknown): Json | undefined => copyOf(value, { parts: mostParts }, 0)

const copyOf = (value: unknown, left: { parts: number }, depth: number): Json | undefined => {
  left.parts -= 1
  if (left.parts < 0) return undefined
  switch (typeof value) {
    case "string":
    case "boolean":
      return value
    case "number":
      // there is no -0 in what is written
      return Number.isFinite(value) ? value + 0 : undefined
    case "object":
      if (value === null) return null
      if (depth > deepest || ("toJSON" in value && typeof value.toJSON === "function")) return undefined
      return Array.isArray(value) ? listOf(value, left, depth + 1) : recordOf(value, left, depth + 1)
    default:
      return undefined
  }
}

const listOf = (list: ReadonlyArray<unknown>, left: { parts: number }, depth: number): Json | undefined => {
  const copy: Array<Json> = []
  for (const part of list) {
    const plain = copyOf(part, left, depth)
    if (plain === undefined) return undefined
    copy.push(plain)
  }
  return copy
}

const recordOf = (record: object, left: { parts: number }, depth: number): Json | undefined => {
  const copy: { [key: string]: Json } = {}
  for (const [key, part] of Object.entries(record)) {
    if (part === undefined) continue
    const plain = copyOf(part, left, depth)
    if (plain === undefined) return undefined
    // an own field of this name, as JSON has it
    if (key === "__proto__") Object.defineProperty(copy, key, { value: plain, enumerable: true, configurable: true, writable: true })
    else copy[key] = plain
  }
  return copy
}
