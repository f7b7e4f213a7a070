import { LineIndex } from "../diagnostics/line-index.ts"
import type { Span } from "../diagnostics/index.ts"
import type { SourceSpan } from "../ir/index.ts"
import type { SourceText } from "../check/model.ts"

/** Spans as the IR keeps them: the file by its number in `Ir.sources`, and lines and columns, since the runtime has no source at hand. */
export type ToSourceSpan = (span: Span) => SourceSpan | undefined

export const sourceSpans = (sources: ReadonlyArray<SourceText>): ToSourceSpan => {
  const numbers = new Map(sources.map(({ path }, number) => [path, number]))
  const indexes = sources.map(({ text }) => new LineIndex(text))
  return ({ file, start, end }) => {
    const source = numbers.get(file)
    const position = source === undefined ? undefined : indexes[source]?.position(start)
    return source === undefined || position === undefined ? undefined : { source, start, end, line: position.line, column: position.column }
  }
}
