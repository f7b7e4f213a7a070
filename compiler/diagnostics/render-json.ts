import type { Diagnostic, Replay } from "./diagnostic.ts"
import { Sources, type Position } from "./line-index.ts"
import { sortDiagnostics } from "./sort.ts"
import type { Span } from "./span.ts"

interface Range {
  readonly start: Position
  readonly end: Position
}

export interface JsonDiagnostic {
  readonly code: string
  readonly severity: string
  readonly message: string
  readonly file: string
  readonly range: Range
  readonly related: ReadonlyArray<{ readonly message: string; readonly file: string; readonly range: Range }>
  readonly help?: string
  readonly fix?: { readonly title: string; readonly edits: ReadonlyArray<{ readonly file: string; readonly range: Range; readonly text: string }> }
  readonly replay?: Replay
}

/** Most scripts of one report: each may be longer than the fleet. */
const mostReplays = 50

/** The value `check --format json` prints (cli.md). `texts`: file name to text. */
export const toJson = (diagnostics: Iterable<Diagnostic>, texts: ReadonlyMap<string, string>): { readonly diagnostics: ReadonlyArray<JsonDiagnostic> } => {
  const sources = new Sources(texts)
  const range = ({ file, start, end }: Span): Range => ({ start: sources.index(file).position(start), end: sources.index(file).position(end) })
  let replays = 0
  const replayOf = ({ replay }: Diagnostic): { readonly replay?: Replay } => {
    const found = replays < mostReplays ? replay?.() : undefined
    if (found === undefined) return {}
    replays++
    return { replay: found }
  }
  return {
    diagnostics: sortDiagnostics(diagnostics).map((d) => ({
      code: d.code,
      severity: d.severity,
      message: d.message,
      file: d.span.file,
      range: range(d.span),
      related: d.related.map(({ span, message }) => ({ message, file: span.file, range: range(span) })),
      ...(d.help !== undefined && { help: d.help }),
      ...(d.fix !== undefined && {
        fix: { title: d.fix.title, edits: d.fix.edits.map(({ span, text }) => ({ file: span.file, range: range(span), text })) },
      }),
      ...replayOf(d),
    })),
  }
}

/** The list as JSON text; `texts`: the files by their names, for lines and columns. */
export const renderJson = (diagnostics: Iterable<Diagnostic>, texts: ReadonlyMap<string, string>): string =>
  `${JSON.stringify(toJson(diagnostics, texts), null, 2)}\n`
