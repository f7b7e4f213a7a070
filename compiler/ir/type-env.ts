/** What inference knows about the names in an expression, and what a guard that held adds to it. */
import { canonicalValue } from "./canonical.ts"
import { failureKinds, sessionStatuses, type Expr, type SessionProperty, type Type } from "./model.ts"
import { maybe } from "./type.ts"

export interface TypeEnv {
  /** The type of the session's declared `output`; absent when it declares none. */
  readonly output: (session: string) => Type | undefined
  readonly input: (name: string) => Type | undefined
  readonly let: (name: string) => Type | undefined
  readonly variable: (name: string) => Type | undefined
  /** The session has certainly finished `done` where the expression is read: else its output may be absent. */
  readonly certain: (session: string) => boolean
  /** The session has certainly failed: else its error may be absent. */
  readonly failed: (session: string) => boolean
  /** Keys of what guards have shown to be there. */
  readonly present?: ReadonlySet<string>
}

/** One key per thing that can be read: a chain of fields from a session, an input, a let or a variable; `undefined` for anything else. */
export const chainKey = (expr: Expr): string | undefined => {
  switch (expr.op) {
    case "member": {
      const object = chainKey(expr.object)
      return object === undefined ? undefined : `${object}.${JSON.stringify(expr.field)}`
    }
    case "index": {
      const object = chainKey(expr.object)
      return object === undefined || expr.index.op !== "literal" ? undefined : `${object}[${canonicalValue(expr.index.value)}]`
    }
    case "session":
      return `session ${JSON.stringify(expr.session)} ${expr.property}`
    case "input":
    case "let":
    case "variable":
      return `${expr.op} ${JSON.stringify(expr.name)}`
    default:
      return undefined
  }
}

interface Comparison {
  readonly chain: Expr
  readonly literal: Expr
  readonly equal: boolean
}

/** What certainly holds, of values compared with literals, when the guard has the given outcome. */
const comparisons = (guard: Expr, outcome: boolean): ReadonlyArray<Comparison> => {
  if (guard.op === "not") return comparisons(guard.operand, !outcome)
  if (guard.op !== "binary") return []
  const { operator, left, right } = guard
  if (operator === (outcome ? "and" : "or")) return [...comparisons(left, outcome), ...comparisons(right, outcome)]
  if (operator === "in" && outcome && right.op === "list" && right.items.every(isThere)) return [{ chain: left, literal: absent, equal: false }]
  if (operator !== "==" && operator !== "!=") return []
  const equal = (operator === "==") === outcome
  return isLiteral(right) ? [{ chain: left, literal: right, equal }] : isLiteral(left) ? [{ chain: right, literal: left, equal }] : []
}

const present = ({ chain, literal, equal }: Comparison): ReadonlyArray<string> =>
  equal !== (literal.op === "literal" && literal.value === null) ? chainsOf(chain) : []

/** The session whose status is the given one. */
const ended =
  (status: "done" | "failed") =>
  ({ chain, literal, equal }: Comparison): ReadonlyArray<string> =>
    equal && chain.op === "session" && chain.property === "status" && textOf(literal) === status ? [chain.session] : []

const textOf = (literal: Expr): unknown =>
  literal.op === "template" ? literal.parts.filter((part) => typeof part === "string").join("") : literal.op === "literal" ? literal.value : undefined

/** What is one of several texts or numbers is certainly not this. */
const absent: Expr = { op: "literal", kind: "null", value: null }

const isThere = (expr: Expr): boolean => isLiteral(expr) && (expr.op !== "literal" || expr.value !== null)

const isLiteral = (expr: Expr): boolean => expr.op === "literal" || (expr.op === "template" && expr.parts.every((part) => typeof part === "string"))

const chainsOf = (expr: Expr): ReadonlyArray<string> => {
  const own = chainKey(expr)
  const object = expr.op === "member" || expr.op === "index" ? chainsOf(expr.object) : []
  return own === undefined ? object : [own, ...object]
}

/** The environment where `guard` has held (`outcome` true) or has not. */
export const narrow = (env: TypeEnv, guard: Expr, outcome: boolean): TypeEnv => {
  const known = comparisons(guard, outcome)
  if (known.length === 0) return env
  const [done, failed] = [known.flatMap(ended("done")), known.flatMap(ended("failed"))]
  return {
    ...env,
    present: new Set([...(env.present ?? []), ...known.flatMap(present)]),
    ...(done.length > 0 && { certain: (session) => done.includes(session) || env.certain(session) }),
    ...(failed.length > 0 && { failed: (session) => failed.includes(session) || env.failed(session) }),
  }
}

export const isPresent = (env: TypeEnv, expr: Expr): boolean => {
  if (env.present === undefined) return false
  const key = chainKey(expr)
  return key !== undefined && env.present.has(key)
}

const errorType: Type = {
  kind: "record",
  open: false,
  fields: {
    kind: { type: { kind: "enum", values: failureKinds }, optional: false },
    message: { type: { kind: "string" }, optional: false },
  },
}

/** `undefined`: the session declares no output. */
export const sessionType = (env: TypeEnv, session: string, property: SessionProperty): Type | undefined => {
  switch (property) {
    case "output": {
      const output = env.output(session)
      return output === undefined || env.certain(session) ? output : maybe(output)
    }
    case "outputs":
      return { kind: "list", item: env.output(session) ?? { kind: "json" } }
    case "error":
      return env.failed(session) ? errorType : maybe(errorType)
    case "cost":
      return { kind: "money" }
    case "tokens":
    case "turns":
    case "attempts":
      return { kind: "integer" }
    case "status":
      return { kind: "enum", values: sessionStatuses }
    case "text":
    case "branch":
      return { kind: "string" }
  }
}
