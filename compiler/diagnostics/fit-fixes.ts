import type { Diagnostic } from "./diagnostic.ts"
import type { Span } from "./span.ts"

/** The diagnostics of a file with fixes that are written as what they replace: a quoted word stays in its quotes, a text in a quoted text has its quotes escaped. */
export const fitFixes = (diagnostics: ReadonlyArray<Diagnostic>, file: string, text: string): ReadonlyArray<Diagnostic> =>
  diagnostics.map((each) => {
    if (each.fix === undefined) return each
    const edits = each.fix.edits.map((edit) => (edit.span.file === file ? { ...edit, text: fitted(edit.text, text, edit.span) } : edit))
    return { ...each, fix: { ...each.fix, edits } }
  })

const fitted = (written: string, text: string, { start, end }: Span): string => {
  const replaced = text.slice(start, end)
  if (written.startsWith('"')) return replaced.startsWith('\\"') ? written.replaceAll(/[\\"]/g, "\\$&") : written
  const quote = /^(["'])[^]*\1$/.exec(replaced)?.[1] ?? ""
  return `${quote}${written}${quote}`
}
