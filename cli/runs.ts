import type { RunEntry } from "#runtime"
import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { ask, isPaused, statusOf } from "./find-run.ts"
import { journalToRead } from "./open-journal.ts"
import { out } from "./terminal.ts"

export const runs: Command = {
  usage: "runs",
  about:
    "Lists the runs that the journal of this directory knows, oldest first: running, paused, interrupted (fleetwright resume takes them up), or how they ended.",
  options: { format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" } },
  positionals: { least: 0, most: 0 },
  run: async (given) => {
    const opened = await journalToRead()
    const entries: Array<Omit<RunEntry, "status"> & { readonly status: string }> = []
    if (opened !== undefined) {
      for (const entry of await ask(opened.journal.runs())) entries.push({ ...entry, status: statusOf(entry, await isPaused(opened.journal, entry)) })
      await opened.close()
    }
    if (given.text("format") === "json") out(`${JSON.stringify({ runs: entries }, null, 2)}\n`)
    else if (entries.length === 0) out("nothing has run here\n")
    else {
      for (const { run, fleet, startedAt, forkedFrom, status } of entries) {
        const origin = forkedFrom === undefined ? "" : `  from ${forkedFrom.run} at ${forkedFrom.seq}`
        out(`${run}  ${new Date(startedAt).toISOString()}  ${status.padEnd(12)}  ${fleet}${origin}\n`)
      }
    }
    return exit.fine
  },
}
