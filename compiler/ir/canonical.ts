/** The one spelling of a JSON value: keys sorted by UTF-16 units, no white space, one trailing newline. */
import type { Json } from "./model.ts"

const write = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value)
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null"
  let text = ""
  if (Array.isArray(value)) {
    for (const item of value as ReadonlyArray<unknown>) text += `${text === "" ? "" : ","}${write(item ?? null)}`
    return `[${text}]`
  }
  // the order of `sort` without a function is that of UTF-16 units
  for (const key of Object.keys(value).sort()) {
    const field = (value as { readonly [key: string]: unknown })[key]
    if (field !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${write(field)}`
  }
  return `{${text}}`
}

/** Canonical text without the trailing newline: a key for comparing values. */
export const canonicalValue = (value: Json): string => write(value)

/** The bytes a document is stored and hashed as. Accepts any JSON-shaped value; fields that are `undefined` are left out. */
export const canonicalJson = (value: unknown): string => `${write(value)}\n`
