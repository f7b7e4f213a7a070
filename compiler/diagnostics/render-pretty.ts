import { mostSevere } from "./bound.ts"
import type { Diagnostic, Severity } from "./diagnostic.ts"
import { Sources, type LineIndex } from "./line-index.ts"
import { sortDiagnostics } from "./sort.ts"
import type { Span } from "./span.ts"

export interface PrettyOptions {
  /** ANSI colours; the caller has looked at the terminal and at NO_COLOR */
  readonly color: boolean
  /** how many are shown in full, 100 unless said otherwise; the last line counts all */
  readonly most?: number
}

type Paint = (text: string) => string

/**
 * For people: `severity[code]: message`, the place, the line with carets under it, related places, help; then a line that counts.
 * Long lines are cut to a window around the caret. Of very many the most severe are shown.
 */
export const renderPretty = (diagnostics: Iterable<Diagnostic>, texts: ReadonlyMap<string, string>, { color, most = 100 }: PrettyOptions): string => {
  const sorted = sortDiagnostics(diagnostics)
  const shown = mostSevere(sorted, most)
  const sources = new Sources(texts)
  const paint = (code: string): Paint => (color ? (text) => `\u001b[${code}m${text}\u001b[0m` : (text) => text)
  const bySeverity: Record<Severity, Paint> = { error: paint("1;31"), warning: paint("1;33"), info: paint("1;36") }
  const bold = paint("1")
  const dim = paint("34")
  const blocks = shown.map((d) => {
    const mark = bySeverity[d.severity]
    const frames = [frame(sources.index(d.span.file), d.span, "", mark, dim, "^")]
    for (const { span, message } of d.related) frames.push(frame(sources.index(span.file), span, message, dim, dim, "-"))
    const help = d.help === undefined ? "" : `   ${dim("=")} ${bold("help")}: ${oneLine(d.help)}\n`
    return `${mark(`${d.severity}[${d.code}]`)}${bold(`: ${oneLine(d.message)}`)}\n${frames.join("")}${help}`
  })
  const hidden = sorted.length - shown.length
  const rest = hidden === 0 ? "" : `${hidden} more not shown here: --format json shows them\n\n`
  return blocks.length === 0 ? "" : `${blocks.join("\n")}\n${rest}${summary(sorted)}\n`
}

const frame = (index: LineIndex, span: Span, note: string, mark: Paint, dim: Paint, caret: string): string => {
  const start = index.position(span.start)
  const end = index.position(span.end)
  const line = index.line(start.line)
  const from = start.column - 1
  const to = Math.max(from + 1, end.line === start.line ? end.column - 1 : line.length)
  const window = windowAround(line, from, to)
  const number = String(start.line)
  const gutter = " ".repeat(number.length)
  const carets = mark(caret.repeat(Math.max(1, width(line.slice(from, Math.min(to, window.end))))))
  return [
    `${gutter}${dim("-->")} ${oneLine(span.file)}:${start.line}:${start.column}\n`,
    `${gutter} ${dim("|")}\n`,
    `${dim(`${number} |`)} ${window.prefix}${visible(line.slice(window.start, window.end))}${window.suffix}\n`,
    `${gutter} ${dim("|")} ${" ".repeat(window.prefix.length + width(line.slice(window.start, from)))}${carets}${note === "" ? "" : ` ${oneLine(note)}`}\n`,
  ].join("")
}

const widest = 120

const windowAround = (
  line: string,
  from: number,
  to: number,
): { readonly start: number; readonly end: number; readonly prefix: string; readonly suffix: string } => {
  if (line.length <= widest) return { start: 0, end: line.length, prefix: "", suffix: "" }
  const start = atCharacter(line, from > 40 ? from - 20 : 0)
  const end = atCharacter(line, Math.min(line.length, Math.max(start + widest, Math.min(to, from + widest))))
  return { start, end, prefix: start > 0 ? "…" : "", suffix: end < line.length ? "…" : "" }
}

/** Not between the two halves of a character. */
const atCharacter = (line: string, at: number): number => (/^[\udc00-\udfff]/.test(line.slice(at, at + 1)) ? at - 1 : at)

/** Tabs as two spaces; what a terminal would act on (escapes, other breaks of lines, changes of direction) as a replacement sign. */
const visible = (text: string): string => text.replaceAll("\t", "  ").replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu, "\ufffd")

/** What stands beside the source has a line to itself, whatever words of the file are in it. */
const oneLine = (text: string): string => visible(text.replace(/\r?\n/g, "↵"))

/** Terminal columns: wide characters take two, combining ones none. */
const width = (text: string): number => {
  let columns = 0
  for (const character of text) {
    if (
      character === "\t" ||
      /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(character)
    )
      columns += 2
    else if (!/\p{Mn}|\u200d|\ufe0f/u.test(character)) columns += 1
  }
  return columns
}

const summary = (diagnostics: ReadonlyArray<Diagnostic>): string =>
  (["error", "warning", "info"] as const)
    .map((severity) => [severity, diagnostics.filter((d) => d.severity === severity).length] as const)
    .filter(([, n]) => n > 0)
    .map(([severity, n]) => `${n} ${severity === "info" ? "note" : severity}${n === 1 ? "" : "s"}`)
    .join(", ")
