/** Expressions of the IR as the language writes them, for people to read: guards in `graph`, `show` and `explain`. */
import type { Expr } from "./model.ts"
import { binaryPower, prefixPower } from "./powers.ts"
import { printDuration, printMoney } from "./print.ts"

const powerOf = (expr: Expr): number =>
  expr.op === "binary" ? binaryPower[expr.operator] : expr.op === "not" || expr.op === "negate" ? prefixPower[expr.op] : Number.POSITIVE_INFINITY

const wrapped = (expr: Expr, parentheses: boolean): string => (parentheses ? `(${printExpr(expr)})` : printExpr(expr))

/** One line, fully written out; parentheses only where the tree needs them. */
export const printExpr = (expr: Expr): string => {
  switch (expr.op) {
    case "literal":
      if (expr.kind === "duration" && typeof expr.value === "number") return printDuration(expr.value)
      if (expr.kind === "money" && typeof expr.value === "number") return printMoney(expr.value)
      if (expr.kind === "percent") return `${expr.value}%`
      return JSON.stringify(expr.value)
    case "regex":
      return `/${expr.source}/`
    case "template":
      return `"${expr.parts.map((part) => (typeof part === "string" ? JSON.stringify(part).slice(1, -1) : `\${${printExpr(part)}}`)).join("")}"`
    case "list":
      return `[${expr.items.map(printExpr).join(", ")}]`
    case "record":
      return expr.entries.length === 0 ? "{}" : `{ ${expr.entries.map(({ key, value }) => `${key}: ${printExpr(value)}`).join(", ")} }`
    case "session":
      return `${expr.session}.${expr.property}`
    case "input":
      return `inputs.${expr.name}`
    case "fleet":
      return `fleet.${expr.property}`
    case "human":
      return "human.selection"
    case "let":
    case "variable":
      return expr.name
    case "member":
      return `${wrapped(expr.object, powerOf(expr.object) < Number.POSITIVE_INFINITY)}${expr.safe ? "?." : "."}${expr.field}`
    case "index":
      return `${wrapped(expr.object, powerOf(expr.object) < Number.POSITIVE_INFINITY)}[${printExpr(expr.index)}]`
    case "not":
      return `not ${wrapped(expr.operand, powerOf(expr.operand) < prefixPower.not)}`
    case "negate":
      return `-${wrapped(expr.operand, powerOf(expr.operand) < prefixPower.negate)}`
    case "binary": {
      const own = binaryPower[expr.operator]
      return `${wrapped(expr.left, powerOf(expr.left) < own)} ${expr.operator} ${wrapped(expr.right, powerOf(expr.right) <= own)}`
    }
    case "call":
      return `${expr.function}(${expr.arguments.map(printExpr).join(", ")})`
  }
}
