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

/** The expression with each of those that are directly inside it replaced. */
export const mapChildren = (expr: Expr, change: (child: Expr) => Expr): Expr => {
  switch (expr.op) {
    case "template":
      return { ...expr, parts: expr.parts.map((part) => (typeof part === "string" ? part : change(part))) }
    case "list":
      return { ...expr, items: expr.items.map(change) }
    case "record":
      return { ...expr, entries: expr.entries.map((entry) => ({ key: entry.key, value: change(entry.value) })) }
    case "member":
      return { ...expr, object: change(expr.object) }
    case "index":
      return { ...expr, object: change(expr.object), index: change(expr.index) }
    case "not":
    case "negate":
      return { ...expr, operand: change(expr.operand) }
    case "binary":
      return { ...expr, left: change(expr.left), right: change(expr.right) }
    case "call":
      return { ...expr, arguments: expr.arguments.map(change) }
    default:
      return expr
  }
}
