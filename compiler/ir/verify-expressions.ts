/** Re-checks expressions of an IR: their names, the types they claim, and that they read only what is certainly there. */
import { certainIn, nothingCertain, type Certain } from "./certain.ts"
import { childrenOf } from "./children.ts"
import { infer, inferGuard, inferItems, inferText, type Inferred } from "./infer.ts"
import type { Expr, Expression, Ir, Join, Session, Type } from "./model.ts"
import { pattern } from "./regex/match.ts"
import { assignable, givenType } from "./type.ts"
import type { TypeEnv } from "./type-env.ts"
import { expressionDepth, maxExpressionDepth } from "./verify-depth.ts"

/** What an expression is for, which says what type it must have. */
export type Use = "guard" | "list" | "text" | "value"

/** What holds where an expression is read. */
export interface Moment {
  readonly env: TypeEnv
  /** sessions with instances, of which this speaks of one; undefined where nobody asks */
  readonly one?: ReadonlySet<string>
}

type Report = (path: string, message: string) => void

export class ExpressionVerifier {
  readonly #report: Report
  readonly #sessions: ReadonlyMap<string, Session>
  readonly #inputs: ReadonlyMap<string, Type>
  readonly #lets = new Map<string, Expr>()
  readonly #certain: (join: Join) => Certain

  constructor(ir: Ir, sessions: ReadonlyMap<string, Session>, report: Report) {
    this.#report = report
    this.#sessions = sessions
    this.#inputs = new Map(ir.inputs.map((input) => [input.name, givenType(input.type, input.default)]))
    this.#certain = certainIn(ir)
  }

  /** Where a rule with this join fires. */
  fired(join: Join): Moment {
    return { env: this.#env(this.#certain(join)), one: oneOf(join) }
  }

  /** Where nothing is certain. `one` is empty where instances cannot be told apart. */
  anytime(one?: ReadonlySet<string>): Moment {
    return { env: this.#env(nothingCertain), ...(one && { one }) }
  }

  /**
   * At the end, when `outputs` are read. That a person may cancel any session is in their types and no fault, so for the rest all counts as done.
   */
  atEnd(): Moment {
    return { env: this.#env({ done: () => true, failed: () => false }), one: new Set() }
  }

  /** A let sees those above it, so there is no circle. What it reads is looked at where it is used, so here all counts as done. */
  declare(path: string, name: string, value: Expression): void {
    this.check(path, value, { env: this.#env({ done: () => true, failed: () => true }) }, "value")
    if (!this.#lets.has(name)) this.#lets.set(name, value.expr)
  }

  check(path: string, { expr, type: claimed }: Expression, { env, one }: Moment, use: Use): void {
    if (expressionDepth(expr) > maxExpressionDepth) return this.#report(path, "the expression is nested too deep")
    this.#nodes(path, expr, one, new Set())
    const { type, problems } = inferAs[use](expr, env)
    for (const { message } of problems) this.#report(`${path}/expr`, message)
    const found: Type = use === "list" ? { kind: "list", item: type } : type
    if (!assignable(found, claimed) && !assignable(found, { kind: "maybe", type: claimed }))
      this.#report(`${path}/type`, "the expression is not of the type it claims")
    if (use !== "value" && !assignable(claimed, wanted[use])) this.#report(`${path}/type`, `this claims to be something else than a ${use}`)
  }

  #env({ done, failed }: Certain): TypeEnv {
    const types = new Map<string, Type>()
    const definition = (name: string): Expr | undefined => this.#lets.get(name)
    const env: TypeEnv = {
      output: (session) => this.#sessions.get(session)?.output?.type,
      input: (name) => this.#inputs.get(name),
      let: (name) => {
        const known = types.get(name)
        const value = known === undefined ? definition(name) : undefined
        if (value === undefined) return known
        const type = infer(value, env).type
        types.set(name, type)
        return type
      },
      variable: () => undefined,
      certain: done,
      failed,
      definition,
    }
    return env
  }

  /** What does not depend on where it stands, and reads of sessions with instances, through lets too. */
  #nodes(path: string, expr: Expr, one: Moment["one"], seen: Set<string>): void {
    const wrong = faultOf(expr)
    if (wrong !== undefined) this.#report(`${path}/expr`, wrong)
    if (expr.op === "session") {
      const session = this.#sessions.get(expr.session)
      if (session === undefined) this.#report(`${path}/expr`, `there is no session "${expr.session}"`)
      else if (session.instances && expr.property !== "outputs" && one?.has(expr.session) === false)
        this.#report(`${path}/expr`, `"${expr.session}" has instances, so its ${expr.property} is not one value`)
    }
    const inner = expr.op === "let" && !seen.has(expr.name) ? this.#lets.get(expr.name) : undefined
    if (expr.op === "let") seen.add(expr.name)
    if (inner !== undefined && one !== undefined) this.#nodes(path, inner, one, seen)
    for (const child of childrenOf(expr)) this.#nodes(path, child, one, seen)
  }
}

const inferAs: { readonly [use in Use]: (expr: Expr, env: TypeEnv) => Inferred } = { guard: inferGuard, list: inferItems, text: inferText, value: infer }
const wanted: { readonly [use in Exclude<Use, "value">]: Type } = {
  guard: { kind: "boolean" },
  list: { kind: "list", item: { kind: "json" } },
  text: { kind: "string" },
}

const faultOf = (expr: Expr): string | undefined => {
  if (expr.op === "literal" && !fits[expr.kind](expr.value)) return `this is no literal of the kind ${expr.kind}`
  if (expr.op !== "regex") return undefined
  const compiled = pattern(expr.source)
  return compiled.ok ? undefined : compiled.message
}

type Literal = Extract<Expr, { readonly op: "literal" }>

const isAmount = (value: Literal["value"]): boolean => typeof value === "number" && value >= 0
const fits: { readonly [kind in Literal["kind"]]: (value: Literal["value"]) => boolean } = {
  string: (value) => typeof value === "string",
  integer: (value) => Number.isSafeInteger(value),
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
  duration: isAmount,
  money: isAmount,
  percent: isAmount,
}

/** The sessions with instances of which a rule with this join speaks of one. */
const oneOf = (join: Join): ReadonlySet<string> =>
  new Set(join.kind === "instances" && join.want.kind === "each" && "session" in join.event ? [join.event.session] : [])
