/** Names that are declared and never used. */
import { diagnose, type Diagnostic } from "../diagnostics/index.ts"
import type { ParsedFleet } from "./model.ts"
import type { ResolvedNames } from "./names.ts"
import { namedEventsOf } from "./walk.ts"

/** `meant`: names that somebody misspelt: they are used. */
export const unusedNames = (fleet: ParsedFleet, { symbols, used }: ResolvedNames, meant: ReadonlySet<string>): ReadonlyArray<Diagnostic> => {
  const heard = new Set<string>()
  for (const { triggers } of fleet.rules) for (const { join } of triggers) for (const { subject } of namedEventsOf(join)) heard.add(subject.text)
  return [
    ...fleet.lets
      .filter(({ name }) => symbols.lets.has(name.text) && !used.lets.has(name.text) && !meant.has(name.text))
      .map(({ name }) => diagnose("unused-let", name.span, { name: name.text })),
    ...fleet.inputs
      .filter(({ name }) => !used.inputs.has(name.value) && !meant.has(name.value))
      .map(({ name }) => diagnose("unused-input", name.span, { name: name.value })),
    ...[...symbols.gates]
      .filter(([name]) => !heard.has(name) && !meant.has(name) && !symbols.sessions.has(name))
      .map(([name, span]) => diagnose("unused-gate", span, { name }, { help: `listen to the answer: on ${name}.approved -> …` })),
  ]
}
