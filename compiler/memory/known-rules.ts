/**
 * Rules in which nothing was wrong, and what their expressions mean, as long as all that a rule can speak of is what it was: then looking at them
 * again would find the same. What is known of a rule is known by the tree it was read as, see `Statements`.
 */
import type { NameSet } from "../check/name-set.ts"
import type { ParsedFleet, Symbols } from "../check/model.ts"
import type { Expr, Type } from "../ir/model.ts"
import type { Span } from "../diagnostics/index.ts"
import type { Expr as ExprAst, Rule } from "../routes/index.ts"
import { isSame } from "./is-same.ts"

/** The lets and inputs that a rule uses. */
export interface Uses {
  readonly lets: ReadonlySet<string>
  readonly inputs: ReadonlySet<string>
}

/** What holds where an expression is read: the sessions that certainly ended `done`, or failed. */
export interface Moment {
  readonly done: NameSet
  readonly failed: NameSet
}

export class KnownRules {
  #world: unknown
  #of = new WeakMap<ExprAst, Expr>()
  #types = new WeakMap<ExprAst, { readonly expr: Expr; readonly type: Type }>()
  readonly #spans = new WeakMap<Expr, Span>()
  readonly #fieldSpans = new WeakMap<Expr, Span>()
  #resolved = new WeakMap<Rule, Uses>()
  #typed = new WeakMap<Rule, Moment>()

  get expressions(): { readonly of: WeakMap<ExprAst, Expr>; readonly spans: WeakMap<Expr, Span>; readonly fieldSpans: WeakMap<Expr, Span> } {
    return { of: this.#of, spans: this.#spans, fieldSpans: this.#fieldSpans }
  }

  get types(): WeakMap<ExprAst, { readonly expr: Expr; readonly type: Type }> {
    return this.#types
  }

  /** Where anything is not as it was that names and types are looked up in, no rule is known any more. */
  lookAround(fleet: ParsedFleet, symbols: Symbols): void {
    const world = worldOf(fleet, symbols)
    if (isSame(world, this.#world)) return
    this.#world = world
    this.#of = new WeakMap()
    this.#types = new WeakMap()
    this.#resolved = new WeakMap()
    this.#typed = new WeakMap()
  }

  /** Of a rule whose names were all found. */
  usesOf(rule: Rule): Uses | undefined {
    return this.#resolved.get(rule)
  }

  resolved(rule: Rule, uses: Uses): void {
    this.#resolved.set(rule, uses)
  }

  /** The types of a rule whose names are known fit, where so much is certain. */
  fits(rule: Rule, { done, failed }: Moment): boolean {
    const known = this.#typed.get(rule)
    return known !== undefined && known.done.isSame(done) && known.failed.isSame(failed)
  }

  typed(rule: Rule, moment: Moment): void {
    if (this.#resolved.has(rule)) this.#typed.set(rule, moment)
  }
}

/** All that is looked up for a rule, whatever it says. */
const worldOf = ({ inputs, lets, outputTypes }: ParsedFleet, symbols: Symbols): unknown => ({
  sessions: [...symbols.sessions],
  instances: [...symbols.instances],
  gates: [...symbols.gates.keys()],
  lets,
  lost: [...symbols.lost],
  plugins: [...symbols.plugins],
  inputs: inputs.map(({ name, type, schema, default: given }) => ({ name: name.value, type, schema, given: given?.value })),
  outputs: [...outputTypes],
})
