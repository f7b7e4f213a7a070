import type { FleetEvent } from "#runtime"
import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { ask, withRun } from "./find-run.ts"
import { tellEvent } from "./tell-event.ts"
import { out } from "./terminal.ts"

const lookEveryMs = 250

export const logs: Command = {
  usage: "logs RUN",
  about: "Prints what happened in a run and what its agents said, an event a line with its number. json: the events as NDJSON.",
  options: {
    follow: { type: "boolean", short: "f", about: "go on until the run ends or its process is gone" },
    session: { type: "string", value: "SESSION", about: "only events of this session" },
    format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" },
  },
  positionals: { least: 1, most: 1 },
  run: (given) =>
    withRun(given.positionals[0] ?? "", async ({ journal, entry: { run } }) => {
      const session = given.text("session")
      const json = given.text("format") === "json"
      const print = (event: FleetEvent): void => {
        if (session !== undefined && !("session" in event && (event.session === session || event.session?.startsWith(`${session}[`) === true))) return
        out(json ? `${JSON.stringify(event)}\n` : tellEvent(event))
      }
      let seen = 0
      for (;;) {
        // Looked at before the records: what is written in between is seen in the next round.
        const { alive, ended } = await ask(journal.about(run))
        const records = await ask(journal.read(run, seen))
        seen += records.length
        for (const { events } of records) for (const event of events) print(event)
        if (!given.flag("follow") || alive === undefined || ended) return exit.fine
        await new Promise((done) => {
          setTimeout(done, lookEveryMs)
        })
      }
    }),
}
