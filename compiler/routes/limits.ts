/**
 * Bounds how deep a statement may nest, before anything recurses over it: brackets and `then` cost call stack in the parser, chains of
 * operators and fields make deep trees for whoever walks them. Both are counted over the tokens, in one pass.
 */
import * as t from "./tokens.ts"

export const maxNesting = 64
/** operators and fields in one expression, enclosing ones included */
export const maxChain = 500

export interface Excess {
  readonly token: t.Token
  readonly what: string
  readonly limit: number
}

const chainLinks: ReadonlySet<t.TokenType> = new Set([t.Dot, t.OptionalDot, t.LSquare])
const chainEnds: ReadonlySet<t.TokenType> = new Set([t.Comma, t.Semicolon, t.Colon, t.Arrow, t.When, t.Otherwise, t.Within])
const thenEnds: ReadonlySet<t.TokenType> = new Set([t.Semicolon, t.When, t.Otherwise])

/** The first token that is too deep, if any. */
export const excess = (tokens: ReadonlyArray<t.Token>): Excess | undefined => {
  const levels = [{ chain: 0, thens: 0 }]
  let chain = 0
  let nesting = 0
  for (const token of tokens) {
    const { type } = token
    let level = levels[levels.length - 1]!
    if (chainEnds.has(type)) {
      chain -= level.chain
      level.chain = 0
      if (thenEnds.has(type)) {
        nesting -= level.thens
        level.thens = 0
      }
    } else if (chainLinks.has(type) || t.isA(token, t.BinaryOperator) || t.isA(token, t.PrefixOperator)) {
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
