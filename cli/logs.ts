import { suggest } from "#compiler/diagnostics/suggest.ts"
import { irOf, type FleetEvent, type JournalShape } from "#runtime"
import type { Command } from "./command.ts"
import { exit, NotStarted } from "./exit.ts"
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
      if (session !== undefined) await isOfRun(journal, run, session)
      const print = (event: FleetEvent): void => {
        if (session !== undefined && !isOf(event, session)) return
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

/** A session stands for its instances too. */
const isOf = (event: FleetEvent, session: string): boolean =>
  "session" in event && (event.session === session || event.session?.startsWith(`${session}[`) === true)

/** Who misspells a session must not take it for one of which nothing was heard. */
const isOfRun = async (journal: JournalShape, run: string, session: string): Promise<void> => {
  const declared = (await ask(irOf(journal, run))).sessions.map(({ id }) => id)
  if (declared.includes(session.replace(/\[\d+\]$/u, ""))) return
  if ((await ask(journal.read(run))).some(({ events }) => events.some((event) => isOf(event, session)))) return
  const near = suggest(session, declared)
  throw new NotStarted(
    `run ${run} has no session ${JSON.stringify(session)}; ${near === undefined ? `it has ${declared.join(", ")}` : `did you mean ${near}?`}`,
  )
}
