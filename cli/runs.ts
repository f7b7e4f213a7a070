import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { ask, statusOf } from "./find-run.ts"
import { journalToRead } from "./open-journal.ts"
import { out } from "./terminal.ts"

export const runs: Command = {
  usage: "runs",
  about: "Lists the runs that the journal of this directory knows, oldest first: running, interrupted (fleetwright resume takes them up), or how they ended.",
  options: { format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" } },
  positionals: { least: 0, most: 0 },
  run: async (given) => {
    const opened = await journalToRead()
    const entries = opened === undefined ? [] : await ask(opened.journal.runs())
    await opened?.close()
    if (given.text("format") === "json") {
      const told = entries.map((entry) => ({ ...entry, status: statusOf(entry) }))
      out(`${JSON.stringify({ runs: told }, null, 2)}\n`)
    } else if (entries.length === 0) out("nothing has run here\n")
    else {
      for (const entry of entries) {
        const { run, fleet, startedAt, forkedFrom } = entry
        const origin = forkedFrom === undefined ? "" : `  from ${forkedFrom.run} at ${forkedFrom.seq}`
        out(`${run}  ${new Date(startedAt).toISOString()}  ${statusOf(entry).padEnd(12)}  ${fleet}${origin}\n`)
      }
    }
    return exit.fine
  },
}
