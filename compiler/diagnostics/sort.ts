import type { Diagnostic } from "./diagnostic.ts"

/** By file, then position, then code; exact duplicates (same code, span and message) once. */
export const sortDiagnostics = (diagnostics: Iterable<Diagnostic>): ReadonlyArray<Diagnostic> => {
  const seen = new Map<string, Diagnostic>()
  for (const d of diagnostics) {
    const key = JSON.stringify([d.code, d.span.file, d.span.start, d.span.end, d.message])
    if (!seen.has(key)) seen.set(key, d)
  }
  return [...seen.values()].sort(
    (a, b) => order(a.span.file, b.span.file) || a.span.start - b.span.start || a.span.end - b.span.end || order(a.code, b.code),
  )
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
