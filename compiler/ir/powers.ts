/** How strongly operators bind (language.md 4, rising): `??`, `or`, `and`, `not`, comparisons, `+ -`, `* / %`, unary `-`. All binary operators associate to the left. */
import type { BinaryOperator } from "./model.ts"

export const binaryPower: { readonly [operator in BinaryOperator]: number } = {
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
export const prefixPower = { not: 4, negate: 8 } as const
