/** Text to tokens. Never fails: what starts no token becomes an `Unknown` one. */
import type { Comment } from "./ast.ts"
import { spanOf, type Origin } from "./origin.ts"
import { endOfText, regexMayStart, scanRegex, type TextScan } from "./scan.ts"
import * as t from "./tokens.ts"

export interface Lexed {
  readonly tokens: Array<t.Token>
  readonly comments: ReadonlyArray<Comment>
}

const space = /[ \t\r\n\f\v\u00a0\ufeff]+/y
const comment = /#[^\n]*/y
const word = /[A-Za-z_](?:[A-Za-z0-9_]|-(?!>))*/y
const money = /\$\d+(?:\.\d+)?/y
/** Duration, percentage, word (the bound keeps `1-1-1-…` linear), number with a fraction, whole number: the first that fits. */
const number =
  /(\d+(?:\.\d+)?(?:ms|s|m|h|d)(?![A-Za-z0-9_]|-(?!>)))|(\d+(?:\.\d+)?%(?![A-Za-z0-9_("$]))|(\d[\d-]{0,60}[A-Za-z_](?:[A-Za-z0-9_]|-(?!>))*)|(\d+\.\d+)|\d+/y
const numberTypes = [t.Duration, t.Percent, t.DigitWord, t.Decimal]

/** How many characters of `text` a sticky pattern takes at `at`. */
const lengthOf = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex - at : 0
}

/** What stands at an offset; no type for white space, comments and what no token starts with (length 0). */
interface Found {
  readonly length: number
  readonly type?: t.TokenType
  readonly scan?: TextScan
}

const found = (type: t.TokenType, length: number): Found => ({ length, type })
const nothing: Found = { length: 0 }

const numberAt = (text: string, at: number): Found => {
  number.lastIndex = at
  const match = number.exec(text)
  if (match === null) return nothing
  const type = numberTypes.find((_, index) => match[index + 1] !== undefined) ?? t.Integer
  return found(type, match[0].length)
}

const signAt = (text: string, at: number): Found => {
  const long = t.signs.get(text.slice(at, at + 2))
  if (long !== undefined && at + 1 < text.length) return found(long, 2)
  const short = t.signs.get(text[at] ?? "")
  return short === undefined ? nothing : found(short, 1)
}

const codes = { tab: 9, carriageReturn: 13, space: 32, quote: 34, hash: 35, dollar: 36, slash: 47, zero: 48, nine: 57 }

/** `lost`: a multi-line text ran off the end, so the end of the next one is not searched for again. */
const tokenAt = (text: string, at: number, lost: boolean): Found => {
  const code = text.charCodeAt(at)
  if (code === codes.space || (code >= codes.tab && code <= codes.carriageReturn)) return { length: lengthOf(space, text, at) }
  if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95) {
    const length = lengthOf(word, text, at)
    return found(t.keywords.get(text.slice(at, at + length)) ?? t.Word, length)
  }
  if (code >= codes.zero && code <= codes.nine) return numberAt(text, at)
  if (code === codes.quote) {
    const scan = endOfText(text, at, lost)
    return { length: scan.end - at, type: t.Text, scan }
  }
  if (code === codes.slash && regexMayStart(text, at)) {
    const scan = scanRegex(text, at)
    return { length: scan.end - at, type: t.Regex, scan: { ...scan, multiLine: false, tooDeep: false } }
  }
  if (code === codes.hash) return { length: lengthOf(comment, text, at) }
  if (code === codes.dollar) return found(t.Money, lengthOf(money, text, at))
  return code > 127 ? { length: lengthOf(space, text, at) } : signAt(text, at)
}

/** The tokens of `[start, end)` of the origin's text. */
export const lex = (origin: Origin, start: number, end: number): Lexed => {
  const text = start === 0 && end === origin.text.length ? origin.text : origin.text.slice(start, end)
  const tokens: Array<t.Token> = []
  const comments: Array<Comment> = []
  let lost = false
  let unknown: number | undefined
  const endUnknown = (at: number): void => {
    if (unknown !== undefined) tokens.push({ type: t.Unknown, image: text.slice(unknown, at), start: start + unknown, scan: undefined, template: undefined })
    unknown = undefined
  }
  for (let at = 0; at < text.length;) {
    const { length, type, scan } = tokenAt(text, at, lost)
    if (length === 0) {
      unknown ??= at
      at++
      continue
    }
    endUnknown(at)
    if (type !== undefined) tokens.push({ type, image: text.slice(at, at + length), start: start + at, scan, template: undefined })
    else if (text[at] === "#") {
      const line = text.slice(at, at + length).replace(/\r$/, "")
      comments.push({ text: line.slice(1), span: spanOf(origin, start + at, start + at + line.length) })
    }
    if (scan?.multiLine === true && !scan.closed) lost = true
    at += length
  }
  endUnknown(text.length)
  return { tokens, comments }
}
