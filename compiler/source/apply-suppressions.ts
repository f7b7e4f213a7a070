import { isCode } from "../diagnostics/catalogue.ts"
import { diagnose } from "../diagnostics/diagnose.ts"
import type { Diagnostic } from "../diagnostics/diagnostic.ts"
import type { Suppression } from "./suppressions.ts"

/**
 * Each suppression takes away the first diagnostic of its code that begins on its line, never an error; one that takes nothing away
 * is itself reported (language.md 5). Codes with a `/` are a plugin's and cannot be known here. `diagnostics` are sorted.
 */
export const applySuppressions = (diagnostics: ReadonlyArray<Diagnostic>, suppressions: ReadonlyArray<Suppression>): ReadonlyArray<Diagnostic> => {
  if (suppressions.length === 0) return diagnostics
  const ofCode = Map.groupBy(diagnostics, ({ code, span }) => groupOf(code, span.file))
  const taken = new Set<Diagnostic>()
  const unused: Array<Diagnostic> = []
  /** where in its group the search for a line goes on */
  const reached = new Map<string, number>()
  for (const { code, span, line } of suppressions) {
    const group = ofCode.get(groupOf(code, span.file)) ?? []
    const first = firstFrom(group, line.start)
    const place = `${line.start} ${groupOf(code, span.file)}`
    let at = reached.get(place) ?? first
    while (begins(group[at], line) && group[at]?.severity === "error") at++
    const found = group[at]
    reached.set(place, at + 1)
    if (found !== undefined && begins(found, line)) taken.add(found)
    else if (!isCode(code) && !code.includes("/")) unused.push(diagnose("unused-suppression:unknown-code", span, { code }))
    else unused.push(diagnose(hasError(group, first, line) ? "unused-suppression:is-error" : "unused-suppression", span, { code }))
  }
  return [...diagnostics.filter((each) => !taken.has(each)), ...unused]
}

const groupOf = (code: string, file: string): string => `${code} ${file}`

const begins = (diagnostic: Diagnostic | undefined, line: Suppression["line"]): boolean =>
  diagnostic !== undefined && diagnostic.span.start >= line.start && diagnostic.span.start <= line.end

const hasError = (group: ReadonlyArray<Diagnostic>, first: number, line: Suppression["line"]): boolean => {
  for (let at = first; begins(group[at], line); at++) if (group[at]?.severity === "error") return true
  return false
}

/** Index of the first that begins at `offset` or behind it. */
const firstFrom = (sorted: ReadonlyArray<Diagnostic>, offset: number): number => {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle]?.span.start ?? 0) < offset) low = middle + 1
    else high = middle
  }
  return low
}
