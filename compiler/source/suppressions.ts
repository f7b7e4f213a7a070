/**
 * `# fleet-ignore code: reason` on a line of its own, in YAML comments and in the comments of routing rules inside any scalar. Text
 * that only looks like one (inside a prompt, say) is none: a line inside a scalar counts only when that scalar holds rules.
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

/** `rules`: the scalars that hold routing rules, in which `#` begins a comment. */
export const findSuppressions = ({ file, text, root }: SourceTree, rules: Iterable<ScalarNode>): Suppressions => {
  const suppressions: Array<Suppression> = []
  const diagnostics: Array<Diagnostic> = []
  if (!text.includes("fleet-ignore")) return { suppressions, diagnostics }
  const prose = root === undefined ? [] : proseOf(root, new Set(rules))
  let line = { start: -1, end: -1 }
  for (const found of text.matchAll(/^([ \t]*#[ \t]*)(fleet-ignore\b[^\r\n]*)/gm)) {
    const start = found.index + (found[1] ?? "").length
    const written = (found[2] ?? "").trimEnd()
    const span = { file, start, end: start + written.length }
    if (isInside(prose, start)) continue
    const [, code, reason = ""] = /^fleet-ignore[ \t]+([A-Za-z0-9_/.@-]+)[ \t]*(?::[ \t]*(.*))?$/.exec(written) ?? []
    if (code === undefined) diagnostics.push(diagnose("invalid-value:suppression-code", span, {}))
    else if (reason === "") diagnostics.push(diagnose("invalid-value:suppression-reason", span, { code }))
    else {
      // comments that stand below each other speak of the same line
      if (line.start < span.end) line = lineAfter(text, span.end)
      suppressions.push({ code, reason, span, line })
    }
  }
  return { suppressions, diagnostics }
}

/** Spans of all scalars that are not rules, by place: they never overlap. */
const proseOf = (root: YamlNode, rules: ReadonlySet<ScalarNode>): ReadonlyArray<Span> => {
  const spans: Array<Span> = []
  const seen = new Set<YamlNode>()
  const walk = (node: YamlNode): void => {
    if (seen.has(node)) return
    seen.add(node)
    if (node.kind === "map") for (const entry of node.entries) walk(entry.value)
    else if (node.kind === "list") for (const item of node.items) walk(item)
    else if (node.kind === "scalar" && !rules.has(node)) spans.push(node.span)
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
