const nothing: ReadonlySet<string> = new Set()

/** Whether two plain values are the same but for what stands under the keys `ignored`, at any depth. */
export const isSame = (one: unknown, other: unknown, ignored: ReadonlySet<string> = nothing): boolean => {
  if (Object.is(one, other)) return true
  if (!isObject(one) || !isObject(other)) return false
  if (Array.isArray(one) || Array.isArray(other)) return Array.isArray(one) && Array.isArray(other) && isSameList(one, other, ignored)
  let left = Object.keys(other).length
  for (const key in one) {
    if (!Object.hasOwn(other, key) || (!ignored.has(key) && !isSame(one[key], other[key], ignored))) return false
    left--
  }
  return left === 0
}

const isSameList = (one: ReadonlyArray<unknown>, other: ReadonlyArray<unknown>, ignored: ReadonlySet<string>): boolean => {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at++) if (!isSame(one[at], other[at], ignored)) return false
  return true
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } => typeof value === "object" && value !== null
