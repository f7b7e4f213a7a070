/**
 * Finds where quoted texts, holes and regular expressions end. Texts nest (`"a ${x ?? "none"} b"`), so this is a small scanner with a
 * stack of its own; it never recurses and reads each character once.
 */

/** How deep texts may stand in the holes of texts. */
export const maxTextNesting = 4

export interface TextScan {
  /** offset behind the closing quotes; behind what was given up when not `closed` */
  readonly end: number
  readonly closed: boolean
  readonly multiLine: boolean
  /** the nesting limit was what stopped the scan */
  readonly tooDeep: boolean
}

const frameKind = { line: 0, block: 1, hole: 2 } as const
type Frame = { readonly kind: 0 | 1 | 2; braces: number }

/** Runs until the frame that starts at `from` is closed; gives the offset behind it, or why not. */
const run = (source: string, from: number, first: Frame, limit: number): { end: number; closed: boolean; tooDeep: boolean } => {
  const stack: Array<Frame> = [first]
  let lines = first.kind === frameKind.line ? 1 : 0
  let at = from
  while (at < limit) {
    const frame = stack[stack.length - 1]!
    const character = source[at]!
    if (lines > 0 && character === "\n") return { end: at, closed: false, tooDeep: false }
    if (frame.kind === frameKind.hole) {
      if (character === '"') {
        const block = source.startsWith('"""', at)
        if (stack.length >= maxTextNesting * 2) return { end: at, closed: false, tooDeep: true }
        stack.push({ kind: block ? frameKind.block : frameKind.line, braces: 0 })
        if (!block) lines++
        at += block ? 3 : 1
      } else if (character === "/" && regexMayStart(source, at)) {
        at = Math.max(at + 1, scanRegex(source, at).end)
      } else {
        at++
        if (character === "{") frame.braces++
        else if (character === "}" && frame.braces-- === 0) {
          stack.pop()
          if (stack.length === 0) return { end: at, closed: true, tooDeep: false }
        }
      }
    } else if (character === "\\") at += lines > 0 && source[at + 1] === "\n" ? 1 : 2
    else if (character === "$" && source[at + 1] === "{") {
      stack.push({ kind: frameKind.hole, braces: 0 })
      at += 2
    } else if (frame.kind === frameKind.line ? character === '"' : source.startsWith('"""', at)) {
      stack.pop()
      at += frame.kind === frameKind.line ? 1 : 3
      if (frame.kind === frameKind.line) lines--
      if (stack.length === 0) return { end: at, closed: true, tooDeep: false }
    } else at++
  }
  return { end: limit, closed: false, tooDeep: false }
}

const ruleStart = /^[ \t]*(?:on[ \t]+[^\n]*(?:->|\{)|let[ \t]+[\w-]+[ \t]*=)/gm

const lineEnd = (source: string, from: number): number => {
  const end = source.indexOf("\n", from)
  return end < 0 ? source.length : end
}

/**
 * The text that opens at `start`. A single-line text ends on its line at the latest. A multi-line text without an end gives up at the next
 * line that looks like a rule, so that one missing `"""` costs one rule; with `lost`, at the end of its own line.
 */
export const endOfText = (source: string, start: number, lost: boolean): TextScan => {
  const multiLine = source.startsWith('"""', start)
  if (!multiLine) {
    const scan = run(source, start + 1, { kind: frameKind.line, braces: 0 }, source.length)
    return { ...scan, end: scan.closed ? scan.end : lineEnd(source, start), multiLine }
  }
  if (!lost) {
    const scan = run(source, start + 3, { kind: frameKind.block, braces: 0 }, source.length)
    if (scan.closed) return { ...scan, multiLine }
    ruleStart.lastIndex = lineEnd(source, start)
    const next = ruleStart.exec(source)
    return { end: next?.index ?? source.length, closed: false, multiLine, tooDeep: scan.tooDeep }
  }
  return { end: lineEnd(source, start), closed: false, multiLine, tooDeep: false }
}

/** The offset behind the `}` of the hole whose `${` stands at `start`, or undefined when it is not closed before `limit`. */
export const endOfHole = (source: string, start: number, limit: number): number | undefined => {
  const scan = run(source, start + 2, { kind: frameKind.hole, braces: 0 }, limit)
  return scan.closed ? scan.end : undefined
}

const afterWhichARegexStands = new Set([..."([{,:;=<>!+-*?|&"])
const wordBeforeARegex = /(?:^|[^\w.-])(?:matches|in|and|or|not|when)$/

/** Division follows an operand, a regular expression anything else. */
export const regexMayStart = (source: string, at: number): boolean => {
  let before = at - 1
  while (before >= 0 && /\s/.test(source[before]!)) before--
  if (before < 0 || afterWhichARegexStands.has(source[before]!)) return true
  return wordBeforeARegex.test(source.slice(Math.max(0, before - 8), before + 1))
}

/** The regular expression that opens at `start`: ends at the next `/` outside a class, on the same line. */
export const scanRegex = (source: string, start: number): { readonly end: number; readonly closed: boolean } => {
  let inClass = false
  for (let at = start + 1; at < source.length; at++) {
    const character = source[at]
    if (character === "\n") return { end: at, closed: false }
    if (character === "\\") at++
    else if (character === "[") inClass = true
    else if (character === "]") inClass = false
    else if (character === "/" && !inClass) return { end: at + 1, closed: true }
  }
  return { end: source.length, closed: false }
}
