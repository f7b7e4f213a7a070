/** Depth of trees, measured without recursion, before anything recurses over them. */
import type { Expr } from "./model.ts"

export const maxExpressionDepth = 1000

/** Levels of the tree under `root`, 1 for a leaf. */
export const nested = <N>(root: N, children: (node: N) => ReadonlyArray<N>): number => {
  let level: ReadonlyArray<N> = [root]
  let depth = 0
  for (; level.length > 0; depth++) level = level.flatMap(children)
  return depth
}

export const expressionDepth = (expr: Expr): number => nested(expr, childrenOf)

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
