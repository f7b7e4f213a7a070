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

/** What is there when the guard has the given outcome. */
const shown = (guard: Expr, outcome: boolean): ReadonlyArray<string> => {
  if (guard.op === "not") return shown(guard.operand, !outcome)
  if (guard.op !== "binary") return []
  const { operator, left, right } = guard
  if (operator === (outcome ? "and" : "or")) return [...shown(left, outcome), ...shown(right, outcome)]
  if (operator !== "==" && operator !== "!=") return []
  const known = isLiteral(right) ? { chain: left, literal: right } : isLiteral(left) ? { chain: right, literal: left } : undefined
  if (known === undefined) return []
  const equal = (operator === "==") === outcome
  const isNull = known.literal.op === "literal" && known.literal.value === null
  return equal !== isNull ? chainsOf(known.chain) : []
}

const isLiteral = (expr: Expr): boolean => expr.op === "literal" || (expr.op === "template" && expr.parts.every((part) => typeof part === "string"))

const chainsOf = (expr: Expr): ReadonlyArray<string> => {
  const own = chainKey(expr)
  const object = expr.op === "member" || expr.op === "index" ? chainsOf(expr.object) : []
  return own === undefined ? object : [own, ...object]
}

/** The environment where `guard` has held (`outcome` true) or has not. */
export const narrow = (env: TypeEnv, guard: Expr, outcome: boolean): TypeEnv => {
  const added = shown(guard, outcome)
  return added.length === 0 ? env : { ...env, present: new Set([...(env.present ?? []), ...added]) }
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
