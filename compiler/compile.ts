/** From the text of a fleet file to its IR. Pure and synchronous: the files a fleet names come through `files`. */
import { sortDiagnostics, type Diagnostic } from "./diagnostics/index.ts"
import { readDocument } from "./document/index.ts"
import type { Ir } from "./ir/index.ts"
import type { DriverDescription } from "./check/builtin-plugins.ts"
import type { SourceText } from "./check/model.ts"
import { resolveNames } from "./check/names.ts"
import { parseFleet } from "./check/parse-fleet.ts"
import { applySuppressions, findSuppressions, readSource } from "./source/index.ts"

export interface CompileRequest {
  /** path of the fleet file; it appears in spans and, as it is, in the IR, so make it relative */
  readonly file: string
  readonly text: string
  /** the text of a file that the fleet names, by its path as written; undefined when it cannot be read */
  readonly files: (path: string) => string | undefined
  /** drivers of the fleet's plugins */
  readonly drivers?: ReadonlyArray<DriverDescription>
}

export interface Compilation {
  /** sorted by place */
  readonly diagnostics: ReadonlyArray<Diagnostic>
  /** absent when there are errors */
  readonly ir?: Ir
  /** the fleet file first, then the other files that were read */
  readonly sources: ReadonlyArray<SourceText>
}

export const compile = (request: CompileRequest): Compilation => {
  const { file, text, files, drivers = [] } = request
  const source = readSource(file, text)
  const read = readDocument(source.tree)
  const before = [...source.diagnostics, ...(source.tree.root === undefined && source.diagnostics.length > 0 ? [] : read.diagnostics)]
  if (read.document === undefined) return { diagnostics: sortDiagnostics(before), sources: [{ path: file, text }] }
  const parsed = parseFleet(read.document, files)
  const names = resolveNames(parsed.fleet, drivers)
  const suppressions = findSuppressions(source.tree, parsed.fleet.ruleTexts)
  const found = sortDiagnostics([...before, ...parsed.diagnostics, ...names.diagnostics, ...suppressions.diagnostics])
  const diagnostics = sortDiagnostics(applySuppressions(found, suppressions.suppressions))
  return { diagnostics, sources: [{ path: file, text }, ...parsed.fleet.files] }
}
