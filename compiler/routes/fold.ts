/**
 * Folds the flat pieces of an expression by precedence (language.md 4, rising):
 * `??`, `or`, `and`, `not`, comparisons, `+ -`, `* / %`, unary `-`. All binary operators associate to the left.
 */
import type { BinaryOp, Expr, UnaryExpr } from "./ast.ts"
import type { Span } from "../diagnostics/span.ts"

export interface Operator {
  readonly op: BinaryOp | UnaryExpr["op"]
  readonly span: Span
}
export type Piece = ({ readonly kind: "operator" | "prefix" } & Operator) | { readonly kind: "operand"; readonly value: Expr }

export const binaryPower: { readonly [op in BinaryOp]: number } = {
  "??": 1,
  or: 2,
  and: 3,
  "==": 5,
  "!=": 5,
  "<": 5,
  "<=": 5,
  ">": 5,
  ">=": 5,
  in: 5,
  matches: 5,
  "+": 6,
  "-": 6,
  "*": 7,
  "/": 7,
  "%": 7,
}
export const prefixPower: { readonly [op in UnaryExpr["op"]]: number } = { not: 4, "-": 8 }

/** An operator-precedence parser with its own stack: a long chain costs no call stack. Pieces alternate as the grammar made them. */
export const foldExpression = (pieces: ReadonlyArray<Piece>): Expr => {
  const values: Array<Expr> = []
  const waiting: Array<Extract<Piece, { kind: "operator" | "prefix" }>> = []
  const power = (piece: (typeof waiting)[number]): number =>
    piece.kind === "prefix" ? prefixPower[piece.op as UnaryExpr["op"]] : binaryPower[piece.op as BinaryOp]
  const apply = (): void => {
    const operator = waiting.pop()!
    const right = values.pop()!
    if (operator.kind === "prefix") {
      const span = { ...operator.span, end: right.span.end }
      values.push({ kind: "unary", op: operator.op as UnaryExpr["op"], operand: right, span })
      return
    }
    const left = values.pop()!
    const span = { ...left.span, end: right.span.end }
    values.push({ kind: "binary", op: operator.op as BinaryOp, opSpan: operator.span, left, right, span })
  }
  for (const piece of pieces) {
    if (piece.kind === "operand") values.push(piece.value)
    else {
      while (piece.kind === "operator" && waiting.length > 0 && power(waiting[waiting.length - 1]!) >= power(piece)) apply()
      waiting.push(piece)
    }
  }
  while (waiting.length > 0) apply()
  return values[0]!
}
