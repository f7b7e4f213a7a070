/** Diagnostics as text. A renderer is loaded when it is asked for. */
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts"
import { version } from "./version.ts"

export const formats = ["pretty", "json", "sarif", "github"] as const

export const render = async (format: string, diagnostics: ReadonlyArray<Diagnostic>, texts: ReadonlyMap<string, string>, color: boolean): Promise<string> => {
  switch (format) {
    case "json":
      return (await import("#compiler/diagnostics/render-json.ts")).renderJson(diagnostics, texts)
    case "sarif":
      return (await import("#compiler/diagnostics/render-sarif.ts")).renderSarif(diagnostics, texts, version())
    case "github":
      return (await import("#compiler/diagnostics/render-github.ts")).renderGithub(diagnostics, texts)
    default:
      return (await import("#compiler/diagnostics/render-pretty.ts")).renderPretty(diagnostics, texts, { color })
  }
}
