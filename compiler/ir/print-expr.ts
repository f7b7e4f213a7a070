/** Expressions of the IR as the language writes them, for people to read: guards in `graph`, `show` and `explain`. */
import type { BinaryOperator, Expr } from "./model.ts"
import { printDuration, printMoney } from "./print.ts"

const powers: { readonly [operator in BinaryOperator]: number } = {
  "??": 1,
  or: 2,
  and: 3,
  "==": 5,
  "!=": 5,
  "<": 5,
  "<=": 5,
  ">": 5,
  ">=": 5,
  in: 5,
  matches: 5,
  "+": 6,
  "-": 6,
  "*": 7,
  "/": 7,
  "%": 7,
}
const notPower = 4
const negatePower = 8

const powerOf = (expr: Expr): number =>
  expr.op === "binary" ? powers[expr.operator] : expr.op === "not" ? notPower : expr.op === "negate" ? negatePower : Number.POSITIVE_INFINITY

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
      return `not ${wrapped(expr.operand, powerOf(expr.operand) < notPower)}`
    case "negate":
      return `-${wrapped(expr.operand, powerOf(expr.operand) < negatePower)}`
    case "binary": {
      const own = powers[expr.operator]
      return `${wrapped(expr.left, powerOf(expr.left) < own)} ${expr.operator} ${wrapped(expr.right, powerOf(expr.right) <= own)}`
    }
    case "call":
      return `${expr.function}(${expr.arguments.map(printExpr).join(", ")})`
  }
}
