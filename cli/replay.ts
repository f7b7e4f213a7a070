import { replayRun } from "#runtime"
import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { ask, withRun } from "./find-run.ts"
import { out } from "./terminal.ts"

export const replay: Command = {
  usage: "replay RUN",
  about: "Folds the journal of a run again and compares: the same facts must give the same events.",
  options: { format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" } },
  positionals: { least: 1, most: 1 },
  run: (given) =>
    withRun(given.positionals[0] ?? "", async ({ journal, entry: { run } }) => {
      const { facts, events, difference } = await ask(replayRun(journal, run))
      if (given.text("format") === "json")
        out(`${JSON.stringify({ run, facts, events, same: difference === undefined, ...(difference === undefined ? {} : { difference }) })}\n`)
      else if (difference === undefined) out(`${facts} facts give the same ${events} events\n`)
      else {
        const { record, fact, recorded, replayed } = difference
        out(`record ${record} parts: ${JSON.stringify(fact)}\nwritten down:\n${lines(recorded)}now:\n${lines(replayed)}`)
      }
      return difference === undefined ? exit.fine : exit.failed
    }),
}

const lines = (events: ReadonlyArray<unknown>): string => (events.length === 0 ? "  nothing\n" : events.map((event) => `  ${JSON.stringify(event)}\n`).join(""))
