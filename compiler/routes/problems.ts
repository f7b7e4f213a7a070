/** The messages of this stage: what was found, what was expected, how to mend it. */
import type { IRecognitionException, IToken } from "chevrotain"
import type { Name } from "./ast.ts"
import { diagnose, suggest, type Diagnostic, type Fix, type Span } from "../diagnostics/index.ts"
import type { MissingWord } from "./statements.ts"

const syntax = (span: Span, problem: string, help?: string): Diagnostic => diagnose("dsl-syntax", span, { problem }, help === undefined ? {} : { help })

export const badEscape = (span: Span, found: string): Diagnostic =>
  syntax(span, `unknown escape "${found}" in a text`, 'a text knows \\" \\\\ \\n \\r \\t \\$ and \\u{…}. write \\\\ for a backslash')

export const unclosedHole = (span: Span): Diagnostic =>
  diagnose("unterminated-text", span, { what: "hole", expected: "`}`" }, { help: "write `\\${` for the two characters themselves" })

export const emptyHole = (span: Span): Diagnostic =>
  syntax(span, "expected an expression in this hole, found nothing", "write `\\${` for the two characters themselves")

export const unclosedText = (span: Span, multiLine: boolean): Diagnostic =>
  diagnose(
    "unterminated-text",
    span,
    { what: "text", expected: multiLine ? '`"""`' : '`"` on the same line' },
    multiLine ? {} : { help: 'a text of several lines stands between `"""` and `"""`' },
  )

export const unclosedRegex = (span: Span): Diagnostic => diagnose("unterminated-text", span, { what: "regular expression", expected: "`/` on the same line" })

export const duplicateModifier = (span: Span, before: Span, name: string): Diagnostic =>
  diagnose(
    "dsl-syntax",
    span,
    { problem: `\`${name}\` is given twice. expected it at most once` },
    { related: [{ span: before, message: "first given here" }], help: "keep one of them" },
  )

export const unusableModifier = (span: Span, name: string): Diagnostic =>
  syntax(span, `\`${name}\` has no meaning for \`retry\``, "a retry takes `with`, `max`, `after`, `fresh` and `priority`")

export const limitWithoutFor = (span: Span): Diagnostic =>
  syntax(span, "`limit` has no meaning without `for`", "it bounds how many instances of a `for` are live at once; `max` bounds how often a send happens")

export const misplacedArgument = (span: Span, event: string, argument: string): Diagnostic =>
  syntax(span, `\`${event}\` takes no \`${argument}\``, "durations belong to `.idle(30m)`, percentages to `budget.reached(80%)`")

export const missingArgument = (span: Span, event: string, example: string): Diagnostic =>
  syntax(span, `\`${event}\` needs an argument`, `write for example \`${event}(${example})\``)

export const pluginNameWithHoles = (span: Span): Diagnostic => syntax(span, "a name has no holes. expected plain text")

export const numberTooLarge = (span: Span, image: string): Diagnostic =>
  syntax(span, `the number ${image.length > 30 ? `${image.slice(0, 30)}…` : image} is too large`, "numbers go up to 9007199254740991")

export const tooDeep = (span: Span, what: string, found: number, limit: number): Diagnostic =>
  diagnose("limit-exceeded", span, { what, found, limit }, { help: "give parts of it names with `let`" })

export const badRegex = (span: Span, problem: string): Diagnostic => syntax(span, `invalid regular expression: ${problem}`)

export const unsafeRegex = (span: Span, problem: string, help: string): Diagnostic => diagnose("unsafe-regex", span, { problem }, { help })

export const badType = (span: Span, problem: string, help?: string): Diagnostic =>
  diagnose("invalid-type", span, { problem }, help === undefined ? {} : { help })

export const typeInEnum = (value: Name): Diagnostic =>
  badType(
    value.span,
    `"${value.text}" is a type and cannot be a value of an enum`,
    value.text === "null" ? "a value that may be absent is written `T?`" : `there are no unions of types. write "${value.text}" in quotes for the word itself`,
  )

const openings = { on: "`on`, which begins a rule", let: "`let`, which gives a value its name" } as const

/** `span` and `image`: of the first word of a statement that begins with another one than it should. */
export const missingWord = (span: Span, { word, misspelt }: MissingWord, image: string): Diagnostic =>
  diagnose(
    "dsl-syntax:expected",
    span,
    { expected: openings[word], found: `\`${shorten(image)}\`` },
    misspelt
      ? { help: `did you mean \`${word}\`?`, fix: { title: `change "${image}" to "${word}"`, edits: [{ span, text: word }] } }
      : { help: `put \`${word}\` before it`, fix: { title: `add "${word}"`, edits: [{ span: { ...span, end: span.start }, text: `${word} ` }] } },
  )

/** What a piece of text is read as: a statement of the routes, an expression, a type. */
export type Goal = "rule" | "expression" | "type"

const shorten = (text: string): string => {
  const line = text.split("\n")[0]!
  return line.length > 40 || line.length < text.length ? `${line.slice(0, 40)}…` : line
}

const described = (token: IToken): string => (token.tokenType.name === "Text" ? `the text ${shorten(token.image)}` : `\`${shorten(token.image)}\``)

const operatorsOfOthers: { readonly [image: string]: string } = {
  "&&": "write `and`",
  "&": "write `and`",
  "||": "write `or`",
  "|": "write `or`",
  "!": "write `not`",
  "=": "compare with `==`",
  "'": 'a text stands in double quotes, `"…"`',
  "`": 'a text stands in double quotes, `"…"`',
  "===": "compare with `==`",
  "=>": "write `->`",
  ">": "an arrow is written `->`",
}

/** What people know from other languages. */
const typesOfOthers: { readonly [image: string]: string } = {
  "[": "the type of a list is written `[string]`",
  "<": "the type of a list is written `[string]`",
  "(": "there are no brackets around types: what may be absent is written `string?`, or `a | b?`",
  ",": "a record is written `{ title: string, done: boolean }`",
}

const helpFor = (expected: string, found: IToken, goal: Goal): string | undefined => {
  const ofType = goal === "type" ? typesOfOthers[found.image] : undefined
  if (ofType !== undefined) return ofType
  if (found.tokenType.name === "Text" && expected.startsWith("an action")) return `say who gets it: \`session with ${shorten(found.image)}\``
  if (expected.startsWith("a session") && found.tokenType.name.startsWith("Word_"))
    return `\`${found.image}\` is a word of the language and cannot be a session`
  if (expected.startsWith("a text in quotes") && found.tokenType.name === "Word") return `put the value into a text: \`"\${${found.image}}"\``
  if (expected.startsWith("`.`")) return "an event is a session and what happened to it, such as `coder.done`"
  if (expected.startsWith("`->`") && (found.image === "=" || found.image === ">")) return "an arrow is written `->`"
  return operatorsOfOthers[found.image] ?? nearWord(expected, found)
}

/** Words that may stand behind an action. */
const behindActions = ["with", "by", "max", "then", "after", "limit", "fresh", "priority", "within", "from", "on", "let"]

/** Of the words that may stand there the one that is nearly written. */
const nearWord = (expected: string, found: IToken): string | undefined => {
  if (found.tokenType.name !== "Word") return undefined
  const legal = [...expected.matchAll(/`([a-z]+)`/g)].flatMap(([, word]) => word ?? [])
  const near = suggest(found.image, expected === after.rule ? behindActions : legal)
  return near === undefined ? undefined : `did you mean \`${near}\`?`
}

const after: { readonly [goal in Goal]: string } = {
  rule: "the end of the rule (the next one starts with `on` or `let`)",
  expression: "an operator or the end of the expression",
  type: "the end of the type",
}

/** What stands after a whole event. */
const afterEvents: ReadonlySet<string> = new Set(["->", ",", ")", "]", "{", "when", "within"])
/** They have events, and are never done. */
const ofTheRun: ReadonlySet<string> = new Set(["fleet", "human", "budget"])

/** A session where its event belongs means its end. */
const missingDone = (expected: string, found: IToken, before: IToken | undefined, spanOfToken: (token: IToken) => Span): Fix | undefined => {
  if (!expected.startsWith("`.`") || before === undefined || !afterEvents.has(found.image) || ofTheRun.has(before.image)) return undefined
  const { file, end } = spanOfToken(before)
  return { title: 'add ".done"', edits: [{ span: { file, start: end, end }, text: ".done" }] }
}

/**
 * The one message for a statement that the grammar refused. At the end of the text there is nothing to point at (the end token has no
 * offset), so the message points at the last thing that stands there.
 */
export const syntaxProblem = (
  error: IRecognitionException,
  goal: Goal,
  spanOfToken: (token: IToken) => Span,
  tokens: ReadonlyArray<IToken>,
  whole: Span,
): Diagnostic => {
  const last = tokens[tokens.length - 1]
  const atEnd = error.token.tokenType.name === "EOF"
  const expected = error.name === "NotAllInputParsedException" ? after[goal] : error.message
  const found = atEnd ? `the end of the ${goal}` : described(error.token)
  const span = atEnd ? (last === undefined ? whole : spanOfToken(last)) : spanOfToken(error.token)
  const help = atEnd ? undefined : helpFor(expected, error.token, goal)
  const fix = atEnd ? undefined : missingDone(expected, error.token, tokens[tokens.indexOf(error.token) - 1], spanOfToken)
  return diagnose("dsl-syntax:expected", span, { expected, found }, { ...(help === undefined ? {} : { help }), ...(fix === undefined ? {} : { fix }) })
}
