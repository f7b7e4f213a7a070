/** What the exploration of a fleet's net found, in terms of rule ids. A scenario is one line of text, the shortest that was found. */
import type { Told } from "./play.ts"

export type Verdict = "satisfiable" | "unsatisfiable" | "may-starve" | "undecided"

/** One step of a scenario as data: what ended and how. A script that does the same makes the same happen. */
export interface Move {
  /** A session, `gate <name>`, `human`, or `rule <id>` whose time limit passes. */
  readonly place: string
  readonly event: string
  /** How many instances of a fan-out did so. */
  readonly tokens: number
  /** The move after which the activation was asked for, counted from 1; 0 for the start. */
  readonly since: number
  /** The rule that asked for it; "" for the start. */
  readonly by: string
  /** Of a fan-out: the number of its first instance, and how many of it had ended. */
  readonly first?: number
  readonly before?: number
  /** Sessions whose running activation was cancelled by what followed. */
  readonly stopped?: ReadonlyArray<string>
  /** Those whose agent had not started yet. */
  readonly unstarted?: ReadonlyArray<string>
  /** How many instances failed, where others did not. */
  readonly failed?: number
}

/** An execution, step by step, with what guards were told about its moves: `at` numbers them from 1. */
export interface Course {
  readonly moves: ReadonlyArray<Move>
  readonly told: ReadonlyArray<Told>
  /** Moves after which the run was paused; 0 for the start. */
  readonly pauses: ReadonlyArray<number>
  /** Sessions that are live in the end, and those of which the agent has not started. */
  readonly live: ReadonlyArray<string>
  readonly starting: ReadonlyArray<string>
}

export interface JoinFact {
  readonly rule: string
  readonly verdict: Verdict
  readonly scenario?: string
  /** The scenario step by step. */
  readonly course?: Course
  /** Of an undecided join: it was seen to fire, and only whether it may wait for ever is open. */
  readonly fires?: boolean
  /** Of what is undecided: everything was explored, but whether guards can turn out so is not known. */
  readonly guards?: boolean
  /** Of what is undecided: it depends on who starts first, since few may work at once. */
  readonly room?: boolean
  /** Of what is undecided: it waits for what an `undo` leads to. */
  readonly undoing?: boolean
  /** An unsatisfiable join whose member only dead rules would start: that rule is the cause. */
  readonly because?: string
}

export interface DoubleActivation {
  readonly session: string
  readonly rules: readonly [string, string]
  readonly scenario: string
  readonly course: Course
}

export interface SoundnessFacts {
  readonly joins: ReadonlyArray<JoinFact>
  readonly doubleActivations: ReadonlyArray<DoubleActivation>
  /** Sessions for which the bound was reached before it was known whether two rules activate them at once. */
  readonly undecidedSessions: ReadonlyArray<{ readonly session: string; readonly rule: string; readonly guards?: boolean }>
  readonly neverEnds?: { readonly rule: string; readonly scenario: string }
  /** A rule of a loop through people of which it is not known whether it can be left. */
  readonly undecidedEnd?: string
  /** Rules on one event that no execution raises. */
  readonly deadRules: ReadonlyArray<string>
  readonly undecided: boolean
  /** States that were explored for all of it. */
  readonly states: number
}
