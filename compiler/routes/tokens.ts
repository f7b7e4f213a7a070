/**
 * The token types of the routing language. Words of the language are contextual: each belongs to `AnyName`, so that it may still be a
 * field, a record key or an enum value. Labels are what messages call a token.
 */
import type { Template } from "./ast.ts"
import type { TextScan } from "./scan.ts"

/** A token's type, or a class that types belong to. */
export interface TokenType {
  /** what messages call it */
  readonly label: string
  /** the bit of a class, 0 for a type */
  readonly bit: number
  /** the bits of the classes that a type belongs to */
  readonly classes: number
}

export interface Token {
  readonly type: TokenType
  readonly image: string
  /** offset in the text of the origin; NaN at its end */
  readonly start: number
  /** where a quoted text or a regular expression ends */
  readonly scan: TextScan | undefined
  /** what a quoted text says, once its holes are parsed */
  template: Template | undefined
}

export const tokenEnd = (token: Token): number => token.start + token.image.length

/** Whether a token is of a type or belongs to a class. */
export const isA = ({ type }: Token, wanted: TokenType): boolean => type === wanted || (type.classes & wanted.bit) !== 0

let classes = 0
const tokenClass = (label: string): TokenType => ({ label, bit: 1 << classes++, classes: 0 })
const tokenType = (label: string, of: ReadonlyArray<TokenType> = []): TokenType => ({
  label, bit: 0, classes: of.reduce((bits, each) => bits | each.bit, 0),
})

/** A word wherever any word is unambiguous: fields, record keys, enum values. */
export const AnyName = tokenClass("a name")
/** A word that may start an expression. */
export const ExprName = tokenClass("a name")
/** A session id; ids may begin with a digit, so `30s` and `7` are ids too. */
export const SessionName = tokenClass("a session")
/** What may stand left of the dot of an event. */
export const Subject = tokenClass("a session or gate")
export const Literal = tokenClass("a value")
export const BinaryOperator = tokenClass("an operator")
export const PrefixOperator = tokenClass("`not` or `-`")

export const Word = tokenType("a name", [AnyName, ExprName, SessionName, Subject])

/** The words of the language by their text. */
export const keywords = new Map<string, TokenType>()
const keyword = (text: string, more: ReadonlyArray<TokenType> = [ExprName]): TokenType => {
  const type = tokenType(`\`${text}\``, [AnyName, Subject, ...more])
  keywords.set(text, type)
  return type
}

/** A word that only ever stands where no session can, so sessions may be called like it. */
const harmless = (text: string): TokenType => keyword(text, [ExprName, SessionName])

export const On = keyword("on", [])
export const LetWord = keyword("let", [])
export const When = keyword("when", [])
export const Otherwise = keyword("otherwise", [])
export const Within = keyword("within")
export const All = keyword("all")
export const AnyWord = keyword("any")
export const Race = keyword("race")
export const Of = harmless("of")
export const Each = keyword("each")
export const Every = keyword("every")
export const For = keyword("for")
export const Retry = keyword("retry")
export const Select = keyword("select")
export const From = harmless("from")
export const Gate = keyword("gate")
export const Cancel = keyword("cancel")
export const Others = keyword("others")
export const Fleet = keyword("fleet")
export const Undo = keyword("undo")
export const Pause = keyword("pause")
export const Complete = keyword("complete")
export const Fail = keyword("fail")
export const Notify = keyword("notify")
export const Use = keyword("use")
export const With = harmless("with")
export const By = harmless("by")
export const Subtask = harmless("subtask")
export const Max = harmless("max")
export const Then = harmless("then")
export const After = harmless("after")
export const Limit = harmless("limit")
export const Fresh = harmless("fresh")
export const Priority = harmless("priority")
export const Human = keyword("human")
export const Budget = keyword("budget")
export const True = keyword("true", [Literal])
export const False = keyword("false", [Literal])
export const Null = keyword("null", [Literal])
export const And = keyword("and", [BinaryOperator])
export const Or = keyword("or", [BinaryOperator])
export const In = keyword("in", [BinaryOperator])
export const Matches = keyword("matches", [BinaryOperator])
export const Not = keyword("not", [PrefixOperator])

/** The words of the language, which no session may be called (language.md 2). */
export const dslWords: ReadonlySet<string> = new Set(keywords.keys())

/** The signs by their text, of one character or two. */
export const signs = new Map<string, TokenType>()
const sign = (text: string, of: ReadonlyArray<TokenType> = []): TokenType => {
  const type = tokenType(`\`${text}\``, of)
  signs.set(text, type)
  return type
}

export const Arrow = sign("->")
export const Minus = sign("-", [BinaryOperator, PrefixOperator])
export const LParen = sign("(")
export const RParen = sign(")")
export const LSquare = sign("[")
export const RSquare = sign("]")
export const LCurly = sign("{")
export const RCurly = sign("}")
export const Comma = sign(",")
export const Semicolon = sign(";")
export const Colon = sign(":")
export const Dot = sign(".")
export const OptionalDot = sign("?.")
export const Question = sign("?")
export const Bar = sign("|")
export const Equals = sign("=")
for (const text of ["??", "==", "!=", "<=", ">=", "<", ">", "+", "*", "%", "/"]) sign(text, [BinaryOperator])

export const Duration = tokenType("a duration such as `30s`, `5m` or `2h`", [SessionName, Subject, Literal])
export const Money = tokenType("an amount such as `$1.50`", [Literal])
export const Percent = tokenType("a percentage such as `80%`", [Literal])
export const Decimal = tokenType("a number", [Literal])
export const Integer = tokenType("a whole number", [SessionName, Subject, Literal])
/** A word that begins with a digit, such as the session id `2nd-reviewer`. */
export const DigitWord = tokenType("a name", [AnyName, ExprName, SessionName, Subject])
/** A whole quoted text, holes included. */
export const Text = tokenType('a text in quotes, `"…"`')
export const Regex = tokenType("a regular expression", [Literal])
/** Characters that no token starts with: the parser says the one message about them. */
export const Unknown = tokenType("an unknown character")
export const End = tokenType("the end")
