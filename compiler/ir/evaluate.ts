/**
 * What an expression is worth: a pure function of what the scope tells. Always ends, never throws. `undefined` is absent: a field
 * that is not there, an index out of range, the output of a session that has none.
 */
import { equalValues, isList, isRecord } from "./equal.ts"
import { computed, EvaluationFailure, spend, type Fuel } from "./failure.ts"
import { callFunction } from "./functions.ts"
import type { BinaryOperator, Expr, Json, SessionProperty, Type } from "./model.ts"
import { printValue } from "./print.ts"
import { pattern } from "./regex/match.ts"
import { unitOf, type Declared } from "./unit.ts"

/** Where the names of an expression get their values. Money is US dollars, durations are milliseconds. */
export interface Scope {
  readonly session: (session: string, property: SessionProperty) => Json | undefined
  readonly input: (name: string) => Json | undefined
  readonly fleet: (property: "task" | "cost" | "elapsed") => Json | undefined
  /** The person's last selection. */
  readonly human: () => Json | undefined
  readonly let: (name: string) => Expr | undefined
  readonly variable: (name: string) => Json | undefined
  /** The type that something was declared with, which says in which unit it is printed. */
  readonly declared?: (read: Declared) => Type | undefined
}

export type Evaluated = { readonly ok: true; readonly value: Json | undefined } | { readonly ok: false; readonly message: string }

type Value = Json | undefined

const fuelPerExpression = 1_000_000
const maxDepth = 1200

/** The value, or why there is none: a division by zero, an operator on the wrong kind of value, an expression without end. */
export const evaluateExpression = (expr: Expr, scope: Scope): Evaluated => {
  try {
    return { ok: true, value: new Evaluation(scope).value(expr, 0) }
  } catch (failure) {
    if (failure instanceof EvaluationFailure) return { ok: false, message: failure.message }
    throw failure
  }
}

/** The value; one that cannot be had counts as absent. */
export const evaluate = (expr: Expr, scope: Scope): Value => {
  const result = evaluateExpression(expr, scope)
  return result.ok ? result.value : undefined
}

class Evaluation {
  private readonly scope: Scope
  private readonly fuel: Fuel = { left: fuelPerExpression }

  constructor(scope: Scope) {
    this.scope = scope
  }

  value(expr: Expr, depth: number): Value {
    spend(this.fuel, 1)
    if (depth > maxDepth) throw new EvaluationFailure("the expression is nested too deep")
    const inner = (part: Expr): Value => this.value(part, depth + 1)
    switch (expr.op) {
      case "literal":
        return expr.value
      case "regex":
        return expr.source
      case "template":
        return this.template(expr.parts, inner)
      case "list":
        return expr.items.map((item) => inner(item) ?? null)
      case "record":
        return record(expr.entries.map(({ key, value }) => [key, inner(value)]))
      case "session":
        return this.scope.session(expr.session, expr.property)
      case "input":
        return this.scope.input(expr.name)
      case "fleet":
        return this.scope.fleet(expr.property)
      case "human":
        return this.scope.human()
      case "let": {
        const named = this.scope.let(expr.name)
        return named === undefined ? undefined : inner(named)
      }
      case "variable":
        return this.scope.variable(expr.name)
      case "member":
        return field(inner(expr.object), expr.field)
      case "index":
        return item(inner(expr.object), inner(expr.index))
      case "not":
        return !truth(inner(expr.operand), "not")
      case "negate": {
        const operand = inner(expr.operand)
        return (operand ?? null) === null ? undefined : 0 - number(operand, "-")
      }
      case "binary":
        return this.binary(expr, inner)
      case "call":
        return callFunction(expr.function, expr.arguments.map(inner), this.fuel)
    }
  }

  private template(parts: ReadonlyArray<string | Expr>, inner: (part: Expr) => Value): string {
    const texts = parts.map((part) => {
      const printed = typeof part === "string" ? part : printValue(inner(part), unitOf(part, this.scope))
      spend(this.fuel, printed.length / 16)
      return printed
    })
    return texts.join("")
  }

  private binary(expr: Expr & { readonly op: "binary" }, inner: (part: Expr) => Value): Value {
    const { operator } = expr
    const left = inner(expr.left)
    if (operator === "??") return left ?? inner(expr.right)
    if (operator === "or") return truth(left, operator) || truth(inner(expr.right), operator)
    if (operator === "and") return truth(left, operator) && truth(inner(expr.right), operator)
    if (operator === "matches") return expr.right.op === "regex" ? this.matches(left, expr.right.source) : this.matches(left, inner(expr.right))
    const right = inner(expr.right)
    switch (operator) {
      case "==":
        return equalValues(left, right, this.fuel)
      case "!=":
        return !equalValues(left, right, this.fuel)
      case "<":
      case "<=":
      case ">":
      case ">=":
        return ordered(operator, left, right)
      case "in":
        return this.isIn(left, right)
      case "+":
      case "-":
      case "*":
      case "/":
      case "%":
        return this.arithmetic(operator, left, right)
    }
  }

  private matches(value: Value, source: Value): boolean {
    if (typeof value !== "string") {
      if ((value ?? null) === null) return false
      throw new EvaluationFailure("matches wants a text on its left")
    }
    const compiled = typeof source === "string" ? pattern(source) : { ok: false as const, message: "matches wants a pattern on its right" }
    if (!compiled.ok) throw new EvaluationFailure(compiled.message)
    // one unit of fuel per 100 steps of the automaton: a large text under a small pattern is fine, the product is bounded
    spend(this.fuel, (compiled.size * value.length) / 100)
    return compiled.test(value)
  }

  private isIn(value: Value, whole: Value): boolean {
    if ((whole ?? null) === null) return false
    if (isList(whole)) return whole.some((part) => equalValues(part, value, this.fuel))
    if (typeof value !== "string") return false
    if (isRecord(whole)) return Object.hasOwn(whole, value)
    if (typeof whole !== "string") throw new EvaluationFailure("in wants a list, a record or a text on its right")
    spend(this.fuel, whole.length / 16)
    return whole.includes(value)
  }

  private arithmetic(operator: "+" | "-" | "*" | "/" | "%", left: Value, right: Value): Value {
    if ((left ?? null) === null || (right ?? null) === null) return undefined
    if (operator === "+" && typeof left === "string" && typeof right === "string") {
      spend(this.fuel, (left.length + right.length) / 16)
      return left + right
    }
    if (operator === "+" && isList(left) && isList(right)) {
      spend(this.fuel, left.length + right.length)
      return [...left, ...right]
    }
    const [a, b] = [number(left, operator), number(right, operator)]
    if ((operator === "/" || operator === "%") && b === 0) throw new EvaluationFailure("division by zero")
    const result = operator === "+" ? a + b : operator === "-" ? a - b : operator === "*" ? a * b : operator === "/" ? a / b : a % b
    // JSON has no negative zero, and the same state must give the same text after it went through a file
    return computed(result, operator !== "/" && Number.isSafeInteger(a) && Number.isSafeInteger(b)) + 0
  }
}

const record = (entries: ReadonlyArray<readonly [string, Value]>): Json =>
  Object.fromEntries(entries.filter((entry): entry is readonly [string, Json] => entry[1] !== undefined))

const truth = (value: Value, operator: string): boolean => {
  if (typeof value === "boolean") return value
  if ((value ?? null) === null) return false
  throw new EvaluationFailure(`${operator} wants true or false`)
}

const number = (value: Value, operator: string): number => {
  if (typeof value !== "number") throw new EvaluationFailure(`${operator} wants numbers`)
  return value
}

const field = (object: Value, name: string): Value => (isRecord(object) && Object.hasOwn(object, name) ? object[name] : undefined)

const item = (object: Value, index: Value): Value => {
  if (isList(object)) return typeof index === "number" && Number.isInteger(index) && index >= 0 ? object[index] : undefined
  return typeof index === "string" ? field(object, index) : undefined
}

/** Numbers and texts have an order; with an absent side nothing holds. */
const ordered = (operator: BinaryOperator & ("<" | "<=" | ">" | ">="), left: Value, right: Value): boolean => {
  if ((left ?? null) === null || (right ?? null) === null) return false
  const sides =
    typeof left === "number" && typeof right === "number"
      ? left - right
      : typeof left === "string" && typeof right === "string"
        ? left < right
          ? -1
          : left > right
            ? 1
            : 0
        : undefined
  if (sides === undefined) throw new EvaluationFailure(`${operator} wants two numbers or two texts`)
  return operator === "<" ? sides < 0 : operator === "<=" ? sides <= 0 : operator === ">" ? sides > 0 : sides >= 0
}
