/**
 * `# fleet-ignore code: reason` on a line of its own, in YAML comments and in the comments of routing rules inside any scalar. Text
 * that only looks like one, inside a prompt say, is none.
 */
import { diagnose } from "../diagnostics/diagnose.ts"
import type { Diagnostic } from "../diagnostics/diagnostic.ts"
import type { Span } from "../diagnostics/span.ts"
import type { ScalarNode, SourceTree, YamlNode } from "./model.ts"

export interface Suppression {
  readonly code: string
  readonly reason: string
  /** `fleet-ignore code: reason`, without the `#` */
  readonly span: Span
  /** the line it speaks of: the next one that is neither empty nor a comment */
  readonly line: { readonly start: number; readonly end: number }
}

export interface Suppressions {
  readonly suppressions: ReadonlyArray<Suppression>
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

/** A scalar that holds routing rules, and the comments in it. */
export interface RuleText {
  readonly node: ScalarNode
  /** `at`: where in the scalar's text its `#` stands */
  readonly comments: ReadonlyArray<{ readonly at: number; readonly text: string; readonly span: Span }>
}

export const findSuppressions = ({ file, text, root }: SourceTree, rules: Iterable<RuleText>): Suppressions => {
  const suppressions: Array<Suppression> = []
  const diagnostics: Array<Diagnostic> = []
  if (!text.includes("fleet-ignore")) return { suppressions, diagnostics }
  for (const { written, span, line } of [...inYaml(file, text, root), ...[...rules].flatMap((each) => inRules(text, each))].sort(byPlace)) {
    const [, code, reason = ""] = /^fleet-ignore[ \t]+([A-Za-z0-9_/.@-]+)[ \t]*(?::[ \t]*(.*))?$/.exec(written) ?? []
    if (code === undefined) diagnostics.push(diagnose("invalid-value:suppression-code", span, {}))
    else if (reason === "") diagnostics.push(diagnose("invalid-value:suppression-reason", span, { code }))
    else suppressions.push({ code, reason, span, line })
  }
  return { suppressions, diagnostics }
}

/** A comment that is written as one that suppresses. */
interface Found {
  readonly written: string
  readonly span: Span
  readonly line: Suppression["line"]
}

const byPlace = (a: Found, b: Found): number => a.span.start - b.span.start

const inYaml = (file: string, text: string, root: YamlNode | undefined): ReadonlyArray<Found> => {
  const scalars = root === undefined ? [] : scalarsOf(root)
  let line = { start: -1, end: -1 }
  return [...text.matchAll(/^([ \t]*#[ \t]*)(fleet-ignore\b[^\r\n]*)/gm)].flatMap((found): ReadonlyArray<Found> => {
    const start = found.index + (found[1] ?? "").length
    if (isInside(scalars, start)) return []
    const written = (found[2] ?? "").trimEnd()
    const span = { file, start, end: start + written.length }
    // comments that stand below each other speak of the same line
    if (line.start < span.end) line = lineAfter(text, span.end)
    return [{ written, span, line }]
  })
}

/** In the text as it is read: a quoted one may hold several lines on one of the file. */
const inRules = (text: string, { node, comments }: RuleText): ReadonlyArray<Found> => {
  let next = { start: -1, end: -1 }
  return comments.flatMap((comment): ReadonlyArray<Found> => {
    const [, blank = "", said = ""] = /^([ \t]*)(fleet-ignore\b.*?)[ \t\r]*$/.exec(comment.text) ?? []
    if (said === "" || node.text.slice(node.text.lastIndexOf("\n", comment.at) + 1, comment.at).trim() !== "") return []
    const start = comment.at + 1 + blank.length
    if (next.start < start) next = lineAfter(node.text, start)
    const line = next.start === node.text.length ? lineAfter(text, comment.span.end) : { start: node.offsetAt(next.start), end: node.endAt(next.end) }
    return [{ written: said, span: node.spanAt(start, start + said.length), line }]
  })
}

/** Spans of all scalars by place: they never overlap. */
const scalarsOf = (root: YamlNode): ReadonlyArray<Span> => {
  const spans: Array<Span> = []
  const seen = new Set<YamlNode>()
  const walk = (node: YamlNode): void => {
    if (seen.has(node)) return
    seen.add(node)
    if (node.kind === "map") for (const entry of node.entries) walk(entry.value)
    else if (node.kind === "list") for (const item of node.items) walk(item)
    else if (node.kind === "scalar") spans.push(node.span)
  }
  walk(root)
  return spans.sort((a, b) => a.start - b.start)
}

const isInside = (spans: ReadonlyArray<Span>, offset: number): boolean => {
  let [low, high] = [0, spans.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((spans[middle]?.start ?? 0) < offset) low = middle + 1
    else high = middle
  }
  return offset < (spans[low - 1]?.end ?? 0)
}

const lineAfter = (text: string, end: number): Suppression["line"] => {
  const line = /\n[ \t]*(?!#)[^\s#][^\n]*/g
  line.lastIndex = end
  const found = line.exec(text)
  return found === null ? { start: text.length, end: text.length } : { start: found.index + 1, end: found.index + found[0].length }
}
