import { diagnose } from "../diagnostics/diagnose.ts"
import type { Diagnostic } from "../diagnostics/diagnostic.ts"
import type { Span } from "../diagnostics/span.ts"
import type { MapEntry, YamlNode } from "./model.ts"

/**
 * `<<: *a` or `<<: [*a, *b]`: adds the entries that are not there yet, so own keys win, then earlier maps of the list. Entries keep
 * the spans of where they were written.
 */
export const mergeEntries = (
  into: Map<string, MapEntry>,
  key: Span,
  value: YamlNode,
): { readonly added: number; readonly problems: ReadonlyArray<Diagnostic> } => {
  const problems: Array<Diagnostic> = []
  let added = 0
  for (const source of value.kind === "list" ? value.items : [value]) {
    if (source.kind !== "map") {
      problems.push(diagnose("yaml-syntax:merge-value", source.kind === "null" ? key : source.span, { found: source.kind === "null" ? "null" : source.kind }))
      continue
    }
    for (const entry of source.entries) {
      added++
      if (!into.has(entry.name)) into.set(entry.name, { ...entry, merged: true })
    }
  }
  return { added, problems }
}
