/** A fleet file through the compiler. */
import { checkFleet, compile, type Diagnostic } from "#compiler"
import { applyFixes } from "#compiler/diagnostics/apply-fixes.ts"
import type { Ir } from "#ir"
import { withFleet } from "../library/compile-file.ts"
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
  /** of a fleet whose only errors say what its flow comes to */
  readonly trial?: Ir
}

/** Everything that is wrong with a fleet. */
export const checkFile = async (path: string, options: Options): Promise<CheckedFleet> => {
  const { diagnostics, sources } = await withFleet(path, await readText(path), options, checkFleet)
  return { diagnostics, texts: textsOf(sources) }
}

export interface MendedFleet extends CheckedFleet {
  readonly text: string
  /** what was mended, as its title says it */
  readonly mended: ReadonlyArray<string>
}

/** One mistake may hide behind another; more passes than this would be fixes that undo each other. */
const passes = 10

/** The fleet with every fix applied that has one, and what is wrong with it then. Nothing is written. */
export const mendFile = async (path: string, options: Options): Promise<MendedFleet> => {
  const given = await readText(path)
  return withFleet(path, given, options, (request) => {
    const mended: Array<string> = []
    let text = given
    for (let pass = 0; ; pass++) {
      const { diagnostics, sources } = checkFleet({ ...request, text })
      const fixed = applyFixes(path, text, diagnostics)
      if (fixed.applied.length === 0 || pass === passes) return { diagnostics, texts: textsOf(sources), text, mended }
      text = fixed.text
      mended.push(...fixed.applied.map(({ title }) => title))
    }
  })
}

export const compileFile = async (path: string, options: Options): Promise<CompiledFleet> => compileFleet(path, await readText(path), options)

/** `path` stands for the text in what is told of it. */
export const compileFleet = async (path: string, text: string, options: Options): Promise<CompiledFleet> => {
  const { sources, ...compiled } = await withFleet(path, text, options, compile)
  return { ...compiled, texts: textsOf(sources) }
}

const textsOf = (sources: CheckedSources): ReadonlyMap<string, string> => new Map(sources.map(({ path, text }) => [path, text]))
