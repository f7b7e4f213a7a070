/** The stage of types: every expression has one, fits where it stands, and reads only what is certainly there. */
import { catalogue, diagnose, didYouMean, quotedList, suggest, type CatalogueEntry, type Diagnostic, type Span } from "../diagnostics/index.ts"
import {
  accepts,
  givenType,
  infer,
  inferGuard,
  inferItems,
  inferText,
  misfits,
  narrow,
  printType,
  unsureReads,
  type Expr,
  type Inferred,
  type Type,
  type TypeEnv,
} from "../ir/index.ts"
import type { Action, Expr as ExprAst, Rule } from "../routes/index.ts"
import { certainAtEnd } from "./certain-end.ts"
import { certaintyOf, type Certainty } from "./certainty.ts"
import { constantOf } from "./constant.ts"
import { missingCases } from "./exhaustiveness.ts"
import { ambiguousEvents, ambiguousOutputs, ambiguousSends, ambiguousValues } from "./instances.ts"
import type { KnownRules, Moment } from "../memory/known-rules.ts"
import type { Lookup, ParsedFleet, Store } from "./model.ts"
import type { ResolvedNames } from "./names.ts"
import { partsOf } from "./parts.ts"
import { withoutLets } from "./without-lets.ts"
import { unreachableCases } from "./unreachable-cases.ts"
import { actionsIn, sitesOfAction, type Site } from "./walk.ts"

export type TypedExpressions = Lookup<ExprAst, Typed>

interface Typed {
  readonly expr: Expr
  readonly type: Type
}

/** `known`: what is remembered of rules that were there before. */
export const checkTypes = (
  fleet: ParsedFleet,
  names: ResolvedNames,
  known?: KnownRules,
): { readonly types: TypedExpressions; readonly diagnostics: ReadonlyArray<Diagnostic> } => {
  const check = new TypeCheck(fleet, names, known?.types ?? new Map())
  check.run(known)
  return { types: check.types, diagnostics: check.problems }
}

class TypeCheck {
  readonly types: Store<ExprAst, Typed>
  readonly problems: Array<Diagnostic> = []
  readonly #fleet: ParsedFleet
  readonly #names: ResolvedNames
  readonly #certainty: Certainty
  /** nothing is certain */
  readonly #never: Moment
  readonly #inputs: ReadonlyMap<string, Type>
  /** at least what holds wherever the let is used */
  readonly #letMoments = new Map<string, Moment>()
  #lastMoment: Moment | undefined

  constructor(fleet: ParsedFleet, names: ResolvedNames, types: TypeCheck["types"]) {
    this.#fleet = fleet
    this.#names = names
    this.types = types
    this.#certainty = certaintyOf(fleet, names.symbols)
    this.#never = { done: this.#certainty.none, failed: this.#certainty.none }
    this.#inputs = new Map(fleet.inputs.map(({ name, type, default: given }) => [name.value, givenType(type, given?.value)]))
  }

  run(known: KnownRules | undefined): void {
    this.#checkDefaults()
    this.#checkLets()
    for (const rule of this.#fleet.rules) {
      const moment = this.#momentOf(rule)
      if (known?.fits(rule, moment) === true) continue
      const told = this.problems.length
      this.#checkRule(rule, moment)
      if (this.problems.length === told) known?.typed(rule, moment)
    }
    this.problems.push(...ambiguousSends(this.#fleet, this.#names.symbols.instances))
    const { task, outputs } = this.#fleet
    if (task !== undefined) this.#checkSite({ root: task.template, use: "text", variables: new Map() }, this.#env(this.#never))
    if (outputs.length > 0) this.#checkOutputs()
  }

  #checkDefaults(): void {
    for (const input of this.#fleet.inputs) {
      const { type, default: given } = input
      const [problem] = given === undefined ? [] : misfits(input, given.value)
      if (given === undefined || problem === undefined) continue
      const help = accepts(type, given.value).length > 0 ? { help: `a default is a value of the input's own type` } : { help: problem.message }
      this.problems.push(diagnose("type-mismatch", given.span, { expected: printType(type), found: JSON.stringify(given.value) }, help))
    }
  }

  #env({ done, failed }: Moment): TypeEnv {
    const lets = new Map<string, Type>()
    const env: TypeEnv = {
      output: (session) => this.#fleet.outputTypes.get(session)?.type,
      input: (name) => this.#inputs.get(name),
      let: (name) => {
        const known = lets.get(name) ?? this.#letType(name, env)
        lets.set(name, known)
        return known
      },
      variable: () => ({ kind: "json" }),
      definition: (name) => this.#definition(name),
      certain: (session) => done.has(session),
      failed: (session) => failed.has(session),
    }
    return env
  }

  /** A let has the type of its value where it is used: what may be absent in one rule is certain in another. */
  #letType(name: string, env: TypeEnv): Type {
    const expr = this.#definition(name)
    return expr === undefined ? { kind: "json" } : infer(expr, env).type
  }

  #definition(name: string): Expr | undefined {
    const declared = this.#names.symbols.lets.get(name)
    return declared && this.#names.expressions.of.get(declared.value)
  }

  /** An expression with what its lets stand for. */
  #whole(root: ExprAst): Expr | undefined {
    const expr = this.#names.expressions.of.get(root)
    return expr && this.#fleet.lets.length > 0 ? withoutLets(expr, (name) => this.#definition(name)) : expr
  }

  // ---- lets: checked once, where they stand, with what holds wherever they are used

  #checkLets(): void {
    if (this.#fleet.lets.length === 0) return
    for (const rule of this.#fleet.rules) {
      const moment = this.#momentOf(rule)
      for (const { guard, action } of rule.cases) {
        if (guard !== undefined) this.#useLets(guard, moment)
        for (const site of sitesOfAction(action)) this.#useLets(site.root, moment)
      }
      for (const { within } of rule.triggers)
        if (within !== undefined) for (const site of sitesOfAction(within.otherwise)) this.#useLets(site.root, this.#never)
    }
    if (this.#fleet.task !== undefined) this.#useLets(this.#fleet.task.template, this.#never)
    for (const { value } of this.#fleet.outputs) this.#useLets(value, this.#atEnd())
    const { all } = this.#certainty
    for (const { name, value } of this.#fleet.lets) {
      this.#checkSite({ root: value, use: "value", variables: new Map() }, this.#env(this.#letMoments.get(name.text) ?? { done: all, failed: all }))
    }
  }

  #useLets(root: ExprAst, moment: Moment, seen = new Set<string>()): void {
    const expr = this.#names.expressions.of.get(root)
    if (expr === undefined) return
    for (const part of partsOf(expr)) {
      if (part.op !== "let" || seen.has(part.name)) continue
      seen.add(part.name)
      const known = this.#letMoments.get(part.name)
      this.#letMoments.set(
        part.name,
        known === undefined ? moment : { done: known.done.intersection(moment.done), failed: known.failed.intersection(moment.failed) },
      )
      const inner = this.#names.symbols.lets.get(part.name)
      if (inner !== undefined) this.#useLets(inner.value, moment, seen)
    }
  }

  // ---- rules

  #momentOf(rule: Pick<Rule, "triggers">): Moment {
    const moments = rule.triggers.map(({ join }): Moment => ({ done: this.#certainty.done(join), failed: this.#certainty.failed(join) }))
    const [only] = moments
    if (only !== undefined && moments.length === 1) return only
    return moments.reduce((all, one) => ({ done: all.done.intersection(one.done), failed: all.failed.intersection(one.failed) }))
  }

  #checkRule(rule: Rule, moment: Moment): void {
    const { instances } = this.#names.symbols
    this.problems.push(...ambiguousEvents(rule, instances))
    const before = this.#env(moment)
    let env = before
    const complete = rule.cases.every(({ guard }) => guard === undefined || this.#names.expressions.of.has(guard))
    const found = this.problems.length
    for (const { guard, action } of rule.cases) {
      const condition = guard && this.#names.expressions.of.get(guard)
      if (guard !== undefined) this.#checkSite({ root: guard, use: "guard", variables: new Map() }, env)
      this.#checkAction(action, condition === undefined ? env : narrow(env, condition, true))
      if (condition !== undefined) env = narrow(env, condition, false)
    }
    for (const { within } of rule.triggers) if (within !== undefined) this.#checkAction(within.otherwise, this.#env(this.#never))
    if (instances.size > 0) this.problems.push(...ambiguousValues(rule, instances, this.#names))
    if (!complete || this.problems.length > found) return
    const guards = rule.cases.map(({ guard }) => guard && this.#whole(guard))
    if (rule.form === "arrow") {
      for (const { reason } of unreachableCases(guards, before))
        this.problems.push(diagnose("dead-route:because", rule.span, { reason }, { help: "mend its condition, or remove the route" }))
      return
    }
    for (const { at, reason } of unreachableCases(guards, before)) {
      const one = rule.cases[at]
      if (one !== undefined) this.problems.push(diagnose("unreachable-case:because", one.span, { reason }, { help: "remove it, or move it up" }))
    }
    const expressions = guards.filter((expr) => expr !== undefined)
    if (expressions.length < rule.cases.length) return
    const missing = missingCases(expressions, before)
    const header: Span = { ...rule.span, end: rule.triggers.at(-1)?.span.end ?? rule.span.end }
    if (missing !== undefined) this.problems.push(diagnose("non-exhaustive-cases", header, { missing }, { help: "add a case, or otherwise -> …" }))
  }

  /** One of its cases holds, as far as that can be told. */
  #isExhaustive({ form, cases, triggers }: Rule): boolean {
    const guards = cases.flatMap(({ guard }) => (guard === undefined ? [] : [this.#whole(guard)]))
    if (guards.length < cases.length || form === "arrow") return guards.length < cases.length
    const known = guards.filter((guard) => guard !== undefined)
    return known.length < guards.length || missingCases(known, this.#env(this.#momentOf({ triggers }))) === undefined
  }

  #checkAction(action: Action, env: TypeEnv): void {
    for (const site of sitesOfAction(action)) this.#checkSite(site, env)
    for (const each of actionsIn(action)) {
      const config = each.kind === "use" && each.config !== undefined ? this.#names.expressions.of.get(each.config) : undefined
      if (each.kind !== "use" || each.config === undefined || config === undefined || constantOf(config) !== undefined) continue
      this.problems.push(diagnose("plugin-config-invalid", each.config.span, { plugin: each.plugin.text, problem: "it must not depend on the run" }))
    }
  }

  #checkSite({ root, use, variables }: Site, base: TypeEnv): void {
    const expr = this.#names.expressions.of.get(root)
    if (expr === undefined) return
    const env = variables.size === 0 ? base : { ...base, variable: (name: string) => this.#itemType(variables.get(name), base) }
    const inferred = inferAs[use](expr, env)
    for (const each of this.#diagnostics(inferred)) this.problems.push(each)
    this.types.set(root, { expr, type: use === "list" ? { kind: "list", item: inferred.type } : inferred.type })
  }

  /** What holds when the run succeeds, of the sessions that `outputs` read. */
  #atEnd(): Moment {
    return (this.#lastMoment ??= { done: this.#certainty.of(this.#readAtEnd()), failed: this.#certainty.none })
  }

  /** Of rules that could not be read or name nobody it is not known what they lead to. */
  #missesRules(): boolean {
    return this.#fleet.refusedRoutes || this.#names.diagnostics.some(({ code }) => code === "unknown-session" || code === "unknown-event")
  }

  #readAtEnd(): ReadonlyArray<string> {
    const { symbols } = this.#names
    const certain = certainAtEnd(this.#fleet, symbols, this.#certainty, (rule) => this.#isExhaustive(rule))
    const read = new Set<string>()
    const seen = new Set<string>()
    const look = (root: ExprAst): void => {
      for (const part of partsOf(this.#names.expressions.of.get(root) ?? nothing)) {
        if (part.op === "session") read.add(part.session)
        const declared = part.op === "let" && !seen.has(part.name) ? symbols.lets.get(part.name) : undefined
        if (part.op === "let") seen.add(part.name)
        if (declared !== undefined) look(declared.value)
      }
    }
    for (const { value } of this.#fleet.outputs) look(value)
    return [...read].filter((session) => symbols.instances.has(session) || this.#missesRules() || certain(session))
  }

  /** A person may cancel any session, so whatever is certain otherwise is typed as what may be absent. */
  #checkOutputs(): void {
    const [env, never] = [this.#env(this.#atEnd()), this.#env(this.#never)]
    this.problems.push(...ambiguousOutputs(this.#fleet.outputs, this.#names.symbols.instances, this.#names))
    for (const { value } of this.#fleet.outputs) {
      const expr = this.#names.expressions.of.get(value)
      if (expr === undefined) continue
      this.problems.push(...this.#diagnostics(infer(expr, env)), ...this.#diagnostics({ problems: unsureReads(expr, env) }))
      this.types.set(value, { expr, type: infer(expr, never).type })
    }
  }

  #itemType(list: ExprAst | undefined, env: TypeEnv): Type {
    const expr = list && this.#names.expressions.of.get(list)
    return expr === undefined ? { kind: "json" } : inferItems(expr, env).type
  }

  #diagnostics({ problems }: Pick<Inferred, "problems">): ReadonlyArray<Diagnostic> {
    const { spans, fieldSpans } = this.#names.expressions
    return problems.flatMap(({ code, expr, message, field, known }) => {
      const span = code === "unknown-field" ? (fieldSpans.get(expr) ?? spans.get(expr)) : spans.get(expr)
      if (span === undefined) return []
      const more = known === undefined ? {} : field === undefined ? meantLiteral(expr, span, known) : didYouMean(field, span, known)
      const help = known !== undefined && more.help === undefined && known.length > 0 ? { help: `expected one of ${quotedList(known)}` } : helpOf(code)
      return [{ code, severity: "error" as const, message, span, related: [], ...help, ...more }]
    })
  }
}

/** A text that is none of an enum's values, but near to one. */
const meantLiteral = (expr: Expr, span: Span, known: ReadonlyArray<string>): Pick<Diagnostic, "help" | "fix"> => {
  const written = expr.op === "literal" && typeof expr.value === "string" ? expr.value : undefined
  const near = written === undefined ? undefined : suggest(written, known)
  if (near === undefined) return {}
  return !/^[\w .-]+$/.test(near)
    ? { help: `did you mean "${near}"?` }
    : { help: `did you mean "${near}"?`, fix: { title: `change "${written}" to "${near}"`, edits: [{ span, text: JSON.stringify(near) }] } }
}

const helpOf = (code: keyof typeof catalogue): { readonly help?: string } => {
  const entry: CatalogueEntry = catalogue[code]
  return entry.help === undefined ? {} : { help: entry.help }
}

const nothing: Expr = { op: "literal", kind: "null", value: null }

const inferAs = { guard: inferGuard, list: inferItems, text: inferText, value: infer } as const
