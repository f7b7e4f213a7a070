import type { Diagnostic } from "./diagnostic.ts"

/** By file, then position, then code; exact duplicates (same code, span and message) once. */
export const sortDiagnostics = (diagnostics: Iterable<Diagnostic>): ReadonlyArray<Diagnostic> => {
  const sorted = [...diagnostics].sort(byPlace)
  const kept: Array<Diagnostic> = []
  let said = new Set<string>()
  for (const [at, d] of sorted.entries()) {
    const before = sorted[at - 1]
    if (before === undefined || byPlace(before, d) !== 0) said = new Set()
    if (said.has(d.message)) continue
    said.add(d.message)
    kept.push(d)
  }
  return kept
}

const byPlace = (a: Diagnostic, b: Diagnostic): number =>
  order(a.span.file, b.span.file) || a.span.start - b.span.start || a.span.end - b.span.end || order(a.code, b.code)

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
