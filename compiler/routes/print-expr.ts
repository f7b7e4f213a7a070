/** Expressions and texts back to text; parentheses only where the tree needs them. */
import type { Expr, Template } from "./ast.ts"
import { binaryPower } from "../ir/powers.ts"
import { unaryPower } from "./fold.ts"

const plainKey = /^[A-Za-z_][A-Za-z0-9_-]*$/

/** `indent` is the indentation of the line the expression starts on; multi-line texts align with it. */
export const printExpr = (expr: Expr, indent: string): string => {
  switch (expr.kind) {
    case "null":
      return "null"
    case "boolean":
      return String(expr.value)
    case "number":
    case "duration":
    case "money":
    case "percent":
      return expr.text
    case "regex":
      return `/${expr.source}/`
    case "template":
      return printTemplate(expr, indent)
    case "list":
      return `[${expr.items.map((item) => printExpr(item, indent)).join(", ")}]`
    case "record":
      return expr.entries.length === 0 ? "{}" : `{ ${expr.entries.map(({ key, value }) => `${printKey(key.text)}: ${printExpr(value, indent)}`).join(", ")} }`
    case "name":
      return expr.name.text
    case "field":
      return `${printTarget(expr.target, indent)}${expr.optional ? "?." : "."}${expr.name.text}`
    case "index":
      return `${printTarget(expr.target, indent)}[${printExpr(expr.index, indent)}]`
    case "call":
      return `${expr.callee.text}(${expr.args.map((argument) => printExpr(argument, indent)).join(", ")})`
    case "unary":
      return `${expr.op === "not" ? "not " : "-"}${wrap(expr.operand, indent, power(expr.operand) < unaryPower(expr.op))}`
    case "binary": {
      const own = binaryPower[expr.op]
      const left = wrap(expr.left, indent, power(expr.left) < own)
      const right = wrap(expr.right, indent, expr.op === "matches" && expr.right.kind === "regex" ? false : power(expr.right) <= own)
      return `${left} ${expr.op} ${right}`
    }
  }
}

const wrap = (expr: Expr, indent: string, parentheses: boolean): string => {
  const text = printExpr(expr, indent)
  return parentheses ? `(${text})` : text
}

/** How tightly an expression holds together. A regular expression beside an operator is always wrapped: its slash could read as a division. */
const power = (expr: Expr): number =>
  expr.kind === "binary" ? binaryPower[expr.op] : expr.kind === "unary" ? unaryPower(expr.op) : expr.kind === "regex" ? 0 : Number.POSITIVE_INFINITY

const postfixTargets: ReadonlySet<Expr["kind"]> = new Set<Expr["kind"]>(["name", "field", "index", "call", "list", "record", "template"])
const printTarget = (expr: Expr, indent: string): string => wrap(expr, indent, !postfixTargets.has(expr.kind))

const printKey = (key: string): string => (plainKey.test(key) ? key : printQuoted(key))

/** A text in quotes as it was written, single-line or multi-line. */
export const printTemplate = (template: Template, indent: string): string => {
  const hole = (value: Expr): string => `\${${printExpr(value, indent)}}`
  if (template.quotes !== "multi-line") {
    return `"${template.parts.map((part) => (part.kind === "text" ? escaped(part.text) : hole(part.value))).join("")}"`
  }
  const inner = `${indent}  `
  const body = template.parts.map((part) => (part.kind === "text" ? escapedLines(part.text) : hole(part.value))).join("")
  if (body === "") return '""""""'
  const lines = body.split("\n").map((line) => (line === "" ? line : inner + line))
  return `"""\n${lines.join("\n")}\n${inner}"""`
}

/** Plain text as a text in quotes. */
export const printQuoted = (text: string): string => `"${escaped(text)}"`

const named: { readonly [character: string]: string } = { "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\" }
const special = /["\\\u0000-\u001f\u007f\u0085\u2028\u2029]|\$(?=\{)/g

const escape = (character: string): string => (character === "$" ? "\\$" : (named[character] ?? `\\u{${character.charCodeAt(0).toString(16)}}`))
const escaped = (text: string): string => text.replace(special, escape)

/** Line breaks stay; a quote is escaped only where three could meet. */
const escapedLines = (text: string): string =>
  text.replace(special, (character, at: number) =>
    character === "\n" || (character === '"' && at + 1 < text.length && text[at + 1] !== '"') ? character : escape(character),
  )
