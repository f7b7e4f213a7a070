/** Redaction: a pack's JSON Patch on what stands at a boundary. All of it applies or none of it. */
import * as JsonPatch from "effect/JsonPatch"
import type { Json } from "#ir"
import type { PolicyPayload } from "#sdk"

const mostOperations = 10_000

type Fields = { readonly [key: string]: unknown }

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)
const isPayload = (value: Json): value is PolicyPayload => isFields(value)

const readOperation = (value: unknown): JsonPatch.JsonPatchOperation | undefined => {
  if (!isFields(value)) return undefined
  const { op, path, value: given } = value
  if (typeof path !== "string" || path === "") return undefined
  if (op === "remove") return { op, path }
  return (op === "add" || op === "replace") && given !== undefined ? { op, path, value: plain(given) } : undefined
}

/** Throws for what is no JSON. */
const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value))

/** Undefined when there is no patch, when it is none, or when some part of it does not apply: whoever asked for a redaction must not get less. */
export const redact = (payload: PolicyPayload, patches: unknown): PolicyPayload | undefined => {
  try {
    if (!Array.isArray(patches) || patches.length === 0 || patches.length > mostOperations) return undefined
    const operations = patches.map(readOperation).filter((operation) => operation !== undefined)
    if (operations.length < patches.length) return undefined
    const patched = JsonPatch.apply(operations, payload)
    return isPayload(patched) ? patched : undefined
  } catch {
    // it does not apply
    return undefined
  }
}
