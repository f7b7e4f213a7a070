import type { Span } from "../diagnostics/span.ts"
import type { ScalarStyle } from "./model.ts"
import { sourceOffsets } from "./source-offsets.ts"

/**
 * A scalar: what it says (`text`), what YAML's core schema makes of it (`value`), and where each character of it stands in the file.
 * The offsets are computed on first use: most scalars are never looked into.
 */
export class ScalarNode {
  readonly kind = "scalar"
  readonly span: Span
  readonly style: ScalarStyle
  /** the decoded characters; for a plain number or boolean what was written (`5.00`) */
  readonly text: string
  readonly value: string | number | boolean
  readonly #source: string
  #offsets: ReadonlyArray<number> | undefined

  constructor(source: string, span: Span, style: ScalarStyle, text: string, value: string | number | boolean) {
    this.#source = source
    this.span = span
    this.style = style
    this.text = text
    this.value = value
  }

  /** File offset of the decoded character `index`; `text.length` gives the place after the last one. Out of range is clamped. */
  offsetAt(index: number): number {
    const offsets = (this.#offsets ??= sourceOffsets(this.#source, this.span, this.style, this.text))
    return offsets[Math.max(0, Math.min(index, this.text.length))] ?? this.span.end
  }

  /** File span of the decoded characters `[from, to)`. */
  spanAt(from: number, to: number): Span {
    const start = this.offsetAt(from)
    const end = to > from ? this.#endOf(to - 1) : start
    return { file: this.span.file, start, end: Math.max(start, end) }
  }

  /** An escape is wider than the one character it means: a span ends where the next character's text begins, if that is adjacent. */
  #endOf(last: number): number {
    const start = this.offsetAt(last)
    const next = this.offsetAt(last + 1)
    const written = this.#source.slice(start, next)
    if (this.style === "double" && written.startsWith("\\")) return start + escapeWidth(written)
    if (this.style === "single" && written.startsWith("''")) return start + 2
    return Math.min(next, start + 1)
  }
}

/** Characters that an escape of a double-quoted scalar takes, backslash included. */
export const escapeWidth = (escape: string): number => {
  switch (escape[1]) {
    case "x": return 4
    case "u": return 6
    case "U": return 10
    default: return 2
  }
}
