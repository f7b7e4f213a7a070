import { chainStart, verifyChain } from "#runtime"
import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { ask, withRun } from "./find-run.ts"
import { err, out } from "./terminal.ts"

export const audit: Command = {
  usage: "audit RUN",
  about:
    "Checks that nothing in the journal of a run was changed or taken out since it was written. With --format json the whole chain is printed, for somebody else to check.",
  options: { format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" } },
  positionals: { least: 1, most: 1 },
  run: (given) =>
    withRun(given.positionals[0] ?? "", async ({ journal, entry }) => {
      const { run, ir, records: count, head } = entry
      const records = await ask(journal.stored(run))
      const start = chainStart(run, ir)
      const faults = verifyChain(start, records, entry)
      // Reading finds large texts that are not what their hash says.
      if (faults.length === 0) await ask(journal.read(run))
      if (given.text("format") === "json") {
        const chain = records.map((record, at) => ({ record: at, previous: at === 0 ? start : records[at - 1]?.hash, ...record }))
        out(`${JSON.stringify({ run, ir, start, head, whole: faults.length === 0, faults, records: chain }, null, 2)}\n`)
      } else if (faults.length === 0) out(`the ${count} records of run ${run} are what was written; the last hashes to ${head}\n`)
      else for (const { record, message } of faults) err(`record ${record}: ${message}\n`)
      return faults.length === 0 ? exit.fine : exit.failed
    }),
}
