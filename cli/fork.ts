import { forkFleet, NotForkable, type FleetEvent } from "#runtime"
import type { Command } from "./command.ts"
import { driveOptions } from "./drive-fleet.ts"
import { NotStarted } from "./exit.ts"
import { withRun } from "./find-run.ts"
import { pluginsOfRun } from "./fleet-plugins.ts"
import { goOn, refused } from "./resume.ts"
import { telemetryOf } from "./telemetry.ts"
import { err } from "./terminal.ts"

export const fork: Command = {
  usage: "fork RUN --at SEQ",
  about:
    "Starts a new run from the state another had after its event SEQ (fleetwright logs shows the numbers). The other run is only read; work goes on from its branches.",
  options: { at: { type: "string", value: "SEQ", about: "the last event that is past" }, ...driveOptions },
  positionals: { least: 1, most: 1 },
  run: (given) => {
    const at = given.text("at")
    if (at === undefined || !/^[1-9]\d*$/u.test(at)) throw new NotStarted("fork needs --at SEQ, the number of an event; fleetwright logs RUN shows them")
    const telemetry = telemetryOf(given, process.env)
    return withRun(given.positionals[0] ?? "", async (found) => {
      const { journal, entry } = found
      const { run } = entry
      const plugins = await pluginsOfRun(journal, run)
      return goOn(given, found, (onEvent) => {
        let named = false
        const name = (forked: string): void => {
          if (!named) err(`run ${forked} from ${run} at ${at}\n`)
          named = true
        }
        const see = (event: FleetEvent): void => {
          name(event.run)
          onEvent(event)
        }
        return forkFleet({ run, at: Number(at), journal, ...plugins, env: process.env, ...telemetry, onEvent: see }).then(
          (fleet) => {
            name(fleet.id)
            return fleet
          },
          (error: unknown) => {
            throw error instanceof NotForkable ? new NotStarted(error.message) : refused(error)
          },
        )
      })
    })
  },
}
