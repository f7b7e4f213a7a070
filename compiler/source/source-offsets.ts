/**
 * Where each decoded character of a scalar stands in the file. Every style is decoded a second time, remembering offsets; when that
 * does not give exactly the text that the YAML library decoded (a lone carriage return, an unusual line separator), characters are
 * aligned greedily instead, so an offset is always inside the scalar and never goes backwards.
 */
import type { Span } from "../diagnostics/span.ts"
import type { ScalarStyle } from "./model.ts"
import { alignBlock } from "./align-block.ts"
import { Alignment } from "./alignment.ts"
import { alignQuoted } from "./align-quoted.ts"
import { alignUnfolded } from "./align-unfolded.ts"

/** The places of the UTF-16 units of `text`, and of one more behind the last. */
export const sourceOffsets = (source: string, span: Span, style: ScalarStyle, text: string): Alignment => {
  const alignment = new Alignment(text)
  align(source, span, style, text, alignment)
  return alignment.isExact ? alignment : alignGreedily(source, span, text)
}

const align = (source: string, { start, end }: Span, style: ScalarStyle, text: string, into: Alignment): void => {
  switch (style) {
    case "plain":
      return alignUnfolded(source, start, end, false, into)
    case "single":
      return alignUnfolded(source, start + 1, end - 1, true, into)
    case "double":
      return alignQuoted(source, start + 1, end - 1, into)
    case "literal":
    case "folded":
      return alignBlock(source, start, end, text, into)
  }
}

/** How far ahead the next character is looked for. */
const lookAhead = 1000

const alignGreedily = (source: string, { start, end }: Span, text: string): Alignment => {
  const alignment = new Alignment(text)
  let at = start
  for (const unit of text.split("")) {
    const found = /\s/.test(unit) ? 0 : source.slice(at, Math.min(end, at + lookAhead)).indexOf(unit)
    if (found > 0) at += found
    alignment.put(unit, Math.min(at, end))
    if (source[at] === unit) at++
  }
  return alignment.end(Math.min(at, end))
}
