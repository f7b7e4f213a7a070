import * as Effect from "effect/Effect"
import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { journalToRead } from "./open-journal.ts"
import { out } from "./terminal.ts"

export const runs: Command = {
  usage: "runs",
  about: "Lists the runs that the journal of this directory knows, oldest first.",
  options: { format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" } },
  positionals: { least: 0, most: 0 },
  run: async (given) => {
    const opened = await journalToRead()
    const entries = opened === undefined ? [] : await Effect.runPromise(opened.journal.runs())
    await opened?.close()
    if (given.text("format") === "json") out(`${JSON.stringify({ runs: entries }, null, 2)}\n`)
    else if (entries.length === 0) out("nothing has run here\n")
    else for (const { run, fleet, startedAt, ended } of entries) out(`${run}  ${new Date(startedAt).toISOString()}  ${ended ? "ended" : "not ended"}  ${fleet}\n`)
    return exit.fine
  },
}
