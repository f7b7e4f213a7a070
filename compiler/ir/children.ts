import type { Expr } from "./model.ts"

/** The expressions directly inside one. */
export const childrenOf = (expr: Expr): ReadonlyArray<Expr> => {
  switch (expr.op) {
    case "template":
      return expr.parts.filter((part) => typeof part !== "string")
    case "list":
      return expr.items
    case "record":
      return expr.entries.map((entry) => entry.value)
    case "member":
      return [expr.object]
    case "index":
      return [expr.object, expr.index]
    case "not":
    case "negate":
      return [expr.operand]
    case "binary":
      return [expr.left, expr.right]
    case "call":
      return expr.arguments
    default:
      return []
  }
}
