/**
 * Texts with holes: resolves escapes, removes the indentation of multi-line texts, and hands each hole to the expression parser.
 * In quotes the escapes are `\" \\ \n \r \t \$ \uXXXX \u{…}`; in a bare template (a YAML value) only `\${` is one, every other
 * backslash stands for itself.
 */
import type { Expr, HolePart, Template, TextPart } from "./ast.ts"
import { spanOf, type Origin } from "./origin.ts"
import { badEscape, emptyHole, unclosedHole } from "./problems.ts"
import { endOfHole } from "./scan.ts"

/** Parses the expression in `[start, end)` of the origin's text; undefined when that was reported as a problem. */
export type ParseHole = (origin: Origin, start: number, end: number) => Expr | undefined

interface Inside {
  readonly start: number
  readonly end: number
  /** white space to take from the start of each line */
  readonly indent: number
  readonly atLineStart: boolean
}

/** The text between `"""` and `"""`: a blank first line and a blank last one are not part of it; the last one's indentation comes off all lines. */
const insideBlock = (text: string, start: number, end: number): Inside => {
  const first = /^[ \t]*\r?\n/.exec(text.slice(start, end))
  const from = start + (first?.[0].length ?? 0)
  let last = end
  while (last > from && (text[last - 1] === " " || text[last - 1] === "\t")) last--
  if (first !== null && last === from) return { start: from, end: from, indent: 0, atLineStart: false }
  if (text[last - 1] !== "\n") return { start: from, end, indent: 0, atLineStart: false }
  const indent = end - last
  last -= text[last - 2] === "\r" ? 2 : 1
  return { start: from, end: Math.max(from, last), indent, atLineStart: first !== null }
}

const simpleEscapes: { readonly [character: string]: string } = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\", $: "$" }
const unicodeEscape = /\\u(?:([0-9A-Fa-f]{4})|\{([0-9A-Fa-f]{1,6})\})/y

/** One escape of a quoted text at the backslash `at`: what it stands for and how long it is. */
const escape = (origin: Origin, at: number): { readonly text: string; readonly length: number } => {
  const next = origin.text[at + 1] ?? ""
  const simple = simpleEscapes[next]
  if (simple !== undefined) return { text: simple, length: 2 }
  unicodeEscape.lastIndex = at
  const unicode = unicodeEscape.exec(origin.text)
  const point = unicode === null ? Number.NaN : Number.parseInt(unicode[1] ?? unicode[2]!, 16)
  if (unicode !== null && point <= 0x10ffff) {
    return { text: unicode[1] === undefined ? String.fromCodePoint(point) : String.fromCharCode(point), length: unicode[0].length }
  }
  origin.problems.push(badEscape(spanOf(origin, at, at + 1 + next.length), `\\${next}`))
  return { text: next, length: 1 + next.length }
}

/** What can only stand for itself. */
const verbatim = /[^\\$\r\n]+/y

const parts = (origin: Origin, inside: Inside, quoted: boolean, parseHole: ParseHole): ReadonlyArray<TextPart | HolePart> => {
  const { text } = origin
  const out: Array<TextPart | HolePart> = []
  const pieces: Array<string> = []
  let textStart = inside.start
  const flush = (end: number): void => {
    const decoded = pieces.join("")
    if (decoded !== "") out.push({ kind: "text", text: decoded, span: spanOf(origin, textStart, end) })
    pieces.length = 0
  }
  const skipIndent = (from: number): number => {
    let at = from
    while (at < inside.end && at - from < inside.indent && (text[at] === " " || text[at] === "\t")) at++
    return at
  }
  let at = inside.atLineStart ? skipIndent(inside.start) : inside.start
  while (at < inside.end) {
    const character = text[at]!
    if (character === "\\" && (quoted || text.startsWith("\\${", at))) {
      const escaped = quoted ? escape(origin, at) : { text: "${", length: 3 }
      pieces.push(escaped.text)
      at += escaped.length
    } else if (character === "$" && text[at + 1] === "{") {
      flush(at)
      const end = endOfHole(text, at, inside.end)
      if (end === undefined) {
        origin.problems.push(unclosedHole(spanOf(origin, at, at + 2)))
        return out
      }
      if (text.slice(at + 2, end - 1).trim() === "") origin.problems.push(emptyHole(spanOf(origin, at, end)))
      else {
        const value = parseHole(origin, at + 2, end - 1)
        if (value !== undefined) out.push({ kind: "hole", value, span: spanOf(origin, at, end) })
      }
      at = textStart = end
    } else if (character === "\r" && text[at + 1] === "\n" && quoted) at++
    else {
      verbatim.lastIndex = at + 1
      const stop = character !== "\n" && verbatim.test(text) ? Math.min(inside.end, verbatim.lastIndex) : at + 1
      pieces.push(text.slice(at, stop))
      at = stop
      if (character === "\n" && inside.indent > 0) at = skipIndent(at)
    }
  }
  flush(inside.end)
  return merge(out)
}

/** A hole that was a mistake leaves two texts side by side: one text then. */
const merge = (found: ReadonlyArray<TextPart | HolePart>): ReadonlyArray<TextPart | HolePart> => {
  const out: Array<TextPart | HolePart> = []
  for (const part of found) {
    const before = out[out.length - 1]
    if (part.kind === "text" && before?.kind === "text") {
      out[out.length - 1] = { kind: "text", text: before.text + part.text, span: { ...before.span, end: part.span.end } }
    } else out.push(part)
  }
  return out
}

/** The template of a quoted text that stands at `[start, end)`, quotes included. */
export const quotedTemplate = (origin: Origin, start: number, end: number, multiLine: boolean, parseHole: ParseHole): Template => {
  const inside = multiLine ? insideBlock(origin.text, start + 3, end - 3) : { start: start + 1, end: end - 1, indent: 0, atLineStart: false }
  return {
    kind: "template",
    parts: parts(origin, inside, true, parseHole),
    quotes: multiLine ? "multi-line" : "single-line",
    span: spanOf(origin, start, end),
  }
}

/** The whole text of the origin as a template without quotes. */
export const bareTemplate = (origin: Origin, parseHole: ParseHole): Template => ({
  kind: "template",
  parts: parts(origin, { start: 0, end: origin.text.length, indent: 0, atLineStart: false }, false, parseHole),
  quotes: "none",
  span: spanOf(origin, 0, origin.text.length),
})
