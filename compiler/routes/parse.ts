/**
 * Text to tree. The text is cut into statements first (each `on` or `let` that starts one), and each is parsed for itself: a mistake costs
 * one rule and gives one message. Holes of texts are parsed before the statement around them, by the same parser.
 */
import type { Diagnostic } from "../diagnostics/index.ts"
import type { Expr, Let, Program, Rule, Template, TypeAst } from "./ast.ts"
import { Grammar } from "./grammar.ts"
import { lex } from "./lexer.ts"
import { excess } from "./limits.ts"
import { spanOf, type OffsetMap, type Origin } from "./origin.ts"
import { syntaxProblem, tooDeep, unclosedRegex, unclosedText, type Goal } from "./problems.ts"
import { maxTextNesting } from "./scan.ts"
import { bareTemplate, quotedTemplate } from "./template.ts"
import { Mistake } from "./token-reader.ts"
import * as t from "./tokens.ts"

/** What was read, and what was wrong with it. A value is there only as far as it could be read. */
export interface Parsed<A> {
  readonly value: A
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

const startsStatement = (tokens: ReadonlyArray<t.Token>, index: number): boolean => {
  const type = tokens[index]!.type
  if (type !== t.On && type !== t.LetWord) return false
  const before = tokens[index - 1]?.type
  const behind = tokens[index + 1]?.type
  return before !== t.Dot && before !== t.OptionalDot && before !== t.LetWord && before !== t.For && behind !== t.Colon && behind !== t.Equals && behind !== t.Dot
}

const statementsOf = (tokens: ReadonlyArray<t.Token>): Array<Array<t.Token>> => {
  const out: Array<Array<t.Token>> = []
  tokens.forEach((token, index) => {
    if (index === 0 || startsStatement(tokens, index)) out.push([token])
    else out[out.length - 1]!.push(token)
  })
  return out
}

/** Turns quoted texts into templates; false when the statement cannot be parsed because of one. */
const prepare = (origin: Origin, tokens: ReadonlyArray<t.Token>): boolean => {
  const tooDeepAt = excess(tokens)
  if (tooDeepAt !== undefined) {
    const { token, what, limit } = tooDeepAt
    origin.problems.push(tooDeep(spanOf(origin, token.start, t.tokenEnd(token)), what, limit + 1, limit))
    return false
  }
  for (const token of tokens) {
    const { type, start, scan } = token
    if (scan === undefined) continue
    const opening = (): ReturnType<typeof spanOf> => spanOf(origin, start, start + shownLength(token.image))
    if (!scan.closed) {
      if (type === t.Regex) origin.problems.push(unclosedRegex(opening()))
      else if (scan.tooDeep) origin.problems.push(tooDeep(opening(), "texts inside each other", maxTextNesting + 1, maxTextNesting))
      else origin.problems.push(unclosedText(opening(), scan.multiLine))
      return false
    }
    if (type === t.Text) token.template = quotedTemplate(origin, start, t.tokenEnd(token), scan.multiLine, parseHole)
  }
  return true
}

/** The first line of a token, without white space at its end. */
const shownLength = (image: string): number => Math.max(1, image.split("\n")[0]!.trimEnd().length)

/** Runs one rule of the grammar over the tokens; reports the first mistake only. */
const run = <A>(origin: Origin, tokens: Array<t.Token>, goal: Goal, entry: (grammar: Grammar) => A): A | undefined => {
  if (!prepare(origin, tokens)) return undefined
  const parser = new Grammar(origin, tokens)
  const before = origin.problems.length
  try {
    return parser.whole(() => entry(parser))
  } catch (mistake) {
    if (!(mistake instanceof Mistake)) throw mistake
    origin.problems.length = before
    const whole = spanOf(origin, 0, origin.text.length)
    origin.problems.push(syntaxProblem(mistake, goal, (token) => spanOf(origin, token.start, t.tokenEnd(token)), tokens[tokens.length - 1], whole))
    return undefined
  }
}

const parseHole = (origin: Origin, start: number, end: number): Expr | undefined =>
  run(origin, lex(origin, start, end).tokens, "expression", (parser) => parser.expression())

const originOf = (text: string, at: OffsetMap, file: string): Origin => ({ text, at, file, problems: [] })

/**
 * The rules and `let`s of a `routes` text (or of one DSL string in a list of routes). `at` maps offsets of `text` to offsets of `file`.
 * Statements that could not be read are left out; each has exactly one diagnostic.
 */
export const parseRoutes = (text: string, at: OffsetMap, file: string): { readonly program: Program; readonly diagnostics: ReadonlyArray<Diagnostic> } => {
  const origin = originOf(text, at, file)
  const { tokens, comments } = lex(origin, 0, text.length)
  const statements: Array<Let | Rule> = []
  for (const statement of statementsOf(tokens)) {
    const value = run(origin, statement, "rule", (parser) => parser.statement())
    if (value !== undefined) statements.push(value)
  }
  return { program: { statements, comments, span: spanOf(origin, 0, text.length) }, diagnostics: origin.problems }
}

/** One expression (section 4), such as a value of `outputs`. */
export const parseExpression = (text: string, at: OffsetMap, file: string): Parsed<Expr | undefined> => {
  const origin = originOf(text, at, file)
  const value = run(origin, lex(origin, 0, text.length).tokens, "expression", (parser) => parser.expression())
  return { value, diagnostics: origin.problems }
}

/** A template without quotes, such as the value of `task`. Always gives one; holes that could not be read are left out. */
export const parseTemplate = (text: string, at: OffsetMap, file: string): Parsed<Template> => {
  const origin = originOf(text, at, file)
  const value = bareTemplate(origin, parseHole)
  return { value, diagnostics: origin.problems }
}

/** The type shorthand: `approve | changes`, `string?`, `[T]`, `{ a: T, b: T? }`. */
export const parseType = (text: string, at: OffsetMap, file: string): Parsed<TypeAst | undefined> => {
  const origin = originOf(text, at, file)
  const value = run(origin, lex(origin, 0, text.length).tokens, "type", (parser) => parser.type())
  return { value, diagnostics: origin.problems }
}
