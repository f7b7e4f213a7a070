import { foldRun, irOf, JournalError, NotResumable, resumeFleet, type FleetEvent } from "#runtime"
import { tidyRun } from "#runtime/engine/tidy-run.ts"
import { conversationGate } from "./chat-fleet.ts"
import type { Command, Given } from "./command.ts"
import { commandRun } from "./command-run.ts"
import { driveFleet, driveOptions } from "./drive-fleet.ts"
import { exit, NotStarted, type ExitCode } from "./exit.ts"
import { ask, statusOf, withRun, type FoundRun } from "./find-run.ts"
import { pluginsOfRun } from "./fleet-plugins.ts"
import { missingSecrets } from "./missing-secrets.ts"
import { telemetryOf } from "./telemetry.ts"
import { err, out } from "./terminal.ts"

export const resume: Command = {
  usage: "resume RUN",
  about:
    "Takes up a run whose process died, from its journal alone: what finished is not done again. A paused run that is alive goes on. The beginning of an id is enough.",
  options: driveOptions,
  positionals: { least: 1, most: 1 },
  run: (given) =>
    withRun(given.positionals[0] ?? "", async (found) => {
      const { journal, entry } = found
      const { run } = entry
      if (entry.ended) {
        if (entry.abandoned) await ask(tidyRun({ run, journal, workspaces: (await pluginsOfRun(journal, run)).workspaces }))
        if (given.text("format") === "json") out(`${JSON.stringify({ run, status: statusOf(entry), resumed: false })}\n`)
        else out(`run ${run} has ended: ${statusOf(entry)}; there is nothing to resume\n`)
        return exit.fine
      }
      if (entry.alive !== undefined) return unpause(found, entry.alive)
      const telemetry = telemetryOf(given, process.env)
      const plugins = await pluginsOfRun(journal, run)
      // The file of events may be the one that the dead process wrote, and not to its end.
      const past = given.text("events") === undefined ? [] : (await ask(journal.read(run))).flatMap(({ events }) => events)
      return goOn(given, found, (onEvent) => resumeFleet({ run, journal, ...plugins, env: process.env, ...telemetry, onEvent }).catch(refused), past)
    }),
}

/** A run that was a conversation goes on as one, unless nobody is there to talk. */
export const goOn = async (
  given: Given,
  { journal, entry: { run } }: FoundRun,
  start: Parameters<typeof driveFleet>[1],
  past: ReadonlyArray<FleetEvent> = [],
): Promise<ExitCode> => {
  const ir = await ask(irOf(journal, run))
  err(missingSecrets(ir, process.env))
  if (conversationGate(ir) === undefined || given.flag("headless") || given.text("events") !== undefined) return driveFleet(given, start, past)
  const [{ converse }, { aboutFleet }] = await Promise.all([import("./converse.ts"), import("./chat.ts")])
  const { task } = await ask(journal.origin(run))
  return converse(given, aboutFleet(ir, ir.start, task), start)
}

/** What keeps a run from being taken up is told in a line. */
export const refused = (error: unknown): never => {
  throw error instanceof NotResumable || error instanceof JournalError ? new NotStarted(error.message) : error
}

const unpause = async ({ journal, entry: { run } }: FoundRun, process: number): Promise<ExitCode> => {
  const { state } = await ask(foldRun(journal, run, await ask(irOf(journal, run))))
  if (!state.paused)
    throw new NotStarted(`run ${run} is alive in process ${process}: fleetwright logs ${run} --follow shows it, fleetwright cancel ${run} ends it`)
  const outcome = await commandRun(journal, run, { type: "resume" })
  if (outcome.kind === "silent") throw new NotStarted(`process ${process}, which runs ${run}, did not answer`)
  if (outcome.rejection !== undefined) throw new NotStarted(outcome.rejection.message)
  out(`run ${run} goes on in process ${process}\n`)
  return exit.fine
}
