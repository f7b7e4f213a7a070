import * as Effect from "effect/Effect"
import type { FleetEvent } from "#runtime"
import { suggest } from "#compiler/diagnostics/suggest.ts"
import type { Command } from "./command.ts"
import { exit, NotStarted } from "./exit.ts"
import { journalToRead } from "./open-journal.ts"
import { plainProgress } from "./progress.ts"
import { out } from "./terminal.ts"

export const show: Command = {
  usage: "show RUN",
  about: "Tells what happened in a run: which rules fired, which did not and why, and how it ended.",
  options: { format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty); json is the events" } },
  positionals: { least: 1, most: 1 },
  run: async (given) => {
    const [id = ""] = given.positionals
    const events = await eventsOf(id)
    if (given.text("format") === "json") {
      for (const event of events) out(`${JSON.stringify(event)}\n`)
      return exit.fine
    }
    const progress = plainProgress(out)
    for (const event of events) {
      const line = ruleLine(event)
      if (line === undefined) progress.see(event)
      else out(`${line}\n`)
    }
    if (events.at(-1)?.type !== "run.ended") out("it has not ended\n")
    return exit.fine
  },
}

const eventsOf = async (id: string): Promise<ReadonlyArray<FleetEvent>> => {
  const opened = await journalToRead()
  const known = opened === undefined ? [] : (await Effect.runPromise(opened.journal.runs())).map(({ run }) => run)
  if (opened === undefined || !known.includes(id)) {
    await opened?.close()
    const near = suggest(id, known)
    throw new NotStarted(`there is no run ${JSON.stringify(id)} here; ${near === undefined ? "see fleetwright runs" : `did you mean ${near}?`}`)
  }
  const records = await Effect.runPromise(opened.journal.read(id))
  await opened.close()
  return records.flatMap((record) => record.events)
}

const ruleLine = (event: FleetEvent): string | undefined => {
  switch (event.type) {
    case "route.fired":
      return `rule ${event.rule}: fired on ${event.from.join(", ")}, ${event.action}${event.to.length === 0 ? "" : ` ${event.to.join(", ")}`}`
    case "route.declined":
      return `rule ${event.rule}: did not fire, ${event.reason === "guard" ? "no case held" : "its limit is reached"}`
    case "run.ended":
      return `run ${event.status}${event.reason === undefined ? "" : `: ${event.reason}`}`
    default:
      return undefined
  }
}
