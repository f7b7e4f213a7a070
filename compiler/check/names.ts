/** The stage of names: everything a fleet names exists, and no two things share a name. */
import type { Diagnostic } from "../diagnostics/index.ts"
import type { Expr } from "../ir/model.ts"
import type { Expr as ExprAst } from "../routes/index.ts"
import type { DriverDescription } from "./builtin-plugins.ts"
import { collectSymbols } from "./collect-symbols.ts"
import { checkDocumentNames } from "./document-names.ts"
import { checkDrivers } from "./drivers.ts"
import type { ParsedFleet, ResolvedExpressions, Symbols } from "./model.ts"
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

export const resolveNames = (fleet: ParsedFleet, drivers: ReadonlyArray<DriverDescription>): ResolvedNames => {
  const { symbols, diagnostics } = collectSymbols(fleet)
  const resolver = new ExpressionResolver()
  const of = resolveAll(fleet, symbols, resolver)
  return {
    symbols,
    expressions: { of, spans: resolver.spans, fieldSpans: resolver.fieldSpans },
    used: { lets: resolver.usedLets, inputs: resolver.usedInputs },
    diagnostics: [
      ...diagnostics,
      ...checkDocumentNames(fleet.document, symbols),
      ...checkDrivers(fleet.document, symbols, drivers),
      ...fleet.rules.flatMap((rule) => [...checkRuleNames(rule, symbols), ...checkRuleValues(rule, symbols, fleet.document.budget)]),
      ...resolver.problems,
    ],
  }
}

const resolveAll = (fleet: ParsedFleet, symbols: Symbols, resolver: ExpressionResolver): ReadonlyMap<ExprAst, Expr> => {
  const resolved = new Map<ExprAst, Expr>()
  const resolve = (root: ExprAst, variables: Scope["variables"], lets: Scope["lets"]): void => {
    const expr = resolver.resolve(root, { symbols, variables, lets })
    if (expr !== undefined) resolved.set(root, expr)
  }
  const none = new Map<string, never>()
  const lets = new Set<string>()
  for (const { name, value } of fleet.lets) {
    resolve(value, none, lets)
    lets.add(name.text)
  }
  for (const rule of fleet.rules)
    for (const { root, variables } of [...sitesOfCases(rule), ...sitesOfDeadlines(rule)]) if (!resolved.has(root)) resolve(root, variables, lets)
  if (fleet.task !== undefined) resolve(fleet.task.template, none, lets)
  for (const { value } of fleet.outputs) resolve(value, none, lets)
  return resolved
}
