import { mapChildren } from "../ir/children.ts"
import type { Expr } from "../ir/index.ts"

/** Lets in lets can multiply. */
const maxParts = 2000

/** The expression with what each let stands for in its place; as it is when that would be huge. */
export const withoutLets = (expr: Expr, definition: (name: string) => Expr | undefined): Expr => {
  const budget = { left: maxParts }
  const open = (part: Expr): Expr => {
    if (--budget.left < 0) return part
    const value = part.op === "let" ? definition(part.name) : undefined
    return value === undefined ? mapChildren(part, open) : open(value)
  }
  const opened = open(expr)
  return budget.left < 0 ? expr : opened
}
