/**
 * Bounds how deep a statement may nest, before anything recurses over it: brackets and `then` cost call stack in the parser, chains of
 * operators and fields make deep trees for whoever walks them. Both are counted over the tokens, in one pass.
 */
import type { IToken } from "chevrotain"
import { tokenMatcher } from "chevrotain"
import * as t from "./tokens.ts"

export const maxNesting = 64
/** operators and fields in one expression, enclosing ones included */
export const maxChain = 500

export interface Excess {
  readonly token: IToken
  readonly what: string
  readonly limit: number
}

const chainLinks: ReadonlySet<string> = new Set(["Dot", "OptionalDot", "LSquare"])
const chainEnds: ReadonlySet<string> = new Set(["Comma", "Semicolon", "Colon", "Arrow", "Word_when", "Word_otherwise", "Word_within"])
const thenEnds: ReadonlySet<string> = new Set(["Semicolon", "Word_when", "Word_otherwise"])

/** The first token that is too deep, if any. */
export const excess = (tokens: ReadonlyArray<IToken>): Excess | undefined => {
  const levels = [{ chain: 0, thens: 0 }]
  let chain = 0
  let nesting = 0
  for (const token of tokens) {
    const type = token.tokenType
    let level = levels[levels.length - 1]!
    if (chainEnds.has(type.name)) {
      chain -= level.chain
      level.chain = 0
      if (thenEnds.has(type.name)) {
        nesting -= level.thens
        level.thens = 0
      }
    } else if (chainLinks.has(type.name) || tokenMatcher(token, t.BinaryOperator) || tokenMatcher(token, t.PrefixOperator)) {
      level.chain++
      chain++
    } else if (type === t.Then) {
      level.thens++
      nesting++
    }
    if (type === t.LParen || type === t.LSquare || type === t.LCurly) {
      nesting++
      levels.push({ chain: 0, thens: 0 })
    } else if ((type === t.RParen || type === t.RSquare || type === t.RCurly) && levels.length > 1) {
      level = levels.pop()!
      chain -= level.chain
      nesting -= 1 + level.thens
    }
    if (nesting > maxNesting) return { token, what: "brackets inside each other", limit: maxNesting }
    if (chain > maxChain) return { token, what: "operators in one expression", limit: maxChain }
  }
  return undefined
}
