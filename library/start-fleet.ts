import type { Ir } from "#ir"
import { makeMemoryJournal, startFleet as start, type Fleet, type RunOptions } from "#runtime"

/** What `startFleet` of the runtime needs, with a default for everything. */
export interface StartOptions extends Partial<Omit<RunOptions, "ir">> {}

/**
 * Runs a fleet with the built-in plugins and those its IR names, loaded from `root` (the current directory unless given); `drivers` and `workspaces`
 * come before them. `journal` is in memory unless given, `env` that of this process (a session gets the allowed part). Rejects with a `TypeError`
 * that lists what is wrong with the plugins, and with a `JournalError` when the run cannot be written down.
 */
export const startFleet = async (ir: Ir, options: StartOptions = {}): Promise<Fleet> => {
  const root = options.root ?? process.cwd()
  const { loadRegistry } = await import("#plugins/loader/registry.ts")
  const loaded = await loadRegistry(ir, root)
  if (!loaded.ok) throw new TypeError(`the fleet cannot start: ${loaded.problems.join("; ")}`)
  const { drivers, workspaces, ...others } = loaded.registry
  return start(ir, {
    journal: makeMemoryJournal(),
    env: process.env,
    ...others,
    ...options,
    root,
    drivers: { ...drivers, ...options.drivers },
    workspaces: { ...workspaces, ...options.workspaces },
    onOver: () => {
      loaded.close()
      options.onOver?.()
    },
  }).catch((error: unknown) => {
    loaded.close()
    throw error
  })
}
