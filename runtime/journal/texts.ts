/** Large texts are stored once: in a record stands the hash of each, `{"$text": hash}`. */
import type { Json } from "#ir"
import { textHash } from "./chain.ts"

/** UTF-16 units from which a text is stored apart. */
const large = 2048

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } => typeof value === "object" && value !== null && !Array.isArray(value)

/** A record of the data that looks like one of ours is wrapped, so that it comes back as it was. */
const marks = (value: { readonly [key: string]: unknown }): boolean => Object.hasOwn(value, "$text") || Object.hasOwn(value, "$data")

/** JSON of `value`, its large texts handed to `keep`. */
export const writeJson = (value: unknown, keep: (hash: string, text: string) => void): string => {
  const plain = JSON.stringify(value)
  if (plain.length < large && !plain.includes('"$')) return plain
  const walk = (part: unknown): unknown => {
    if (typeof part === "string" && part.length >= large) {
      const hash = textHash(part)
      keep(hash, part)
      return { $text: hash }
    }
    if (Array.isArray(part)) return part.map(walk)
    if (!isRecord(part)) return part
    const fields = Object.fromEntries(Object.entries(part).map(([key, field]) => [key, walk(field)]))
    return marks(part) ? { $data: fields } : fields
  }
  return JSON.stringify(walk(value))
}

/** The value again. `find` throws when there is no such text. */
export const readJson = (json: string, find: (hash: string) => string): unknown => {
  const value: unknown = JSON.parse(json)
  if (!json.includes('"$')) return value
  const walk = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(walk)
    if (!isRecord(part)) return part
    if (typeof part["$text"] === "string") return find(part["$text"])
    const fields = isRecord(part["$data"]) ? part["$data"] : part
    return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, walk(field)]))
  }
  return walk(value)
}

/** Hashes of the texts that a stored record refers to. */
export const textsOf = (json: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  if (json.includes('"$text"'))
    readJson(json, (hash) => {
      found.push(hash)
      return ""
    })
  return found
}

/** JSON values as such: what `JSON.parse` gives is nothing else. */
export const parseJson = (text: string): Json => JSON.parse(text)
