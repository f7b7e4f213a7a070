import type { Expr } from "../ir/index.ts"

/** The parts that an expression has directly under it. */
export const childrenOf = (expr: Expr): ReadonlyArray<Expr> => {
  switch (expr.op) {
    case "template":
      return expr.parts.filter((part) => typeof part !== "string")
    case "list":
      return expr.items
    case "record":
      return expr.entries.map(({ value }) => value)
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

/** An expression and everything inside it, each before what it consists of. */
export const partsOf = (expr: Expr): ReadonlyArray<Expr> => {
  const parts: Array<Expr> = []
  const visit = (part: Expr): void => {
    parts.push(part)
    childrenOf(part).forEach(visit)
  }
  visit(expr)
  return parts
}
