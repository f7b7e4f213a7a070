/** A fleet file through the compiler; the files it names are read beside it. */
import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { compile, type Diagnostic } from "#compiler"
import type { Ir } from "#ir"
import { readText } from "./fleet-files.ts"

export interface CompiledFleet {
  readonly diagnostics: ReadonlyArray<Diagnostic>
  readonly texts: ReadonlyMap<string, string>
  /** absent when there are errors */
  readonly ir?: Ir
}

export const compileFile = async (path: string, _options: { readonly headless: boolean }): Promise<CompiledFleet> => {
  const text = await readText(path)
  const files = (named: string): string | undefined => {
    try {
      return readFileSync(resolve(dirname(path), named), "utf8")
    } catch {
      return undefined
    }
  }
  const { diagnostics, sources, ir } = compile({ file: path, text, files })
  return { diagnostics, texts: new Map(sources.map((source) => [source.path, source.text])), ...(ir !== undefined && { ir }) }
}
