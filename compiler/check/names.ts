/** The stage of names: everything a fleet names exists, and no two things share a name. */
import type { Diagnostic, Span } from "../diagnostics/index.ts"
import type { Expr } from "../ir/model.ts"
import type { KnownRules, Uses } from "../memory/known-rules.ts"
import type { Expr as ExprAst, Rule } from "../routes/index.ts"
import type { DriverDescription } from "./builtin-plugins.ts"
import { collectSymbols } from "./collect-symbols.ts"
import { checkDocumentNames } from "./document-names.ts"
import { checkDrivers } from "./drivers.ts"
import type { ParsedFleet, ResolvedExpressions, Store, Symbols } from "./model.ts"
import { ExpressionResolver, type Scope } from "./resolve-expression.ts"
import { checkRuleNames } from "./rule-names.ts"
import { checkRuleValues } from "./rule-values.ts"
import { sitesOfCases, sitesOfDeadlines } from "./walk.ts"

export interface ResolvedNames {
  readonly symbols: Symbols
  readonly expressions: ResolvedExpressions
  /** names that some expression uses */
  readonly used: { readonly lets: ReadonlySet<string>; readonly inputs: ReadonlySet<string> }
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

/** `known`: what is remembered of rules that were there before. */
export const resolveNames = (fleet: ParsedFleet, drivers: ReadonlyArray<DriverDescription>, known?: KnownRules): ResolvedNames => {
  const { symbols, diagnostics } = collectSymbols(fleet)
  known?.lookAround(fleet, symbols)
  const expressions: Stores = known?.expressions ?? { of: new Map<ExprAst, Expr>(), spans: new Map<Expr, Span>(), fieldSpans: new Map<Expr, Span>() }
  const stage = new NameStage(fleet, symbols, expressions)
  stage.run(known)
  return {
    symbols,
    expressions,
    used: stage.used,
    diagnostics: [
      ...diagnostics,
      ...checkDocumentNames(fleet.document, symbols),
      ...checkDrivers(fleet.document, symbols, drivers),
      ...stage.problems,
      ...stage.resolver.problems,
    ],
  }
}

interface Stores {
  readonly of: Store<ExprAst, Expr>
  readonly spans: Store<Expr, Span>
  readonly fieldSpans: Store<Expr, Span>
}

class NameStage {
  readonly problems: Array<Diagnostic> = []
  readonly used = { lets: new Set<string>(), inputs: new Set<string>() }
  readonly resolver: ExpressionResolver
  readonly #fleet: ParsedFleet
  readonly #symbols: Symbols
  readonly #of: Stores["of"]

  constructor(fleet: ParsedFleet, symbols: Symbols, { of, spans, fieldSpans }: Stores) {
    this.#fleet = fleet
    this.#symbols = symbols
    this.#of = of
    this.resolver = new ExpressionResolver(spans, fieldSpans)
  }

  run(known: KnownRules | undefined): void {
    const { lets, rules, task, outputs } = this.#fleet
    const declared = new Set<string>()
    for (const { name, value } of lets) {
      this.#resolve(value, none, declared)
      declared.add(name.text)
    }
    this.#use(this.resolver.used)
    for (const rule of rules) this.#use(known?.usesOf(rule) ?? this.#look(rule, declared, known))
    this.resolver.used = { lets: this.used.lets, inputs: this.used.inputs }
    if (task !== undefined) this.#resolve(task.template, none, declared)
    for (const { value } of outputs) this.#resolve(value, none, declared)
  }

  #look(rule: Rule, lets: Scope["lets"], known: KnownRules | undefined): Uses {
    const found = [...checkRuleNames(rule, this.#symbols), ...checkRuleValues(rule, this.#symbols)]
    for (const each of found) this.problems.push(each)
    const told = this.resolver.problems.length
    this.resolver.used = { lets: new Set(), inputs: new Set() }
    let whole = true
    for (const { root, variables } of [...sitesOfCases(rule), ...sitesOfDeadlines(rule)]) if (!this.#resolve(root, variables, lets)) whole = false
    const uses = this.resolver.used
    if (whole && found.length === 0 && this.resolver.problems.length === told) known?.resolved(rule, uses)
    return uses
  }

  #resolve(root: ExprAst, variables: Scope["variables"], lets: Scope["lets"]): boolean {
    const expr = this.resolver.resolve(root, { symbols: this.#symbols, variables, lets })
    if (expr !== undefined) this.#of.set(root, expr)
    return expr !== undefined
  }

  #use({ lets, inputs }: Uses): void {
    for (const name of lets) this.used.lets.add(name)
    for (const name of inputs) this.used.inputs.add(name)
  }
}

const none: Scope["variables"] = new Map()
