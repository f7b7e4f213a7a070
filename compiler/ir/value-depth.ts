import { isList, isRecord } from "./equal.ts"
import type { Json } from "./model.ts"
import { nested } from "./verify-depth.ts"

/** Deeper values overflow the stack of whoever writes them down as JSON. */
export const maxValueDepth = 200

/** Measured without recursion. */
export const isTooDeep = (value: Json): boolean =>
  typeof value === "object" && nested<Json>(value, (inner) => (isList(inner) ? inner : isRecord(inner) ? Object.values(inner) : [])) > maxValueDepth
