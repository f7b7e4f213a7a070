/** Values that can be told without a run. */
import { childrenOf } from "./children.ts"
import { evaluateExpression, type Evaluated } from "./evaluate.ts"
import type { Expr } from "./model.ts"

export type Definition = (name: string) => Expr | undefined

/** More than this nobody writes as one constant; lets can multiply. */
const maxParts = 1000

const nothing = (): undefined => undefined

/** What an expression comes to whatever happens, or that it fails; undefined where it depends on the run. */
export const constantValue = (expr: Expr, definition: Definition = nothing): Evaluated | undefined =>
  isConstant(expr, definition, { left: maxParts })
    ? evaluateExpression(expr, { session: nothing, input: nothing, fleet: nothing, human: nothing, variable: nothing, let: definition })
    : undefined

const isConstant = (expr: Expr, definition: Definition, parts: { left: number }): boolean => {
  if (--parts.left < 0) return false
  switch (expr.op) {
    case "session":
    case "input":
    case "variable":
    case "fleet":
    case "human":
      return false
    case "let": {
      const value = definition(expr.name)
      return value !== undefined && isConstant(value, definition, parts)
    }
    default:
      return childrenOf(expr).every((child) => isConstant(child, definition, parts))
  }
}
