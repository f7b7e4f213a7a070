/** From a fleet file on disk to what the compiler asks for: its text, the files beside it, and what its plugins say of themselves. */
import { readFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import { compile, type Compilation, type CompileRequest } from "#compiler"
import { findPlugins } from "./find-plugins.ts"

export interface CompileFileOptions {
  /** Nobody is there to answer requests. */
  readonly headless?: boolean
}

/**
 * What `work` makes of the fleet whose text is that of the file at `path`. The plugins it names are loaded, and let go when the work is done; what is
 * wrong with one becomes a diagnostic.
 */
export const withFleet = async <A>(path: string, text: string, { headless = false }: CompileFileOptions, work: (request: CompileRequest) => A): Promise<A> => {
  const { plugins, close } = await findPlugins(path, text)
  const files = (named: string): string | undefined => {
    try {
      return readFileSync(resolve(dirname(path), named), "utf8")
    } catch {
      // the compiler says where it is named
      return undefined
    }
  }
  try {
    return work({ file: path, text, headless, plugins, files })
  } finally {
    close()
  }
}

/** Compiles a fleet file. Rejects only when the file cannot be read: what is wrong with the fleet is in the diagnostics. */
export const compileFile = async (path: string, options: CompileFileOptions = {}): Promise<Compilation> =>
  withFleet(path, await readFile(path, "utf8"), options, compile)
