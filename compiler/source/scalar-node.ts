import type { Span } from "../diagnostics/span.ts"
import type { ScalarStyle } from "./model.ts"
import { escapeWidth } from "./align-quoted.ts"
import type { Alignment } from "./alignment.ts"
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
  #offsets: Alignment | undefined

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
    return offsets.offsetAt(Math.max(0, Math.min(index, this.text.length)))
  }

  /** File offset behind the decoded character before `index`. */
  endAt(index: number): number {
    return index > 0 ? this.#endOf(index - 1) : this.offsetAt(0)
  }

  /** The characters `[from, to)` as they stand in the file. */
  written(from: number, to: number): string {
    return this.#source.slice(this.offsetAt(from), this.endAt(to))
  }

  /** Both as one function, for whoever reads the text. */
  offsets(): (index: number, side?: "end") => number {
    return (index, side) => (side === "end" ? this.endAt(index) : this.offsetAt(index))
  }

  /** File span of the decoded characters `[from, to)`. */
  spanAt(from: number, to: number): Span {
    const start = this.offsetAt(from)
    const end = to > from ? this.endAt(to) : start
    return { file: this.span.file, start, end: Math.max(start, end) }
  }

  /** An escape is wider than the one character it means. */
  #endOf(index: number): number {
    const start = this.offsetAt(index)
    if (this.style === "double" && this.#source[start] === "\\") return start + escapeWidth(this.#source, start)
    if (this.style === "single" && this.text[index] === "'") return start + 2
    return start + 1
  }
}
