import type { Json } from "./model.ts"

/** JSON that others wrote. Absent for what is none, and for a number that no JSON can give back (`1e999`). */
export const readJson = (text: string): Json | undefined => {
  try {
    return JSON.parse(text, finite) as Json
  } catch {
    return undefined
  }
}

const finite = (_: string, value: unknown): unknown => {
  if (typeof value === "number" && !Number.isFinite(value)) throw new RangeError("no JSON has this number")
  return value
}
