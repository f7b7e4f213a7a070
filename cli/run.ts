import { dirname, resolve } from "node:path"
import { startFleet, type RunEntry } from "#runtime"
import type { Command } from "./command.ts"
import { driveFleet, driveOptions } from "./drive-fleet.ts"
import { pluginsOf } from "./fleet-plugins.ts"
import { abandonedRuns } from "./leftovers.ts"
import { loadFleet } from "./load-fleet.ts"
import { missingSecrets } from "./missing-secrets.ts"
import { journalToWrite } from "./open-journal.ts"
import { readInputs, told } from "./run-inputs.ts"
import { telemetryOf } from "./telemetry.ts"
import { err } from "./terminal.ts"

export const run: Command = {
  usage: "run FILE",
  about: "Runs a fleet (.yaml) or compiled IR (.json). Ctrl-C cancels and waits, twice leaves at once.",
  options: {
    task: { type: "string", value: "TEXT", about: "the task, instead of the fleet's" },
    input: { type: "string", value: "NAME=VALUE", multiple: true, about: "an input of the fleet; may be given several times" },
    ...driveOptions,
    ephemeral: { type: "boolean", about: "keep no journal" },
    journal: { type: "string", choices: ["required", "best-effort"], about: "whether a journal that cannot be written stops the run (required)" },
  },
  positionals: { least: 1, most: 1 },
  run: async (given) => {
    const [path = ""] = given.positionals
    const ir = await loadFleet(path, { headless: given.flag("headless") })
    const inputs = readInputs(ir, given.texts("input"))
    const task = given.text("task")
    const root = dirname(resolve(path))
    const telemetry = telemetryOf(given, process.env)
    const plugins = await pluginsOf(ir, root)
    err(missingSecrets(ir, process.env))
    const { journal, close } = await journalToWrite({ ephemeral: given.flag("ephemeral"), bestEffort: given.text("journal") === "best-effort" })
    try {
      err(unfinished(await abandonedRuns(journal)))
      return await driveFleet(given, (onEvent) =>
        startFleet(ir, {
          ...plugins,
          journal,
          root,
          env: process.env,
          inputs,
          ...(task !== undefined && { task }),
          ...telemetry,
          onEvent,
        }).catch(told),
      )
    } finally {
      await close()
    }
  },
}

/** The newest by name, so that old ones do not fill the screen for ever. */
const unfinished = (runs: ReadonlyArray<RunEntry>): string => {
  const shown = runs
    .slice(-3)
    .map(({ run: id, fleet }) => `run ${id} of ${fleet} did not end, and its process is gone; fleetwright resume ${id} takes it up again\n`)
  return `${shown.join("")}${runs.length > shown.length ? `${runs.length - shown.length} more did not end: fleetwright runs\n` : ""}`
}
