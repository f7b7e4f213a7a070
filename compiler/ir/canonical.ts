/** The one spelling of a JSON value: keys sorted by UTF-16 units, no white space, one trailing newline. */
import type { Json } from "./model.ts"

const write = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item: unknown) => write(item ?? null)).join(",")}]`
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined)
    fields.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${write(field)}`).join(",")}}`
  }
  return JSON.stringify(value) ?? "null"
}

/** Canonical text without the trailing newline: a key for comparing values. */
export const canonicalValue = (value: Json): string => write(value)

/** The bytes a document is stored and hashed as. Accepts any JSON-shaped value; fields that are `undefined` are left out. */
export const canonicalJson = (value: unknown): string => `${write(value)}\n`
