import type { Diagnostic, Fix } from "./diagnostic.ts"

export interface Applied {
  readonly text: string
  /** in the order of the file */
  readonly applied: ReadonlyArray<Fix>
}

/**
 * Applies the fixes of `file` to its text, each whole or not at all. Of two that touch the same place the first stays; ask again for the
 * other after a new check, since the first may have mended both.
 */
export const applyFixes = (file: string, text: string, diagnostics: ReadonlyArray<Diagnostic>): Applied => {
  const taken: Array<{ readonly start: number; readonly end: number; readonly text: string }> = []
  const applied: Array<Fix> = []
  for (const { fix } of diagnostics) {
    if (fix === undefined || fix.edits.some(({ span }) => span.file !== file)) continue
    const edits = fix.edits.map(({ span, text: written }) => ({ start: span.start, end: span.end, text: written }))
    const touches = edits.some((edit) => taken.some((other) => edit.start <= other.end && other.start <= edit.end))
    if (touches) continue
    taken.push(...edits)
    applied.push(fix)
  }
  let result = text
  for (const { start, end, text: written } of taken.toSorted((a, b) => b.start - a.start)) result = result.slice(0, start) + written + result.slice(end)
  return { text: result, applied }
}
