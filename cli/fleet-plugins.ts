/** The plugins that a compiled fleet runs with: the built-in ones and those it pins. What is wrong with them is told before anything starts. */
import type { Ir } from "#ir"
import { loadRegistry, type Registry } from "#plugins/loader/registry.ts"
import { irOf, type JournalShape } from "#runtime"
import { NotStarted } from "./exit.ts"
import { ask } from "./find-run.ts"
import { err } from "./terminal.ts"
import { mustBeGranted } from "./withheld.ts"

export interface FleetPlugins extends Registry {
  readonly onSinkProblem: (problem: string) => void
}

/** `root`: the directory of the fleet file. */
export const pluginsOf = async (ir: Ir, root: string): Promise<FleetPlugins> => {
  mustBeGranted(ir)
  const loaded = await loadRegistry(ir, root)
  if (!loaded.ok) throw new NotStarted(loaded.problems.join("\nfleetwright: "))
  return { ...loaded.registry, onSinkProblem: (problem) => err(`${problem}\n`) }
}

/** Of a run that exists: it goes on with the plugins it was started with, or not at all. */
export const pluginsOfRun = async (journal: JournalShape, run: string): Promise<FleetPlugins> => {
  const { root } = await ask(journal.origin(run))
  return pluginsOf(await ask(irOf(journal, run)), root)
}
