/** Expressions and texts as written (language.md 4). */
import type { Span } from "../diagnostics/span.ts"

export interface Name {
  readonly text: string
  readonly span: Span
}

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
