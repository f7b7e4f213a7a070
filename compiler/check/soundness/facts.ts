/** What the exploration of a fleet's net found, in terms of rule ids. A scenario is one line of text, the shortest that was found. */
export type Verdict = "satisfiable" | "unsatisfiable" | "may-starve" | "undecided"

/** One step of a scenario as data: what ended and how, and what guards were told then. A script that does the same makes the same happen. */
export interface Move {
  /** A session, `gate <name>` or `human`. */
  readonly place: string
  readonly event: string
  /** How many instances of a fan-out did so. */
  readonly tokens: number
  /** What guards asked, by the key of the asked: `s:<session>.<field>` for a field of an output. */
  readonly answers: ReadonlyArray<readonly [asked: string, value: null | boolean | number | string]>
}

export interface JoinFact {
  readonly rule: string
  readonly verdict: Verdict
  readonly scenario?: string
  /** The scenario step by step. */
  readonly moves?: ReadonlyArray<Move>
  /** Of an undecided join: it was seen to fire, and only whether it may wait for ever is open. */
  readonly fires?: boolean
  /** An unsatisfiable join whose member only dead rules would start: that rule is the cause. */
  readonly because?: string
}

export interface DoubleActivation {
  readonly session: string
  readonly rules: readonly [string, string]
  readonly scenario: string
  readonly moves: ReadonlyArray<Move>
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
