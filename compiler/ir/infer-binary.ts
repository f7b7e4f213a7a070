/** Types of the operators with two sides. */
import type { Inference } from "./infer.ts"
import type { BinaryOperator, Expr, Type } from "./model.ts"
import { pattern } from "./regex/match.ts"
import { constantValue } from "./constant-value.ts"
import { defined, type TypeEnv } from "./type-env.ts"
import { assignable, commonType, definite, isNumeric, isTextual, describeType, printType } from "./type.ts"

type Binary = Expr & { readonly op: "binary" }
type Narrow = (env: TypeEnv, guard: Expr, outcome: boolean) => TypeEnv

const json: Type = { kind: "json" }
const boolean: Type = { kind: "boolean" }

export const inferBinary = (expr: Binary, inference: Inference, narrow: Narrow): Type => {
  const { operator, left, right } = expr
  switch (operator) {
    case "??": {
      const fallback = (type: Type): Type =>
        commonType(definite(type), inference.type(right)) ?? mismatch(inference, right, `the value before "??" is ${describeType(definite(type))}`)
      return fallback(inference.type(left))
    }
    case "and":
    case "or":
      wantBoolean(operator, left, inference.present(left), inference)
      wantBoolean(operator, right, inference.present(right, narrow(inference.env, left, operator === "and")), inference)
      return boolean
    case "==":
    case "!=":
      return equality(expr, inference)
    case "<":
    case "<=":
    case ">":
    case ">=":
      return order(expr, inference)
    case "in":
      return membership(expr, inference)
    case "matches":
      return matching(expr, inference)
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return arithmetic(operator, expr, inference)
  }
}

const mismatch = (inference: Inference, expr: Expr, message: string): Type => {
  inference.report("type-mismatch", expr, message)
  return json
}

const wantBoolean = (operator: BinaryOperator, expr: Expr, type: Type, inference: Inference): void => {
  if (type.kind !== "boolean" && type.kind !== "json") mismatch(inference, expr, `"${operator}" wants booleans; this is ${describeType(type)}`)
}

/** The text of an expression that is one, so that it can be checked against the values of an enum. */
const literalText = (written: Expr, env: TypeEnv): string | undefined => {
  const expr = defined(written, env)
  if (expr.op === "literal") return typeof expr.value === "string" ? expr.value : undefined
  return expr.op === "template" && expr.parts.every((part) => typeof part === "string") ? expr.parts.join("") : undefined
}

/** A literal text where an enum is wanted; true when it was one, right or wrong. */
const enumLiteral = (expr: Expr, wanted: Type, inference: Inference): boolean => {
  const text = literalText(expr, inference.env)
  if (text === undefined || wanted.kind !== "enum") return false
  if (!wanted.values.includes(text)) inference.report("type-mismatch", expr, `"${text}" is not one of ${printType(wanted)}`, { known: wanted.values })
  return true
}

const isNull = (expr: Expr): boolean => expr.op === "literal" && expr.value === null

/** An optional field may be compared: absent is just not equal. The output of a session that may not have run may not. */
const equality = ({ left, right }: Binary, inference: Inference): Type => {
  const asks = isNull(left) || isNull(right)
  const [a, b] = [left, right].map((side) => (asks ? inference.type(side) : inference.settled(side)))
  if (asks || a === undefined || b === undefined) return boolean
  const [x, y] = [definite(a), definite(b)]
  if (enumLiteral(right, x, inference) || enumLiteral(left, y, inference)) return boolean
  const overlap =
    x.kind === "enum" && y.kind === "enum" ? x.values.some((value) => y.values.includes(value)) : assignable(x, y) || assignable(y, x) || bothPlainNumbers(x, y)
  if (!overlap) mismatch(inference, right, `${describeType(y)} is never equal to ${describeType(x)}`)
  return boolean
}

const bothPlainNumbers = (a: Type, b: Type): boolean => isNumeric(a) && isNumeric(b) && unit(a) === "plain" && unit(b) === "plain"

const unit = (type: Type): "plain" | "duration" | "money" | "any" =>
  type.kind === "duration" || type.kind === "money" ? type.kind : type.kind === "json" ? "any" : "plain"

const sameUnit = (a: Type, b: Type): boolean => unit(a) === "any" || unit(b) === "any" || unit(a) === unit(b)

const order = ({ operator, left, right }: Binary, inference: Inference): Type => {
  const [a, b] = [inference.present(left), inference.present(right)]
  const [numbers, texts] = [isNumeric(a) && isNumeric(b), isTextual(a) && isTextual(b)]
  if (!numbers && !texts) {
    const [side, type] = isNumeric(a) || isTextual(a) ? [right, b] : [left, a]
    mismatch(inference, side, `"${operator}" wants two numbers or two texts; this is ${describeType(type)}`)
  } else if (numbers && !sameUnit(a, b)) mismatch(inference, right, `${describeType(a)} and ${describeType(b)} have no common measure`)
  return boolean
}

const membership = ({ left, right }: Binary, inference: Inference): Type => {
  const value = definite(inference.settled(left))
  const whole = inference.present(right)
  switch (whole.kind) {
    case "json":
      return boolean
    case "list": {
      const items = defined(right, inference.env)
      if (items.op === "list" && value.kind === "enum") items.items.forEach((item) => enumLiteral(item, value, inference))
      else if (!enumLiteral(left, whole.item, inference) && !assignable(value, whole.item) && !assignable(whole.item, value))
        mismatch(inference, left, `${describeType(whole)} never holds ${describeType(value)}`)
      return boolean
    }
    case "record":
    case "string":
    case "enum":
      if (!isTextual(value)) mismatch(inference, left, `"in" wants a string on its left here; this is ${describeType(value)}`)
      return boolean
    default:
      mismatch(inference, right, `"in" wants a list, a record or a string on its right; this is ${describeType(whole)}`)
      return boolean
  }
}

const matching = ({ left, right }: Binary, inference: Inference): Type => {
  const value = inference.present(left)
  if (!isTextual(value)) mismatch(inference, left, `"matches" wants a string on its left; this is ${describeType(value)}`)
  if (right.op !== "regex") mismatch(inference, right, '"matches" wants a pattern such as /^ok/ on its right')
  else {
    const compiled = pattern(right.source)
    if (!compiled.ok) mismatch(inference, right, compiled.message)
  }
  return boolean
}

const arithmetic = (operator: "+" | "-" | "*" | "/" | "%", expr: Binary, inference: Inference): Type => {
  const { left, right } = expr
  const [a, b] = [inference.present(left), inference.present(right)]
  if (operator === "/" || operator === "%") {
    const divisor = constantValue(right, inference.env.definition)
    if (divisor?.ok === true && divisor.value === 0) inference.report("invalid-value", right, "nothing can be divided by 0")
  }
  if (operator === "+") {
    const mixed = (isTextual(a) && isNumeric(b)) || (isNumeric(a) && isTextual(b))
    if (mixed && a.kind !== "json" && b.kind !== "json")
      return mismatch(inference, expr, `${printType(a)} + ${printType(b)} means nothing; put values into a text with \${…}`)
    if (isTextual(a) && isTextual(b)) return a.kind === "json" || b.kind === "json" ? (a.kind === b.kind ? json : { kind: "string" }) : { kind: "string" }
    if (a.kind === "list" && b.kind === "list") return { kind: "list", item: commonType(a.item, b.item) ?? json }
    if (a.kind === "json" || b.kind === "json") return isNumeric(a) && isNumeric(b) ? numeric(operator, a, b) : a.kind === "json" ? b : a
  }
  if (!isNumeric(a)) return mismatch(inference, left, `"${operator}" wants numbers; this is ${describeType(a)}`)
  if (!isNumeric(b)) return mismatch(inference, right, `"${operator}" wants numbers; this is ${describeType(b)}`)
  const units =
    operator === "*"
      ? unit(a) === "plain" || unit(b) === "plain" || unit(a) === "any" || unit(b) === "any"
      : operator === "/"
        ? unit(b) === "plain" || sameUnit(a, b)
        : sameUnit(a, b)
  return units ? numeric(operator, a, b) : mismatch(inference, right, `${printType(a)} ${operator} ${printType(b)} means nothing`)
}

const numeric = (operator: "+" | "-" | "*" | "/" | "%", a: Type, b: Type): Type => {
  if (a.kind === "json" && b.kind === "json") return json
  const measure = unit(a) !== "plain" && unit(a) !== "any" ? a : unit(b) !== "plain" && unit(b) !== "any" ? b : undefined
  if (measure !== undefined) return operator === "/" && unit(a) === unit(b) ? { kind: "number" } : measure
  return operator !== "/" && a.kind === "integer" && b.kind === "integer" ? { kind: "integer" } : { kind: "number" }
}
