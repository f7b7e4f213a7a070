/** A fleet file through the compiler; the files it names are read beside it. */
import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { checkFleet, compile, type CompileRequest, type Diagnostic } from "#compiler"
import type { Ir } from "#ir"
import { readText } from "./fleet-files.ts"

interface Options {
  /** nobody is there to answer requests */
  readonly headless: boolean
}

type CheckedSources = ReadonlyArray<{ readonly path: string; readonly text: string }>

export interface CheckedFleet {
  readonly diagnostics: ReadonlyArray<Diagnostic>
  readonly texts: ReadonlyMap<string, string>
}

export interface CompiledFleet extends CheckedFleet {
  /** absent when there are errors */
  readonly ir?: Ir
}

/** Everything that is wrong with a fleet. */
export const checkFile = async (path: string, options: Options): Promise<CheckedFleet> => {
  const { diagnostics, sources } = checkFleet(await requestOf(path, options))
  return { diagnostics, texts: textsOf(sources) }
}

export const compileFile = async (path: string, options: Options): Promise<CompiledFleet> => {
  const { diagnostics, sources, ir } = compile(await requestOf(path, options))
  return { diagnostics, texts: textsOf(sources), ...(ir !== undefined && { ir }) }
}

const requestOf = async (path: string, { headless }: Options): Promise<CompileRequest> => ({
  file: path,
  text: await readText(path),
  headless,
  files: (named) => {
    try {
      return readFileSync(resolve(dirname(path), named), "utf8")
    } catch {
      return undefined
    }
  },
})

const textsOf = (sources: CheckedSources): ReadonlyMap<string, string> => new Map(sources.map(({ path, text }) => [path, text]))
