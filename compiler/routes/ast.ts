/**
 * The syntax tree of the routing language: rules, expressions, templates and types exactly as written (language.md 3 and 4).
 * Every span is a FILE span: the parser maps offsets of the decoded YAML text to the file while it builds the nodes, so no later
 * stage has to know in which kind of scalar the text stood. Names carry their own span, for messages that point at one word.
 * Nothing here is resolved: whether `triage.approved` speaks of a gate or of a session is the names stage's business.
 */
import type { Span } from "../diagnostics/span.ts"

export interface Name {
  readonly text: string
  readonly span: Span
}

// ---- program -------------------------------------------------------------------------------------------------------------

export interface Program {
  /** in file order */
  readonly statements: ReadonlyArray<Let | Rule>
  readonly comments: ReadonlyArray<Comment>
  readonly span: Span
}

/** `# text` up to the end of its line; `text` is without the `#`, untrimmed. */
export interface Comment {
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

// ---- expressions ---------------------------------------------------------------------------------------------------------

export type Expr =
  | NullLiteral
  | BooleanLiteral
  | NumberLiteral
  | DurationLiteral
  | MoneyLiteral
  | PercentLiteral
  | RegexLiteral
  | Template
  | ListExpr
  | RecordExpr
  | NameExpr
  | FieldExpr
  | IndexExpr
  | CallExpr
  | UnaryExpr
  | BinaryExpr

export interface NullLiteral {
  readonly kind: "null"
  readonly span: Span
}
export interface BooleanLiteral {
  readonly kind: "boolean"
  readonly value: boolean
  readonly span: Span
}
/** `integer` tells `3` from `3.0`; `text` of this and the next three is the literal as written. */
export interface NumberLiteral {
  readonly kind: "number"
  readonly text: string
  readonly value: number
  readonly integer: boolean
  readonly span: Span
}
/** A count in the grammar (`max 3`, `2 of`), not an expression. */
export interface IntLiteral {
  readonly value: number
  readonly span: Span
}
/** milliseconds */
export interface DurationLiteral {
  readonly kind: "duration"
  readonly text: string
  readonly ms: number
  readonly span: Span
}
/** US dollars */
export interface MoneyLiteral {
  readonly kind: "money"
  readonly text: string
  readonly usd: number
  readonly span: Span
}
/** `80%` has value 80 */
export interface PercentLiteral {
  readonly kind: "percent"
  readonly text: string
  readonly value: number
  readonly span: Span
}
/** Without the slashes; checked to run in linear time. */
export interface RegexLiteral {
  readonly kind: "regex"
  readonly source: string
  readonly span: Span
}

/**
 * Text with holes. Texts are decoded (escapes resolved, indentation of a multi-line text removed) and never empty; no two texts are neighbours.
 * `quotes` is `none` for a bare template (a YAML value such as `task`).
 */
export interface Template {
  readonly kind: "template"
  readonly parts: ReadonlyArray<TextPart | HolePart>
  readonly quotes: "single-line" | "multi-line" | "none"
  readonly span: Span
}
export interface TextPart {
  readonly kind: "text"
  readonly text: string
  readonly span: Span
}
/** `span` includes `${` and `}` */
export interface HolePart {
  readonly kind: "hole"
  readonly value: Expr
  readonly span: Span
}

export interface ListExpr {
  readonly kind: "list"
  readonly items: ReadonlyArray<Expr>
  readonly span: Span
}
export interface RecordExpr {
  readonly kind: "record"
  readonly entries: ReadonlyArray<{ readonly key: Name; readonly value: Expr }>
  readonly span: Span
}
/** A session, `inputs`, `fleet`, `human`, a `let` or a `for` name: which one, the names stage decides. */
export interface NameExpr {
  readonly kind: "name"
  readonly name: Name
  readonly span: Span
}
/** `target.name`, or `target?.name` when `optional` */
export interface FieldExpr {
  readonly kind: "field"
  readonly target: Expr
  readonly name: Name
  readonly optional: boolean
  readonly span: Span
}
export interface IndexExpr {
  readonly kind: "index"
  readonly target: Expr
  readonly index: Expr
  readonly span: Span
}
export interface CallExpr {
  readonly kind: "call"
  readonly callee: Name
  readonly args: ReadonlyArray<Expr>
  readonly span: Span
}
export interface UnaryExpr {
  readonly kind: "unary"
  readonly op: "not" | "-"
  readonly operand: Expr
  readonly span: Span
}
export type BinaryOp = "??" | "or" | "and" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "matches" | "+" | "-" | "*" | "/" | "%"
export interface BinaryExpr {
  readonly kind: "binary"
  readonly op: BinaryOp
  readonly opSpan: Span
  readonly left: Expr
  readonly right: Expr
  readonly span: Span
}

// ---- types ---------------------------------------------------------------------------------------------------------------

export type TypeAst = NamedType | EnumType | ListType | RecordType | MaybeType | SchemaType

/** `string`, `integer`, …; a word that names no type is reported by `resolveType`. */
export interface NamedType {
  readonly kind: "named"
  readonly name: Name
  readonly span: Span
}
/** `a | b | c`; at least one value */
export interface EnumType {
  readonly kind: "enum"
  readonly values: ReadonlyArray<Name>
  readonly span: Span
}
export interface ListType {
  readonly kind: "list"
  readonly item: TypeAst
  readonly span: Span
}
/** `open`: other fields may be present (only from JSON Schema) */
export interface RecordType {
  readonly kind: "record"
  readonly fields: ReadonlyArray<{ readonly name: Name; readonly type: TypeAst; readonly optional: boolean }>
  readonly open: boolean
  readonly span: Span
}
/** `T?` */
export interface MaybeType {
  readonly kind: "maybe"
  readonly type: TypeAst
  readonly span: Span
}
/** A JSON Schema, inline or a reference to a file; `schema` is the raw object. `type` is what could be read out of it. */
export interface SchemaType {
  readonly kind: "schema"
  readonly schema: { readonly [key: string]: unknown }
  readonly type: TypeAst | undefined
  readonly span: Span
}
