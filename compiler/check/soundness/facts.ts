/** What the exploration of a fleet's net found, in terms of rule ids. A scenario is one line of text, the shortest that was found. */
export type Verdict = "satisfiable" | "unsatisfiable" | "may-starve" | "undecided"

export interface JoinFact {
  readonly rule: string
  readonly verdict: Verdict
  readonly scenario?: string
  /** An unsatisfiable join whose member only dead rules would start: that rule is the cause. */
  readonly because?: string
}

export interface DoubleActivation {
  readonly session: string
  readonly rules: readonly [string, string]
  readonly scenario: string
}

export interface SoundnessFacts {
  readonly joins: ReadonlyArray<JoinFact>
  readonly doubleActivations: ReadonlyArray<DoubleActivation>
  /** Sessions for which the bound was reached before it was known whether two rules activate them at once. */
  readonly undecidedSessions: ReadonlyArray<{ readonly session: string; readonly rule: string }>
  readonly neverEnds?: { readonly rule: string; readonly scenario: string }
  /** Rules on one event that no execution raises. */
  readonly deadRules: ReadonlyArray<string>
  readonly undecided: boolean
}
