/** Folds the flat pieces of an expression by how strongly operators bind. */
import type { BinaryOp, Expr, UnaryExpr } from "./ast.ts"
import { binaryPower, prefixPower } from "../ir/powers.ts"
import type { Span } from "../diagnostics/span.ts"

export interface Operator {
  readonly op: BinaryOp | UnaryExpr["op"]
  readonly span: Span
}
export type Piece = ({ readonly kind: "operator" | "prefix" } & Operator) | { readonly kind: "operand"; readonly value: Expr }

export const unaryPower = (op: UnaryExpr["op"]): number => prefixPower[op === "-" ? "negate" : op]

/** An operator-precedence parser with its own stack: a long chain costs no call stack. Pieces alternate as the grammar made them. */
export const foldExpression = (pieces: ReadonlyArray<Piece>): Expr => {
  const values: Array<Expr> = []
  const waiting: Array<Extract<Piece, { kind: "operator" | "prefix" }>> = []
  const power = (piece: (typeof waiting)[number]): number =>
    piece.kind === "prefix" ? unaryPower(piece.op as UnaryExpr["op"]) : binaryPower[piece.op as BinaryOp]
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
