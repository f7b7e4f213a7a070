/**
 * Whether cases cover everything. Each value that guards compare is tried with every value that could make a difference (those of an
 * enum, the numbers and texts it is compared with and their neighbours); the guards are evaluated as they would be at run time.
 */
import { canonicalJson, chainKey, definite, evaluateExpression, infer, type Expr, type Json, type LiteralKind, type Type, type TypeEnv } from "../ir/index.ts"
import { childrenOf, mapChildren } from "../ir/children.ts"
import { partsOf } from "./parts.ts"

const maxCombinations = 2000

/** A combination that no guard covers, in words; undefined when there is none, or when the guards are about more than can be tried. */
export const missingCases = (guards: ReadonlyArray<Expr>, env: TypeEnv): string | undefined => {
  const chains = new Map<string, Expr>()
  for (const guard of guards) for (const chain of chainsIn(guard)) chains.set(chainKey(chain) ?? "", chain)
  const literals = guards.flatMap(partsOf).flatMap((part) => (part.op === "literal" ? [part.value] : []))
  const tried = [...chains].map(([key, chain]) => ({ key, chain, values: valuesOf(infer(chain, env).type, literals) }))
  if (tried.some(({ values }) => values === undefined)) return undefined
  let combinations: ReadonlyArray<ReadonlyMap<string, Value>> = [new Map()]
  for (const { key, values = [] } of tried) {
    combinations = combinations.flatMap((known) => values.map((value) => new Map([...known, [key, value]])))
    if (combinations.length > maxCombinations) return undefined
  }
  const open = combinations.find((combination) => guards.every((guard) => holds(guard, combination) === false))
  return open && tried.map(({ key, chain }) => `${shownChain(chain)} = ${JSON.stringify(open.get(key)?.value)}`).join(", ")
}

export interface Value {
  readonly kind: LiteralKind
  readonly value: null | boolean | number | string
}

const chainsIn = (expr: Expr): ReadonlyArray<Expr> => (chainKey(expr) === undefined ? childrenOf(expr).flatMap(chainsIn) : [expr])

/** Values that stand for all of a type, as far as comparing with `literals` can tell them apart; undefined for a type that has no such values. */
export const valuesOf = (type: Type, literals: ReadonlyArray<Json>): ReadonlyArray<Value> | undefined => {
  if (type.kind === "maybe") {
    const inner = valuesOf(definite(type), literals)
    return inner && [...inner, { kind: "null", value: null }]
  }
  const numbers = literals.filter((value) => typeof value === "number")
  switch (type.kind) {
    case "enum":
      return type.values.map((value) => ({ kind: "string", value }))
    case "boolean":
      return [true, false].map((value) => ({ kind: "boolean", value }))
    case "integer":
    case "number":
    case "money":
    case "duration": {
      const { kind } = type
      const points = [...new Set([0, ...numbers.flatMap((number) => [number - 1, number, number + 1, -number])])].sort((a, b) => a - b)
      // between two fractions there is another one
      const between = kind === "integer" ? [] : points.slice(1).map((point, at) => (point + (points[at] ?? 0)) / 2)
      return [...points, ...between].map((value) => ({ kind, value }))
    }
    case "string":
      return [...new Set(["", ...literals.filter((value) => typeof value === "string"), "anything else"])].map((value) => ({ kind: "string", value }))
    default:
      return undefined
  }
}

const opaqueKeys = new WeakMap<Expr, string>()

/** Conditions written alike are one condition. Remembered, since every combination asks which conditions have a key. */
export const opaqueKey = (guard: Expr): string => {
  const known = opaqueKeys.get(guard)
  if (known !== undefined) return known
  const key = `condition ${canonicalJson(guard)}`
  opaqueKeys.set(guard, key)
  return key
}

/** As `missingCases` evaluates a guard, but a condition that is one of the values itself counts as that. */
export const truthOf = (guard: Expr, values: ReadonlyMap<string, Value>): boolean | undefined => {
  if (guard.op === "literal") return typeof guard.value === "boolean" ? guard.value : undefined
  if (guard.op === "not") {
    const inner = truthOf(guard.operand, values)
    return inner === undefined ? undefined : !inner
  }
  if (guard.op === "binary" && (guard.operator === "and" || guard.operator === "or")) {
    const [left, right] = [truthOf(guard.left, values), truthOf(guard.right, values)]
    const deciding = guard.operator === "or"
    return left === deciding || right === deciding ? deciding : left === undefined || right === undefined ? undefined : !deciding
  }
  const opaque = opaqueKeys.get(guard)
  const whole = opaque === undefined ? undefined : values.get(opaque)
  return whole === undefined ? holds(guard, values) : whole.value === true
}

/** What each guard came to, by the values it reads: combinations differ mostly in what it does not. */
const outcomes = new WeakMap<Expr, { readonly keys: ReadonlyArray<string>; readonly known: Map<Value | string | undefined, boolean | undefined> }>()

/** Undefined when it cannot be told. */
const holds = (guard: Expr, values: ReadonlyMap<string, Value>): boolean | undefined => {
  const outcome = outcomes.get(guard) ?? { keys: [...new Set(partsOf(guard).flatMap((part) => chainKey(part) ?? []))], known: new Map() }
  outcomes.set(guard, outcome)
  const [only = "", ...more] = outcome.keys
  // mostly it reads one, and combinations share their values
  const read = more.length === 0 ? values.get(only) : JSON.stringify(outcome.keys.map((key) => values.get(key)))
  if (!outcome.known.has(read)) outcome.known.set(read, evaluated(guard, values))
  return outcome.known.get(read)
}

const evaluated = (guard: Expr, values: ReadonlyMap<string, Value>): boolean | undefined => {
  const nobody = (): undefined => undefined
  const result = evaluateExpression(withValues(guard, values), { session: nobody, input: nobody, fleet: nobody, human: nobody, let: nobody, variable: nobody })
  return result.ok && typeof result.value === "boolean" && !unknown(guard) ? result.value : undefined
}

/** What the run alone can tell. */
const unknown = (guard: Expr): boolean => partsOf(guard).some(({ op }) => op === "fleet" || op === "human")

const withValues = (expr: Expr, values: ReadonlyMap<string, Value>): Expr => {
  const key = chainKey(expr)
  const value = key === undefined ? undefined : values.get(key)
  return value === undefined ? mapChildren(expr, (part) => withValues(part, values)) : { op: "literal", ...value }
}

export const shownChain = (chain: Expr): string => {
  switch (chain.op) {
    case "member":
      return `${shownChain(chain.object)}.${chain.field}`
    case "index":
      return `${shownChain(chain.object)}[…]`
    case "session":
      return `${chain.session}.${chain.property}`
    case "input":
      return `inputs.${chain.name}`
    case "let":
    case "variable":
      return chain.name
    default:
      return "the value"
  }
}
