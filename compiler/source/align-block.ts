import type { Alignment } from "./alignment.ts"

/**
 * Block scalars. A line of the file that has content stands verbatim in the decoded text, less its indentation; between two such
 * lines the decoded text has one space (folding) or line feeds. So it is enough to know the indentation and to walk both in step.
 */
export const alignBlock = (source: string, start: number, end: number, text: string, into: Alignment): void => {
  const header = source.indexOf("\n", start)
  if (header < 0 || header >= end) {
    into.end(end)
    return
  }
  const lines = linesOf(source, header + 1, end)
  const indent = indentOf(lines, text)
  let breaks: Array<number> = []
  for (const line of lines) {
    const from = Math.min(line.start + indent, line.start + line.spaces, line.end)
    if (from < line.end && into.index < text.length) {
      const separator = separatorAt(text, into.index, source[from] === " ")
      for (let i = 0; into.index < separator; i++) into.put(text.charAt(into.index), breaks[i] ?? from)
      into.copy(source, from, line.end)
      breaks = []
    }
    breaks.push(line.end)
  }
  for (let i = 0; into.index < text.length; i++) into.put("\n", breaks[i] ?? end)
  const { last } = into
  into.end(last === undefined ? end : Math.min(end, text.endsWith("\n") && last < end ? source.indexOf("\n", last) + 1 || end : last + 1))
}

interface Line {
  readonly start: number
  /** without its line break */
  readonly end: number
  readonly spaces: number
}

const linesOf = (source: string, start: number, end: number): ReadonlyArray<Line> => {
  const lines: Array<Line> = []
  for (let at = start; at < end;) {
    const feed = source.indexOf("\n", at)
    const stop = feed < 0 || feed > end ? end : feed
    const lineEnd = source[stop - 1] === "\r" && stop > at ? stop - 1 : stop
    let spaces = 0
    while (at + spaces < lineEnd && source[at + spaces] === " ") spaces++
    lines.push({ start: at, end: lineEnd, spaces })
    at = stop + 1
  }
  return lines
}

/** What the first line with content has more in the file than in the decoded text. */
const indentOf = (lines: ReadonlyArray<Line>, text: string): number => {
  const first = lines.find((line) => line.start + line.spaces < line.end)
  if (first === undefined) return Math.max(0, ...lines.map((line) => line.spaces)) - Math.max(0, ...text.split("\n").map((line) => line.length))
  const content = text.search(/[^ \n]/)
  const kept = content - (text.lastIndexOf("\n", content) + 1)
  return first.spaces - kept
}

/** Where the next line's content begins: after line feeds, or after the one space that folding leaves. */
const separatorAt = (text: string, at: number, moreIndented: boolean): number => {
  let to = at
  while (text[to] === "\n") to++
  return to === at && at > 0 && !moreIndented && text[to] === " " ? to + 1 : to
}
