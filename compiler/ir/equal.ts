/** Equality of values in the language: by structure; absent equals null. */
import { spend, type Fuel } from "./failure.ts"
import type { Json } from "./model.ts"

export const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

export const isRecord = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const equalValues = (a: Json | undefined, b: Json | undefined, fuel: Fuel): boolean => {
  spend(fuel, 1)
  if (a === undefined || a === null || b === undefined || b === null) return (a ?? null) === (b ?? null)
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, index) => equalValues(item, b[index], fuel))
  if (isRecord(a)) {
    if (!isRecord(b)) return false
    const keys = Object.keys(a)
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equalValues(a[key], b[key], fuel))
  }
  return a === b
}
