/** Rules as written: programs, triggers and actions (language.md 3). */
import type { Span } from "../diagnostics/span.ts"
import type { DurationLiteral, Expr, IntLiteral, Name, PercentLiteral, RecordExpr, Template } from "./ast-values.ts"

// ---- program -------------------------------------------------------------------------------------------------------------

export interface Program {
  /** in file order */
  readonly statements: ReadonlyArray<Let | Rule>
  readonly comments: ReadonlyArray<Comment>
  /** names of lets and gates in statements that could not be read */
  readonly lost: ReadonlyArray<string>
  readonly span: Span
}

/** `# text` up to the end of its line; `text` is without the `#`, untrimmed. */
export interface Comment {
  /** where in the text of rules its `#` stands */
  readonly at: number
  readonly text: string
  readonly span: Span
}

export interface Let {
  readonly kind: "let"
  readonly name: Name
  readonly value: Expr
  readonly span: Span
}

export interface Rule {
  readonly kind: "rule"
  /** at least one; each fires the rule separately */
  readonly triggers: ReadonlyArray<Trigger>
  /** `on … [when e] -> a` is one case; `on … { … }` is at least one. The first match wins. */
  readonly cases: ReadonlyArray<Case>
  readonly form: "arrow" | "cases"
  readonly span: Span
}

export interface Case {
  /** absent: always (`otherwise`, or an arrow without `when`) */
  readonly guard?: Expr
  readonly action: Action
  readonly span: Span
}

// ---- triggers ------------------------------------------------------------------------------------------------------------

export interface Trigger {
  readonly join: Join
  readonly within?: { readonly duration: DurationLiteral; readonly otherwise: Action; readonly span: Span }
  readonly span: Span
}

export type Join = AllJoin | AnyJoin | RaceJoin | CountJoin | EachJoin | Event

/** `all(…)`, or `[…]` when `bracketed`. */
export interface AllJoin {
  readonly kind: "all"
  readonly members: ReadonlyArray<Join>
  readonly bracketed: boolean
  readonly span: Span
}
export interface AnyJoin {
  readonly kind: "any"
  readonly members: ReadonlyArray<Join>
  readonly span: Span
}
export interface RaceJoin {
  readonly kind: "race"
  readonly members: ReadonlyArray<Join>
  readonly span: Span
}
/** `n of (…)` */
export interface CountJoin {
  readonly kind: "count"
  readonly count: IntLiteral
  readonly members: ReadonlyArray<Join>
  readonly span: Span
}
export interface EachJoin {
  readonly kind: "each"
  readonly event: NamedEvent
  readonly span: Span
}

export type Event = NamedEvent | EveryEvent

/**
 * `subject.event(…)`. `duration` is given exactly for `idle`, `percent` exactly for `budget.reached`; `kinds` holds the names in the
 * parentheses of any other event. Subject and event may be unknown words.
 */
export interface NamedEvent {
  readonly kind: "event"
  readonly subject: Name
  readonly event: Name
  readonly kinds: ReadonlyArray<Name>
  readonly duration?: DurationLiteral
  readonly percent?: PercentLiteral
  readonly span: Span
}
/** `every(10m)` */
export interface EveryEvent {
  readonly kind: "every"
  readonly interval: DurationLiteral
  readonly span: Span
}

// ---- actions -------------------------------------------------------------------------------------------------------------

export type Action =
  | Send
  | ForAction
  | RetryAction
  | SelectAction
  | GateAction
  | CancelAction
  | UndoAction
  | PauseAction
  | CompleteAction
  | FailAction
  | NotifyAction
  | UseAction
  | SequenceAction

export interface Send {
  readonly kind: "send"
  readonly targets: ReadonlyArray<Name>
  /** written `[a, b]` */
  readonly bracketed: boolean
  readonly modifiers: Modifiers
  readonly span: Span
}
export interface ForAction {
  readonly kind: "for"
  readonly variable: Name
  readonly list: Expr
  readonly send: Send
  readonly span: Span
}
export interface RetryAction {
  readonly kind: "retry"
  readonly session: Name
  readonly modifiers: Modifiers
  readonly span: Span
}
export interface SelectAction {
  readonly kind: "select"
  /** absent: among the triggering sessions */
  readonly from?: ReadonlyArray<Name>
  readonly span: Span
}
export interface GateAction {
  readonly kind: "gate"
  readonly name: Name
  readonly question: Template
  readonly within?: DurationLiteral
  readonly span: Span
}
export interface CancelAction {
  readonly kind: "cancel"
  readonly target: { readonly kind: "session"; readonly name: Name } | { readonly kind: "others" | "fleet"; readonly span: Span }
  readonly span: Span
}
export interface UndoAction {
  readonly kind: "undo"
  readonly session: Name
  readonly span: Span
}
export interface PauseAction {
  readonly kind: "pause"
  readonly reason?: Template
  readonly span: Span
}
export interface CompleteAction {
  readonly kind: "complete"
  readonly span: Span
}
export interface FailAction {
  readonly kind: "fail"
  readonly reason: Template
  readonly span: Span
}
export interface NotifyAction {
  readonly kind: "notify"
  readonly text: Template
  readonly span: Span
}
export interface UseAction {
  readonly kind: "use"
  readonly plugin: Name
  readonly config?: RecordExpr
  readonly span: Span
}
/** `{ a ; b }` */
export interface SequenceAction {
  readonly kind: "sequence"
  readonly actions: ReadonlyArray<Action>
  readonly span: Span
}

/** Each at most once; the span of each is that of the whole modifier, its keyword included. */
export interface Modifiers {
  readonly with?: { readonly template: Template; readonly span: Span }
  readonly bySubtask?: { readonly span: Span }
  readonly max?: { readonly count: IntLiteral; readonly then?: Action; readonly span: Span }
  readonly after?: { readonly duration: DurationLiteral; readonly span: Span }
  readonly limit?: { readonly count: IntLiteral; readonly span: Span }
  readonly fresh?: { readonly span: Span }
  readonly priority?: { readonly count: IntLiteral; readonly span: Span }
}
