import { isCode } from "../diagnostics/catalogue.ts"
import { diagnose } from "../diagnostics/diagnose.ts"
import type { Diagnostic } from "../diagnostics/diagnostic.ts"
import type { Suppression } from "./suppressions.ts"

/**
 * Each suppression takes away the first diagnostic of its code that begins on its line, never an error; one that takes nothing away
 * is itself reported (language.md 5). Codes with a `/` are a plugin's and cannot be known here.
 */
export const applySuppressions = (diagnostics: ReadonlyArray<Diagnostic>, suppressions: ReadonlyArray<Suppression>): ReadonlyArray<Diagnostic> => {
  const kept = [...diagnostics]
  for (const { code, span, line } of suppressions) {
    const onLine = (d: Diagnostic): boolean => d.code === code && d.span.file === span.file && d.span.start >= line.start && d.span.start <= line.end
    const at = kept.findIndex((d) => d.severity !== "error" && onLine(d))
    if (at >= 0) kept.splice(at, 1)
    else if (!isCode(code) && !code.includes("/")) kept.push(diagnose("unused-suppression:unknown-code", span, { code }))
    else kept.push(kept.some(onLine) ? diagnose("unused-suppression:is-error", span, { code }) : diagnose("unused-suppression", span, { code }))
  }
  return kept
}
