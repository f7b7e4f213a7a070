/**
 * Cuts the tokens of a `routes` text into statements: each `on` or `let` that begins one. Where that word is missing or misspelt, a new line that
 * says what only a rule or a `let` can say begins one too, so that a mistake costs its own statement and not the next one.
 */
import { tokenMatcher, type IToken, type TokenType } from "chevrotain"
import { suggest } from "../diagnostics/suggest.ts"
import * as t from "./tokens.ts"

/** The word that a statement does not begin with and should. */
export interface MissingWord {
  readonly word: "on" | "let"
  /** its first token is that word, misspelt */
  readonly misspelt: boolean
}

export interface Statement {
  readonly tokens: Array<IToken>
  readonly missing?: MissingWord
}

export const statementsOf = (text: string, tokens: ReadonlyArray<IToken>): ReadonlyArray<Statement> => {
  const out: Array<Statement> = []
  let open = 0
  for (const [at, token] of tokens.entries()) {
    const current = out.at(-1)
    const whole = startsStatement(tokens, at)
    const missing =
      whole || (current !== undefined && !mayStartHere(text, tokens, at, open > 0 ? current.tokens[0] : undefined)) ? undefined : lacking(tokens, at)
    if (current === undefined || whole || missing !== undefined) {
      out.push({ tokens: [token], ...(missing && { missing }) })
      open = 0
    } else current.tokens.push(token)
    if (token.tokenType === t.LCurly) open++
    else if (token.tokenType === t.RCurly) open--
  }
  return out
}

const startsStatement = (tokens: ReadonlyArray<IToken>, index: number): boolean => {
  const type = tokens[index]?.tokenType
  if (type !== t.On && type !== t.LetWord) return false
  const before = tokens[index - 1]?.tokenType
  const behind = tokens[index + 1]?.tokenType
  return before !== t.Dot && before !== t.OptionalDot && before !== t.For && behind !== t.Colon && behind !== t.Equals && behind !== t.Dot
}

/** Behind these an event may go on with what stands before it. */
const goesOn: ReadonlySet<TokenType> = new Set([t.On, t.LetWord, t.Comma, t.When, t.LCurly, t.LParen, t.LSquare, t.Colon, t.Dot, t.OptionalDot])

/** It is the first of its line; inside the braces of `outer`, one that does not stand further to the right. */
const mayStartHere = (text: string, tokens: ReadonlyArray<IToken>, at: number, outer: IToken | undefined): boolean => {
  const [before, token] = [tokens[at - 1], tokens[at]]
  if (before === undefined || token === undefined) return true
  if (!text.slice(before.startOffset + before.image.length, token.startOffset).includes("\n")) return false
  if (goesOn.has(before.tokenType) || tokenMatcher(before, t.BinaryOperator) || tokenMatcher(before, t.PrefixOperator)) return false
  return outer === undefined || columnOf(text, token) <= columnOf(text, outer)
}

const columnOf = (text: string, { startOffset }: IToken): number => startOffset - text.lastIndexOf("\n", startOffset - 1)

const lacking = (tokens: ReadonlyArray<IToken>, at: number): MissingWord | undefined => {
  const token = tokens[at]
  if (token?.tokenType === t.Word) {
    const word = suggest(token.image, ["on", "let"])
    if (word === "on" && beginsRule(tokens, at + 1)) return { word, misspelt: true }
    if (word === "let" && beginsLet(tokens, at + 1)) return { word, misspelt: true }
  }
  if (beginsRule(tokens, at)) return { word: "on", misspelt: false }
  return beginsLet(tokens, at) ? { word: "let", misspelt: false } : undefined
}

const is = (token: IToken | undefined, type: TokenType): boolean => token !== undefined && tokenMatcher(token, type)

/** What stands behind the trigger of a rule, or between its triggers. */
const behindEvent: ReadonlySet<TokenType | undefined> = new Set([t.Arrow, t.When, t.LCurly, t.Comma, t.Within])
const joins: ReadonlySet<TokenType | undefined> = new Set([t.All, t.AnyWord, t.Race, t.Each, t.Every])
const events = /^(?:started|done|failed|cancelled|skipped|settled|asked|compensated|idle|approved|rejected|expired|selected|reached)$/

const beginsRule = (tokens: ReadonlyArray<IToken>, at: number): boolean => {
  const first = tokens[at]
  if (is(tokens[at + 1], t.LParen)) return joins.has(first?.tokenType)
  if (is(first, t.Integer) && is(tokens[at + 1], t.Of)) return is(tokens[at + 2], t.LParen)
  if (is(first, t.LSquare)) return isEvent(tokens, at + 1) && events.test(tokens[at + 3]?.image ?? "")
  return isEvent(tokens, at) && behindEvent.has(tokens[endOfArguments(tokens, at + 3)]?.tokenType)
}

const isEvent = (tokens: ReadonlyArray<IToken>, at: number): boolean => is(tokens[at], t.Subject) && is(tokens[at + 1], t.Dot) && is(tokens[at + 2], t.AnyName)

/** Behind `(timeout, internal)`, if that stands here. */
const endOfArguments = (tokens: ReadonlyArray<IToken>, at: number): number => {
  if (!is(tokens[at], t.LParen)) return at
  const end = tokens.findIndex((token, index) => index > at && (is(token, t.RParen) || is(token, t.LParen) || is(token, t.Arrow)))
  return is(tokens[end], t.RParen) ? end + 1 : at
}

const beginsLet = (tokens: ReadonlyArray<IToken>, at: number): boolean => is(tokens[at], t.AnyName) && is(tokens[at + 1], t.Equals)
