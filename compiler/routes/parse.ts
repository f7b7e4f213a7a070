/**
 * Text to tree. The text is cut into statements first (each `on` or `let` that starts one), and each is parsed for itself: a mistake costs
 * one rule and gives one message. Holes of texts are parsed before the statement around them, by the same parser.
 */
import { createTokenInstance, tokenMatcher, type IToken, type Lexer } from "chevrotain"
import type { Diagnostic, Span } from "../diagnostics/index.ts"
import type { Comment, Expr, Let, Program, Rule, Template, TypeAst } from "./ast.ts"
import { Grammar } from "./grammar.ts"
import { excess } from "./limits.ts"
import { spanOf, type OffsetMap, type Origin } from "./origin.ts"
import { missingWord, syntaxProblem, tooDeep, unclosedRegex, unclosedText, type Goal } from "./problems.ts"
import { maxTextNesting, type TextScan } from "./scan.ts"
import { statementsOf, type Statement } from "./statements.ts"
import { bareTemplate, quotedTemplate } from "./template.ts"
import * as t from "./tokens.ts"
import { tokenEnd } from "./value-grammar.ts"

/** What was read, and what was wrong with it. A value is there only as far as it could be read. */
export interface Parsed<A> {
  readonly value: A
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

const lexing = { lost: false }
let sharedLexer: Lexer | undefined
let sharedGrammar: Grammar | undefined
/** Built on first use: a compilation without routes pays nothing for the grammar. */
const grammar = (): Grammar => (sharedGrammar ??= new Grammar())

interface Lexed {
  readonly tokens: Array<IToken>
  readonly comments: ReadonlyArray<Comment>
}

const lex = (origin: Origin, start: number, end: number): Lexed => {
  lexing.lost = false
  const text = start === 0 && end === origin.text.length ? origin.text : origin.text.slice(start, end)
  const { tokens, errors, groups } = (sharedLexer ??= t.createLexer(lexing)).tokenize(text)
  const all: Array<IToken> = []
  let next = 0
  const unknownBefore = (offset: number): void => {
    for (let error = errors[next]; error !== undefined && error.offset < offset; error = errors[++next]) {
      const image = text.slice(error.offset, error.offset + error.length)
      const { offset: at } = error
      all.push(createTokenInstance(t.Unknown, image, at, at + image.length, Number.NaN, Number.NaN, Number.NaN, Number.NaN))
    }
  }
  for (const token of tokens) {
    if (next < errors.length) unknownBefore(token.startOffset)
    all.push(token)
  }
  unknownBefore(Number.POSITIVE_INFINITY)
  if (start > 0) for (const token of all) token.startOffset += start
  const comments = (groups["comments"] ?? []).map((token): Comment => {
    const image = token.image.replace(/\r$/, "")
    return { at: token.startOffset + start, text: image.slice(1), span: spanOf(origin, token.startOffset + start, token.startOffset + start + image.length) }
  })
  return { tokens: all, comments }
}

/** Turns quoted texts into templates; false when the statement cannot be parsed because of one. */
const prepare = (origin: Origin, tokens: ReadonlyArray<IToken>): boolean => {
  const tooDeepAt = excess(tokens)
  if (tooDeepAt !== undefined) {
    const { token, what, limit } = tooDeepAt
    origin.problems.push(tooDeep(spanOf(origin, token.startOffset, tokenEnd(token)), what, limit + 1, limit))
    return false
  }
  for (const token of tokens) {
    const { tokenType: type, startOffset: start } = token
    if (type.name !== "Text" && type.name !== "Regex") continue
    const scan = token.payload as TextScan
    const opening = (): ReturnType<typeof spanOf> => spanOf(origin, start, start + shownLength(token.image))
    if (!scan.closed) {
      if (type.name === "Regex") origin.problems.push(unclosedRegex(opening()))
      else if (scan.tooDeep) origin.problems.push(tooDeep(opening(), "texts inside each other", maxTextNesting + 1, maxTextNesting))
      else origin.problems.push(unclosedText(opening(), scan.multiLine))
      return false
    }
    if (type.name === "Text") token.payload = quotedTemplate(origin, start, tokenEnd(token), scan.multiLine, parseHole)
  }
  return true
}

/** The first line of a token, without white space at its end. */
const shownLength = (image: string): number => Math.max(1, image.split("\n")[0]!.trimEnd().length)

const spanOfToken = (origin: Origin, token: IToken): Span => spanOf(origin, token.startOffset, tokenEnd(token))

/** Runs one rule of the grammar over the tokens; reports the first mistake only. */
const run = <A>(origin: Origin, tokens: Array<IToken>, goal: Goal, entry: (grammar: Grammar) => A): A | undefined => {
  if (!prepare(origin, tokens)) return undefined
  const parser = grammar()
  const before = origin.problems.length
  parser.read(origin, tokens)
  const value = entry(parser)
  const error = parser.errors[0]
  if (error === undefined) return value
  origin.problems.length = before
  const whole = spanOf(origin, 0, origin.text.length)
  origin.problems.push(syntaxProblem(error, goal, (token) => spanOfToken(origin, token), tokens, whole))
  // what was whole before a new line with something else on it
  return error.name === "NotAllInputParsedException" && isNewLine(origin.text, tokens, error.token) ? value : undefined
}

const isNewLine = (text: string, tokens: ReadonlyArray<IToken>, token: IToken): boolean => {
  const before = tokens[tokens.indexOf(token) - 1]
  return before !== undefined && tokenMatcher(token, t.AnyName) && text.slice(tokenEnd(before), token.startOffset).includes("\n")
}

/** One that lacks its first word is read as if that stood there: what else is wrong with it is found, unless it cannot be read even so. */
const runStatement = (origin: Origin, { tokens, missing }: Statement): Let | Rule | undefined => {
  const [first] = tokens
  if (first === undefined || missing === undefined) return run(origin, tokens, "rule", (parser) => parser.statement())
  origin.problems.push(missingWord(spanOfToken(origin, first), missing, first.image))
  const told = origin.problems.length
  const word = createTokenInstance(missing.word === "on" ? t.On : t.LetWord, first.image, first.startOffset, tokenEnd(first), NaN, NaN, NaN, NaN)
  const value = run(origin, [word, ...tokens.slice(missing.misspelt ? 1 : 0)], "rule", (parser) => parser.statement())
  if (value === undefined) origin.problems.length = told
  return value
}

const parseHole = (origin: Origin, start: number, end: number): Expr | undefined =>
  run(origin, lex(origin, start, end).tokens, "expression", (parser) => parser.expression())

/** What a statement would have given a name to, which others may use. */
const declaredIn = ({ tokens, missing }: Statement): ReadonlyArray<string> =>
  tokens.flatMap(({ image }, at) => {
    const before = tokens[at - 1]?.tokenType
    const isLet = missing?.word === "let" && at === (missing.misspelt ? 1 : 0)
    return isLet || before === t.LetWord || before === t.Gate ? [image] : []
  })

const originOf = (text: string, at: OffsetMap, file: string): Origin => ({ text, at, file, problems: [] })

/** Statements of a text that need not be read again, by where they stand in it. What is found is what reading would give. */
export interface KnownStatements {
  readonly find: (start: number, end: number) => Let | Rule | undefined
  /** Of one in which nothing is wrong. */
  readonly keep: (start: number, end: number, value: Let | Rule) => void
}

/**
 * The rules and `let`s of a `routes` text (or of one DSL string in a list of routes). `at` maps offsets of `text` to offsets of `file`.
 * Statements that could not be read are left out; each has exactly one diagnostic.
 */
export const parseRoutes = (
  text: string,
  at: OffsetMap,
  file: string,
  given?: KnownStatements,
): { readonly program: Program; readonly diagnostics: ReadonlyArray<Diagnostic> } => {
  const origin = originOf(text, at, file)
  const { tokens, comments } = lex(origin, 0, text.length)
  // behind a text that is never closed, where others end depends on it
  const known = lexing.lost ? undefined : given
  const statements: Array<Let | Rule> = []
  const lost: Array<string> = []
  for (const statement of statementsOf(text, tokens)) {
    const [start, end] = [statement.tokens[0]!.startOffset, tokenEnd(statement.tokens.at(-1)!)]
    const before = origin.problems.length
    const found = known?.find(start, end)
    const value = found ?? runStatement(origin, statement)
    if (value !== undefined) statements.push(value)
    if (origin.problems.length > before) lost.push(...declaredIn(statement))
    else if (found === undefined && value !== undefined) known?.keep(start, end, value)
  }
  return { program: { statements, comments, lost, span: spanOf(origin, 0, text.length) }, diagnostics: origin.problems }
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
