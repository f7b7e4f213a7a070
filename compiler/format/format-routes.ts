/**
 * Routing rules in one canonical layout. Comments stay where they speak: on lines of their own before a statement or a case, or behind one.
 * A statement with a comment anywhere else stays as it was written, and so does one that a suppression speaks of: its lines are what is meant.
 */
import type { Case, Comment, Let, Rule } from "../routes/ast.ts"
import { parseRoutes } from "../routes/parse.ts"
import { printAction, printTrigger } from "../routes/print.ts"
import { printExpr } from "../routes/print-expr.ts"

/** Lines are broken before `when` and `->` when they would be longer. */
const width = 116
const step = "  "

/** `text` must parse without a diagnostic. Ends with a newline; offsets are those of `text`. */
export const formatRoutes = (text: string): string => {
  const { statements, comments } = parseRoutes(text, (offset) => offset, "").program
  const place = new Place(text, comments)
  const lines = layOut(place, statements, 0, text.length, "", (statement) => formatStatement(place, statement))
  return lines.map((line) => `${line}\n`).join("")
}

/** The text and its comments, each asked for once in file order. */
class Place {
  readonly text: string
  readonly #comments: ReadonlyArray<Comment>

  constructor(text: string, comments: ReadonlyArray<Comment>) {
    this.text = text
    this.#comments = comments
  }

  /** Comments that begin in `[from, to)`. */
  between(from: number, to: number): ReadonlyArray<Comment> {
    return this.#comments.filter(({ span }) => span.start >= from && span.start < to)
  }

  /** Whether a line without anything on it stands in `[from, to)`. */
  blank(from: number, to: number): boolean {
    return /\n[ \t\r]*\n/.test(this.text.slice(from, to))
  }

  sameLine(from: number, to: number): boolean {
    return !this.text.slice(from, to).includes("\n")
  }
}

type Spanned = Let | Rule | Case

/** The parts with the comments and single blank lines between them, and the comments behind the last. */
const layOut = <Part extends Spanned>(
  place: Place,
  parts: ReadonlyArray<Part>,
  from: number,
  to: number,
  indent: string,
  print: (part: Part, suppressed: boolean) => string,
): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let at = from
  const gap = (until: number): boolean => {
    let suppressed = false
    for (const comment of place.between(at, until)) {
      const written = `#${comment.text.trimEnd()}`
      if (lines.length > 0 && place.sameLine(at, comment.span.start)) lines[lines.length - 1] += ` ${written}`
      else {
        if (lines.length > 0 && place.blank(at, comment.span.start)) lines.push("")
        lines.push(indent + written)
        suppressed ||= /^#\s*fleet-ignore\b/.test(written)
      }
      at = comment.span.end
    }
    return suppressed
  }
  for (const part of parts) {
    const suppressed = gap(part.span.start)
    if (lines.length > 0 && place.blank(at, part.span.start)) lines.push("")
    lines.push(indent + print(part, suppressed))
    at = part.span.end
  }
  gap(to)
  return lines
}

const formatStatement = (place: Place, statement: Let | Rule): string => {
  const { span } = statement
  const inside = place.between(span.start, span.end)
  if (statement.kind === "rule" && statement.form === "cases") return formatCases(place, statement, inside)
  if (inside.length > 0 || suppressedBefore(place, span.start)) return asWritten(place, span.start, span.end, "")
  if (statement.kind === "let") return `let ${statement.name.text} = ${printExpr(statement.value, "")}`
  const [only] = statement.cases
  if (only === undefined) return asWritten(place, span.start, span.end, "")
  return formatCase(`on ${triggers(statement)}`, only, "")
}

const triggers = (rule: Rule): string => rule.triggers.map((trigger) => printTrigger(trigger)).join(", ")

const formatCases = (place: Place, rule: Rule, inside: ReadonlyArray<Comment>): string => {
  const { span, cases } = rule
  const first = cases[0]
  const open = first === undefined ? -1 : openingBrace(place, rule, first)
  const stray = inside.some(({ span: at }) => at.start < open || cases.some((one) => at.start > one.span.start && at.start < one.span.end))
  if (open < 0 || stray || suppressedBefore(place, span.start)) return asWritten(place, span.start, span.end, "")
  const lines = layOut(place, cases, open + 1, span.end - 1, step, (one, suppressed) =>
    suppressed ? asWritten(place, one.span.start, one.span.end, step) : formatCase(undefined, one, step),
  )
  return `on ${triggers(rule)} {\n${lines.join("\n")}\n}`
}

/** The last brace before the first case that no comment hides. */
const openingBrace = (place: Place, rule: Rule, first: Case): number => {
  const from = rule.triggers.at(-1)?.span.end ?? rule.span.start
  let at = from
  for (const comment of place.between(from, first.span.start)) {
    const brace = place.text.slice(at, comment.span.start).indexOf("{")
    if (brace >= 0) return at + brace
    at = comment.span.end
  }
  const brace = place.text.slice(at, first.span.start).indexOf("{")
  return brace < 0 ? -1 : at + brace
}

/** `on … when … -> …` after `head`, or a case of a block without one. */
const formatCase = (head: string | undefined, { guard, action }: Case, indent: string): string => {
  const shape = (inner: string, separator: string): string => {
    const when = guard === undefined ? (head === undefined ? "otherwise" : undefined) : `when ${printExpr(guard, inner)}`
    return [head, when, `-> ${printAction(action, inner)}`].filter((part) => part !== undefined).join(separator)
  }
  const flat = shape(indent, " ")
  const first = flat.split("\n", 1)[0] ?? ""
  return indent.length + first.length <= width ? flat : shape(indent + step, `\n${indent}${step}`)
}

const suppressedBefore = (place: Place, start: number): boolean =>
  /(?:^|\n)[ \t]*#[ \t]*fleet-ignore\b[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*$/.test(place.text.slice(0, start))

/** The source of a part, moved as a whole so that its first line starts at `indent`. */
const asWritten = (place: Place, start: number, end: number, indent: string): string => {
  const lineStart = place.text.lastIndexOf("\n", start - 1) + 1
  const before = start - lineStart
  return place.text
    .slice(start, end)
    .split("\n")
    .map((line, index) => {
      if (index === 0) return line.trimEnd()
      const removed = Math.min(before, line.length - line.trimStart().length)
      return line.trim() === "" ? "" : indent + line.slice(removed).trimEnd()
    })
    .join("\n")
}
