import type { Expr, Json } from "../ir/index.ts"

/** The value of an expression that says it outright; undefined where it depends on the run. */
export const constantOf = (expr: Expr): Json | undefined => {
  switch (expr.op) {
    case "literal":
      return expr.value
    case "negate": {
      const value = constantOf(expr.operand)
      return typeof value === "number" ? -value : undefined
    }
    case "list": {
      const items = expr.items.map(constantOf)
      return items.every((item) => item !== undefined) ? items : undefined
    }
    case "record": {
      const entries = expr.entries.map(({ key, value }) => [key, constantOf(value)] as const)
      return entries.every((entry): entry is readonly [string, Json] => entry[1] !== undefined) ? Object.fromEntries(entries) : undefined
    }
    default:
      return undefined
  }
}
