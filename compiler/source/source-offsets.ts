/**
 * Where each decoded character of a scalar stands in the file. Every style is decoded a second time, remembering offsets; when that
 * does not give exactly the text that the YAML library decoded (a lone carriage return, an unusual line separator), characters are
 * aligned greedily instead, so an offset is always inside the scalar and never goes backwards.
 */
import type { Span } from "../diagnostics/span.ts"
import type { ScalarStyle } from "./model.ts"
import { alignBlock } from "./align-block.ts"
import { decodeQuoted } from "./decode-quoted.ts"
import { decodeUnfolded } from "./decode-unfolded.ts"

/** `offsets[i]` for each UTF-16 unit `i` of `text`, and one more for the place after the last. */
export const sourceOffsets = (source: string, span: Span, style: ScalarStyle, text: string): ReadonlyArray<number> =>
  exactOffsets(source, span, style, text) ?? alignGreedily(source, span, text)

const exactOffsets = (source: string, { start, end }: Span, style: ScalarStyle, text: string): ReadonlyArray<number> | undefined => {
  switch (style) {
    case "plain": return matching(decodeUnfolded(source, start, end, false), text)
    case "single": return matching(decodeUnfolded(source, start + 1, end - 1, true), text)
    case "double": return matching(decodeQuoted(source, start + 1, end - 1), text)
    case "literal":
    case "folded": return alignBlock(source, start, end, text)
  }
}

export interface Decoded {
  readonly text: string
  readonly offsets: ReadonlyArray<number>
}

const matching = (decoded: Decoded, text: string): ReadonlyArray<number> | undefined => (decoded.text === text ? decoded.offsets : undefined)

const alignGreedily = (source: string, { start, end }: Span, text: string): ReadonlyArray<number> => {
  const offsets: Array<number> = []
  let at = start
  for (const unit of text.split("")) {
    const found = /\s/.test(unit) ? at : source.indexOf(unit, at)
    if (found >= 0 && found < end) at = found
    offsets.push(Math.min(at, end))
    if (source[at] === unit) at++
  }
  offsets.push(Math.min(at, end))
  return offsets
}
