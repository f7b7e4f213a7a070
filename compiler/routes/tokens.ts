/**
 * The token types of the routing language. Words of the language are contextual: each belongs to `AnyName`, so that it may still be a
 * field, a record key or an enum value. Labels are what messages call a token.
 */
import { createToken, Lexer, type ICustomPattern, type TokenType } from "chevrotain"
import { endOfText, regexMayStart, scanRegex, type TextScan } from "./scan.ts"

const word = /[A-Za-z_](?:[A-Za-z0-9_]|-(?!>))*/

/** A word wherever any word is unambiguous: fields, record keys, enum values. */
export const AnyName = createToken({ name: "AnyName", label: "a name", pattern: Lexer.NA })
/** A word that may start an expression. */
export const ExprName = createToken({ name: "ExprName", label: "a name", pattern: Lexer.NA })
/** A session id; ids may begin with a digit, so `30s` and `7` are ids too. */
export const SessionName = createToken({ name: "SessionName", label: "a session", pattern: Lexer.NA })
/** What may stand left of the dot of an event. */
export const Subject = createToken({ name: "Subject", label: "a session or gate", pattern: Lexer.NA })
export const BinaryOperator = createToken({ name: "BinaryOperator", label: "an operator", pattern: Lexer.NA })
export const AnyDot = createToken({ name: "AnyDot", label: "`.` or `?.`", pattern: Lexer.NA })
export const PrefixOperator = createToken({ name: "PrefixOperator", label: "`not` or `-`", pattern: Lexer.NA })

export const Word = createToken({ name: "Word", label: "a name", pattern: word, categories: [AnyName, ExprName, SessionName, Subject] })

const keyword = (text: string, more: ReadonlyArray<TokenType> = [ExprName]): TokenType =>
  createToken({ name: `Word_${text}`, label: `\`${text}\``, pattern: text, longer_alt: Word, categories: [AnyName, Subject, ...more] })

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
export const True = keyword("true", [])
export const False = keyword("false", [])
export const Null = keyword("null", [])
export const And = keyword("and", [BinaryOperator])
export const Or = keyword("or", [BinaryOperator])
export const In = keyword("in", [BinaryOperator])
export const Matches = keyword("matches", [BinaryOperator])
export const Not = keyword("not", [PrefixOperator])

const keywords = [
  On,
  LetWord,
  When,
  Otherwise,
  Within,
  All,
  AnyWord,
  Race,
  Of,
  Each,
  Every,
  For,
  Retry,
  Select,
  From,
  Gate,
  Cancel,
  Others,
  Fleet,
  Undo,
  Pause,
  Complete,
  Fail,
  Notify,
  Use,
  With,
  By,
  Subtask,
  Max,
  Then,
  After,
  Limit,
  Fresh,
  Priority,
  Human,
  Budget,
  True,
  False,
  Null,
  And,
  Or,
  In,
  Matches,
  Not,
]

/** The words of the language, which no session may be called (language.md 2). */
export const dslWords: ReadonlySet<string> = new Set(keywords.map((type) => type.PATTERN as string))

const symbol = (name: string, text: string, categories: Array<TokenType> = []): TokenType =>
  createToken({ name, label: `\`${text}\``, pattern: text, categories })

export const Arrow = symbol("Arrow", "->")
export const Minus = symbol("Minus", "-", [BinaryOperator, PrefixOperator])
export const LParen = symbol("LParen", "(")
export const RParen = symbol("RParen", ")")
export const LSquare = symbol("LSquare", "[")
export const RSquare = symbol("RSquare", "]")
export const LCurly = symbol("LCurly", "{")
export const RCurly = symbol("RCurly", "}")
export const Comma = symbol("Comma", ",")
export const Semicolon = symbol("Semicolon", ";")
export const Colon = symbol("Colon", ":")
export const Dot = symbol("Dot", ".", [AnyDot])
export const OptionalDot = symbol("OptionalDot", "?.", [AnyDot])
export const Question = symbol("Question", "?")
export const Bar = symbol("Bar", "|")
export const Equals = symbol("Equals", "=")
const operators = ["??", "==", "!=", "<=", ">=", "<", ">", "+", "*", "%"].map((text, index) => symbol(`Operator${index}`, text, [BinaryOperator]))
const Slash = symbol("Slash", "/", [BinaryOperator])

export const Duration = createToken({
  name: "Duration",
  label: "a duration such as `30s`, `5m` or `2h`",
  categories: [SessionName, Subject],
  pattern: /\d+(?:\.\d+)?(?:ms|s|m|h|d)(?![A-Za-z0-9_]|-(?!>))/,
})
export const Money = createToken({ name: "Money", label: "an amount such as `$1.50`", pattern: /\$\d+(?:\.\d+)?/ })
export const Percent = createToken({ name: "Percent", label: "a percentage such as `80%`", pattern: /\d+(?:\.\d+)?%(?![A-Za-z0-9_("$])/ })
export const Decimal = createToken({ name: "Decimal", label: "a number", pattern: /\d+\.\d+/ })
export const Integer = createToken({ name: "Integer", label: "a whole number", pattern: /\d+/, categories: [SessionName, Subject] })
/** A word that begins with a digit, such as the session id `2nd-reviewer`; the bound keeps `1-1-1-…` linear. */
export const DigitWord = createToken({
  name: "DigitWord",
  label: "a name",
  pattern: /\d[\d-]{0,60}[A-Za-z_](?:[A-Za-z0-9_]|-(?!>))*/,
  categories: [AnyName, ExprName, SessionName, Subject],
})

/** A whole quoted text, holes included; its payload is the `TextScan`, later the `Template`. */
export const Text = createToken({ name: "Text", label: 'a text in quotes, `"…"`', pattern: Lexer.NA })
export const Regex = createToken({ name: "Regex", label: "a regular expression", pattern: Lexer.NA })
/** Characters that no token starts with; the lexer's complaints come back as these, so that the parser says the one message. */
export const Unknown = createToken({ name: "Unknown", label: "an unknown character", pattern: Lexer.NA })
export const Comment = createToken({ name: "Comment", pattern: /#[^\n]*/, group: "comments" })
const Space = createToken({ name: "Space", pattern: /[ \t\r\n\f\v\u00a0\ufeff]+/, group: Lexer.SKIPPED, line_breaks: true })

type Match = ReturnType<Exclude<ICustomPattern["exec"], RegExp>>
const matched = (image: string, payload: unknown): Match => Object.assign([image] as [string], { payload }) as unknown as Match

/** `lost` remembers that a multi-line text ran off the end, so that the next such text is not searched for its end again. */
export const createLexer = (state: { lost: boolean }): Lexer => {
  const text: TokenType = {
    ...Text,
    PATTERN: (source: string, offset: number) => {
      if (source[offset] !== '"') return null
      const scan: TextScan = endOfText(source, offset, state.lost)
      if (!scan.closed && scan.multiLine) state.lost = true
      return matched(source.slice(offset, scan.end), scan)
    },
    START_CHARS_HINT: ['"'],
    LINE_BREAKS: true,
  }
  const regex: TokenType = {
    ...Regex,
    PATTERN: (source: string, offset: number) => {
      if (source[offset] !== "/" || !regexMayStart(source, offset)) return null
      const scan = scanRegex(source, offset)
      return matched(source.slice(offset, scan.end), scan)
    },
    START_CHARS_HINT: ["/"],
    LINE_BREAKS: false,
  }
  return new Lexer(
    [
      Space,
      Comment,
      text,
      regex,
      ...keywords,
      Word,
      Duration,
      Percent,
      DigitWord,
      Decimal,
      Integer,
      Money,
      Arrow,
      OptionalDot,
      ...operators,
      Equals,
      Minus,
      Slash,
      LParen,
      RParen,
      LSquare,
      RSquare,
      LCurly,
      RCurly,
      Comma,
      Semicolon,
      Colon,
      Dot,
      Question,
      Bar,
    ],
    { positionTracking: "onlyOffset", skipValidations: true, ensureOptimizations: true },
  )
}
