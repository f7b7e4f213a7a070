/** In which unit a number is to be printed, read off the expression: values themselves carry none. */
import type { Expr } from "./model.ts"
import type { Unit } from "./print.ts"

interface Names {
  readonly let: (name: string) => Expr | undefined
  readonly inputUnit?: (name: string) => "duration" | "money" | undefined
}

const maxSteps = 200

/** `undefined`: a plain number, or not a number at all. */
export const unitOf = (expr: Expr, names: Names, steps = maxSteps): Unit | undefined => {
  if (steps <= 0) return undefined
  const inner = (part: Expr | undefined): Unit | undefined => (part === undefined ? undefined : unitOf(part, names, Math.floor(steps / 2)))
  switch (expr.op) {
    case "literal":
      return expr.kind === "duration" || expr.kind === "money" || expr.kind === "percent" ? expr.kind : undefined
    case "session":
      return expr.property === "cost" ? "money" : undefined
    case "fleet":
      return expr.property === "cost" ? "money" : expr.property === "elapsed" ? "duration" : undefined
    case "input":
      return names.inputUnit?.(expr.name)
    case "let":
      return inner(names.let(expr.name))
    case "negate":
      return inner(expr.operand)
    case "list":
      return inner(expr.items[0])
    case "index":
      return inner(expr.object)
    case "binary":
      return binaryUnit(expr, inner)
    case "call":
      return ["min", "max", "sum", "first", "last", "round", "default"].includes(expr.function) ? inner(expr.arguments[0]) : undefined
    default:
      return undefined
  }
}

const binaryUnit = (expr: Expr & { readonly op: "binary" }, inner: (part: Expr) => Unit | undefined): Unit | undefined => {
  const left = inner(expr.left)
  switch (expr.operator) {
    case "??":
    case "+":
    case "-":
    case "%":
      return left ?? (expr.operator === "??" ? inner(expr.right) : undefined)
    case "*":
      return left ?? inner(expr.right)
    case "/":
      // five minutes by one minute is five, not five of anything
      return inner(expr.right) === undefined ? left : undefined
    default:
      return undefined
  }
}
