import { catalogue, isCode } from "./catalogue.ts"
import type { Diagnostic } from "./diagnostic.ts"
import { Sources } from "./line-index.ts"
import { sortDiagnostics } from "./sort.ts"
import type { Span } from "./span.ts"

const levels = { error: "error", warning: "warning", info: "note" } as const

/** SARIF 2.1.0 with one run; columns in UTF-16 units. */
export const renderSarif = (diagnostics: Iterable<Diagnostic>, texts: ReadonlyMap<string, string>, version: string): string => {
  const sorted = sortDiagnostics(diagnostics)
  const sources = new Sources(texts)
  const region = ({ file, start, end }: Span) => {
    const from = sources.index(file).position(start)
    const to = sources.index(file).position(end)
    return {
      startLine: from.line,
      startColumn: from.column,
      endLine: to.line,
      endColumn: to.column,
      charOffset: from.offset,
      charLength: to.offset - from.offset,
    }
  }
  const location = (span: Span) => ({ physicalLocation: { artifactLocation: { uri: uri(span.file) }, region: region(span) } })
  const ids = [...new Set(sorted.map(({ code }) => code))].sort()
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "fleetwright",
            semanticVersion: version,
            rules: ids.map((id) => ({ id, ...(isCode(id) && { defaultConfiguration: { level: levels[catalogue[id].severity] } }) })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: sorted.map((d) => ({
          ruleId: d.code,
          ruleIndex: ids.indexOf(d.code),
          level: levels[d.severity],
          message: { text: d.help === undefined ? d.message : `${d.message}\n${d.help}` },
          locations: [location(d.span)],
          ...(d.related.length > 0 && { relatedLocations: d.related.map(({ span, message }) => ({ ...location(span), message: { text: message } })) }),
          ...(d.fix !== undefined && {
            fixes: [{ description: { text: d.fix.title }, artifactChanges: changes(d.fix.edits, region) }],
          }),
        })),
      },
    ],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

/** A path as a URI reference (RFC 3986). What stands before a colon would be taken for a scheme. */
const uri = (file: string): string => {
  const path = file.replaceAll("\\", "/").toWellFormed()
  const encoded = encodeURI(path).replaceAll("#", "%23").replaceAll("?", "%3F")
  if (/^[A-Za-z]:\//.test(path)) return `file:///${encoded}`
  return /^[^/]*:/.test(path) ? `./${encoded}` : encoded
}

const changes = <R>(edits: ReadonlyArray<{ readonly span: Span; readonly text: string }>, region: (span: Span) => R) =>
  [...new Set(edits.map(({ span }) => span.file))].map((file) => ({
    artifactLocation: { uri: uri(file) },
    replacements: edits.filter(({ span }) => span.file === file).map(({ span, text }) => ({ deletedRegion: region(span), insertedContent: { text } })),
  }))
