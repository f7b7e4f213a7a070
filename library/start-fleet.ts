import type { Ir } from "#ir"
import { builtinDrivers, builtinWorkspaces } from "#plugins"
import { makeMemoryJournal, startFleet as start, type Fleet, type RunOptions } from "#runtime"

/** What `startFleet` of the runtime needs, with a default for everything. */
export interface StartOptions extends Partial<Omit<RunOptions, "ir">> {}

/**
 * Runs a fleet. `drivers` and `workspaces` are added to the built-in ones; `journal` is in memory unless given, `root` the current
 * directory, `env` that of this process (a session gets the allowed part). Rejects with a `JournalError` when the run cannot be written down.
 */
export const startFleet = (ir: Ir, options: StartOptions = {}): Promise<Fleet> =>
  start(ir, {
    journal: makeMemoryJournal(),
    root: process.cwd(),
    env: process.env,
    ...options,
    drivers: { ...builtinDrivers, ...options.drivers },
    workspaces: { ...builtinWorkspaces, ...options.workspaces },
  })
