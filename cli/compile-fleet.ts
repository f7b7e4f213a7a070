/** A fleet file through the compiler. */
import { readSource } from "#compiler/source/index.ts"
import { readDocument } from "#compiler/document/index.ts"
import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts"
import { readText } from "./fleet-files.ts"

export interface CheckedFleet {
  readonly diagnostics: ReadonlyArray<Diagnostic>
  readonly texts: ReadonlyMap<string, string>
}

export const checkFile = async (path: string, _options: { readonly headless: boolean }): Promise<CheckedFleet> => {
  const text = await readText(path)
  const { tree, diagnostics } = readSource(path, text)
  return { diagnostics: [...diagnostics, ...(tree.root === undefined ? [] : readDocument(tree).diagnostics)], texts: new Map([[path, text]]) }
}
