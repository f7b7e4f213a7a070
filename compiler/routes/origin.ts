/** Where a piece of decoded text stands in the file, and where its problems go. */
import type { Diagnostic } from "../diagnostics/diagnostic.ts"
import type { Span } from "../diagnostics/span.ts"

/**
 * Maps an offset of the decoded text (0 … length) to an offset of the file. Asked for an end, it gives the place behind the character
 * before `offset`, which is not always that of the next one: a quoted text may go on in another line.
 */
export type OffsetMap = (offset: number, side?: "end") => number

export interface Origin {
  readonly text: string
  readonly at: OffsetMap
  readonly file: string
  readonly problems: Array<Diagnostic>
}

/** The file span of the decoded characters `start` (inclusive) to `end` (exclusive); never empty where the file has a character to show. */
export const spanOf = (origin: Origin, start: number, end: number): Span => {
  const from = origin.at(start)
  return { file: origin.file, start: from, end: end > start ? Math.max(origin.at(end, "end"), from) : from }
}
