import type { Diagnostic } from "./diagnostic.ts"
import { Sources } from "./line-index.ts"
import { sortDiagnostics } from "./sort.ts"

const commands = { error: "error", warning: "warning", info: "notice" } as const

/** Workflow commands, one line each, which GitHub shows as annotations of the changed lines. */
export const renderGithub = (diagnostics: Iterable<Diagnostic>, texts: ReadonlyMap<string, string>): string => {
  const sources = new Sources(texts)
  return sortDiagnostics(diagnostics)
    .map(({ code, severity, message, help, span }) => {
      const start = sources.index(span.file).position(span.start)
      const end = sources.index(span.file).position(span.end)
      const columns = start.line === end.line ? `,col=${start.column},endColumn=${end.column}` : ""
      const place = `file=${escapeProperty(span.file)},line=${start.line},endLine=${end.line}${columns},title=${escapeProperty(code)}`
      return `::${commands[severity]} ${place}::${escapeData(help === undefined ? message : `${message}\n${help}`)}\n`
    })
    .join("")
}

const escapeData = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A")

const escapeProperty = (text: string): string => escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C")
