/** How much is told: nobody reads more, and a report stays small beside the file it speaks of. */
import { diagnose } from "./diagnose.ts"
import type { Diagnostic, Severity } from "./diagnostic.ts"

/** Of one fleet. A stage that has found more than this may stop looking. */
export const mostTold = 10_000

const severities: ReadonlyArray<Severity> = ["error", "warning", "info"]

/** At most `most` of them, the most severe first to stay; the order is kept. */
export const mostSevere = (diagnostics: ReadonlyArray<Diagnostic>, most: number): ReadonlyArray<Diagnostic> => {
  if (diagnostics.length <= most) return diagnostics
  let left = most
  const kept = new Set<Diagnostic>()
  for (const severity of severities)
    for (const each of diagnostics)
      if (each.severity === severity && left > 0) {
        kept.add(each)
        left--
      }
  return diagnostics.filter((each) => kept.has(each))
}

/** `diagnostics`, sorted, or the 10000 most severe of them; where the first one is left out, it says so, as severe as that one. */
export const bounded = (diagnostics: ReadonlyArray<Diagnostic>): ReadonlyArray<Diagnostic> => {
  if (diagnostics.length <= mostTold) return diagnostics
  const told = mostSevere(diagnostics, mostTold)
  const shown = new Set(told)
  const [first] = mostSevere(
    diagnostics.filter((each) => !shown.has(each)),
    1,
  )
  if (first === undefined) return told
  const note = diagnose("limit-exceeded:problems", first.span, { limit: mostTold }, { severity: first.severity, help: "mend these and check again" })
  return [...told, note]
}
