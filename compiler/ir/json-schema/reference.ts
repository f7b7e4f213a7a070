import { isList, isRecord } from "../equal.ts"
import type { Json } from "../model.ts"

/** What a `#/a/b` reference names in a schema; undefined when there is nothing, or it points elsewhere. */
export const lookUp = (root: Json, reference: string): Json | undefined => {
  if (reference !== "#" && !reference.startsWith("#/")) return undefined
  let at: Json | undefined = root
  for (const step of reference.slice(2).split("/")) {
    if (reference === "#") break
    const key = decode(step)
    if (key === undefined) return undefined
    at = isRecord(at) ? (Object.hasOwn(at, key) ? at[key] : undefined) : isList(at) && /^\d+$/.test(key) ? at[Number(key)] : undefined
  }
  return at
}

const decode = (step: string): string | undefined => {
  try {
    return decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~")
  } catch {
    return undefined
  }
}
