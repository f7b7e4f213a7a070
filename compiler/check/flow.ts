/** The stage of flow: what the rules can and cannot bring about, read off the rules alone. */
import { diagnose, type Diagnostic } from "../diagnostics/index.ts"
import type { Rule } from "../routes/index.ts"
import { unboundedLoops } from "./loops.ts"
import type { ParsedFleet } from "./model.ts"
import type { ResolvedNames } from "./names.ts"
import { neverHappens } from "./never-happens.ts"
import { unreachableSessions } from "./reachability.ts"
import { redundantSends } from "./redundant-sends.ts"
import { unusedNames } from "./unused.ts"

export interface Flow {
  readonly diagnostics: ReadonlyArray<Diagnostic>
  /** a loop without a bound accounts for much of what an exploration finds */
  readonly endless: boolean
  /** pairs of triggers, by number, that send one thing twice: told already */
  readonly redundant: ReadonlyArray<readonly [number, number]>
}

/** `before`: what earlier stages found. A misspelt name or a rule that does not parse is one mistake: nothing that follows from it is told. */
export const checkFlow = (fleet: ParsedFleet, names: ResolvedNames, before: ReadonlyArray<Diagnostic>): Flow => {
  const loops = unboundedLoops(fleet, names.symbols)
  const redundant = redundantSends(fleet, errorsIn(before, fleet.document.file))
  const meant = new Set(before.flatMap(({ fix }) => fix?.edits.map(({ text }) => text) ?? []))
  const rest = fleet.document.mode.use.value === "llm"
  const whole = !fleet.refusedRoutes && !before.some(({ code, fix }) => unreadRules.has(code) || (unknownNames.has(code) && fix === undefined))
  return {
    diagnostics: [
      ...(whole ? [...unreachableSessions(fleet, names.symbols, meant).filter(notBlamed(before)), ...unusedNames(fleet, names, meant)] : []),
      ...(rest ? restingRules(fleet) : neverHappens(fleet, names.symbols)),
      ...loops,
      ...redundant.map(({ diagnostic }) => diagnostic),
    ],
    endless: loops.length > 0,
    redundant: redundant.map(({ triggers }) => triggers),
  }
}

/** `mode: llm` asks the model alone what follows, so that no rule ever fires. */
const restingRules = ({ rules }: ParsedFleet): ReadonlyArray<Diagnostic> =>
  rules.map(({ span }) =>
    diagnose("dead-route:because", span, { reason: "in mode llm the model alone says what follows" }, { help: "write mode: hybrid, or remove the route" }),
  )

/** Whether an error begins in a rule. */
const errorsIn = (before: ReadonlyArray<Diagnostic>, file: string): ((rule: Rule) => boolean) => {
  const starts = before.flatMap(({ severity, span }) => (severity === "error" && span.file === file ? [span.start] : [])).sort((a, b) => a - b)
  return ({ span: { start, end } }) => {
    let [low, high] = [0, starts.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) < start) low = middle + 1
      else high = middle
    }
    return (starts[low] ?? Infinity) < end
  }
}

/** A session whose id is refused cannot be sent to. */
const notBlamed = (before: ReadonlyArray<Diagnostic>) => {
  const refused = new Set(before.flatMap(({ code, span }) => (code === "invalid-value" ? [span.start] : [])))
  return ({ span }: Diagnostic): boolean => !refused.has(span.start)
}

/** Rules, or parts of them, that were not understood. */
const unreadRules: ReadonlySet<string> = new Set(["dsl-syntax", "unterminated-text", "unsafe-regex", "limit-exceeded", "conflicting-keys", "missing-key"])
/** Names whose meaning is not known; with a fix it is: the one near. */
const unknownNames: ReadonlySet<string> = new Set(["unknown-session", "unknown-name", "unknown-field", "unknown-event"])
