import { childrenOf } from "../ir/children.ts"
import type { Expr } from "../ir/index.ts"

/** An expression and everything inside it, each before what it consists of. */
export const partsOf = (expr: Expr): ReadonlyArray<Expr> => {
  const parts: Array<Expr> = []
  const visit = (part: Expr): void => {
    parts.push(part)
    childrenOf(part).forEach(visit)
  }
  visit(expr)
  return parts
}
