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
  /** What a let stands for: nothing is hidden by giving it a name. */
  readonly definition?: (name: string) => Expr | undefined
}

/** The expression itself, or what the let that it is stands for. A let sees those before it only, so this ends. */
export const defined = (expr: Expr, { definition }: Pick<TypeEnv, "definition">): Expr => {
  let found = expr
  for (let steps = 0; found.op === "let" && steps < maxLets; steps++) {
    const next = definition?.(found.name)
    if (next === undefined) return found
    found = next
  }
  return found
}

const maxLets = 100

/** One key per thing that can be read: a chain of fields from a session, an input, a let or a variable; `undefined` for anything else. */
export const chainKey = (written: Expr, env: Pick<TypeEnv, "definition"> = {}): string | undefined => {
  const expr = defined(written, env)
  switch (expr.op) {
    case "member": {
      const object = chainKey(expr.object, env)
      return object === undefined ? undefined : `${object}.${JSON.stringify(expr.field)}`
    }
    case "index": {
      const object = chainKey(expr.object, env)
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

/** What certainly holds, of values compared with literals, when the guard has the given outcome. What lets stand for is looked at once: they can multiply. */
const comparisons = (written: Expr, outcome: boolean, env: TypeEnv, seen = new Set<Expr>()): ReadonlyArray<Comparison> => {
  const guard = defined(written, env)
  if (guard !== written && seen.has(guard)) return []
  if (guard !== written) seen.add(guard)
  if (guard.op === "not") return comparisons(guard.operand, !outcome, env, seen)
  if (guard.op !== "binary") return []
  const { operator, left, right } = guard
  if (operator === (outcome ? "and" : "or")) return [...comparisons(left, outcome, env, seen), ...comparisons(right, outcome, env, seen)]
  const [a, b] = [defined(left, env), defined(right, env)]
  if (operator === "in" && outcome && b.op === "list" && b.items.every(isThere)) return [{ chain: left, literal: absent, equal: false }]
  if (operator !== "==" && operator !== "!=") return []
  const equal = (operator === "==") === outcome
  return isLiteral(b) ? [{ chain: left, literal: b, equal }] : isLiteral(a) ? [{ chain: right, literal: a, equal }] : []
}

const present =
  (env: TypeEnv) =>
  ({ chain, literal, equal }: Comparison): ReadonlyArray<string> =>
    equal !== (literal.op === "literal" && literal.value === null) ? chainsOf(chain, env) : []

/** The session whose status is the given one. */
const ended =
  (status: "done" | "failed", env: TypeEnv) =>
  ({ chain, literal, equal }: Comparison): ReadonlyArray<string> => {
    const read = defined(chain, env)
    return equal && read.op === "session" && read.property === "status" && textOf(literal) === status ? [read.session] : []
  }

const textOf = (literal: Expr): unknown =>
  literal.op === "template" ? literal.parts.filter((part) => typeof part === "string").join("") : literal.op === "literal" ? literal.value : undefined

/** What is one of several texts or numbers is certainly not this. */
const absent: Expr = { op: "literal", kind: "null", value: null }

const isThere = (expr: Expr): boolean => isLiteral(expr) && (expr.op !== "literal" || expr.value !== null)

const isLiteral = (expr: Expr): boolean => expr.op === "literal" || (expr.op === "template" && expr.parts.every((part) => typeof part === "string"))

const chainsOf = (written: Expr, env: TypeEnv): ReadonlyArray<string> => {
  const expr = defined(written, env)
  const own = chainKey(expr, env)
  const object = expr.op === "member" || expr.op === "index" ? chainsOf(expr.object, env) : []
  return own === undefined ? object : [own, ...object]
}

/** The environment where `guard` has held (`outcome` true) or has not. */
export const narrow = (env: TypeEnv, guard: Expr, outcome: boolean): TypeEnv => {
  const known = comparisons(guard, outcome, env)
  if (known.length === 0) return env
  const shown = known.flatMap(present(env)).filter((key) => env.present?.has(key) !== true)
  const done = known.flatMap(ended("done", env)).filter((session) => !env.certain(session))
  const failed = known.flatMap(ended("failed", env)).filter((session) => !env.failed(session))
  // what is known already makes no other place of this one
  if (shown.length + done.length + failed.length === 0) return env
  return {
    ...env,
    present: new Set([...(env.present ?? []), ...shown]),
    ...(done.length > 0 && { certain: (session) => done.includes(session) || env.certain(session) }),
    ...(failed.length > 0 && { failed: (session) => failed.includes(session) || env.failed(session) }),
  }
}

export const isPresent = (env: TypeEnv, expr: Expr): boolean => {
  if (env.present === undefined) return false
  const key = chainKey(expr, env)
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
