import { readFileSync } from "node:fs"
import { foldRun, irOf, type UserCommand } from "#runtime"
import type { Command } from "./command.ts"
import { giveCommand, leaveCommand, told } from "./command-run.ts"
import { exit, NotStarted } from "./exit.ts"
import { ask, withRun } from "./find-run.ts"
import { out } from "./terminal.ts"

export const send: Command = {
  usage: "send RUN SESSION TEXT",
  about:
    "Says something to a session of a run: its agent hears it at once when it takes messages while it works, else with its next prompt. TEXT - is read from standard input. For a run whose process died it is kept until fleetwright resume takes it up.",
  options: {
    interrupt: { type: "boolean", about: "stop the turn under way, keep what it said, and go on with this as the correction" },
    format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" },
  },
  positionals: { least: 3, most: 3 },
  run: (given) =>
    withRun(given.positionals[0] ?? "", async ({ journal, entry }) => {
      const { run } = entry
      const [, session = "", written = ""] = given.positionals
      const text = (written === "-" ? readFileSync(0, "utf8") : written).trim()
      if (text === "") throw new NotStarted("there is nothing to say: TEXT is empty")
      const json = given.text("format") === "json"
      const command: UserCommand = { type: "user.sent", session, text, ...(given.flag("interrupt") ? { interrupt: true } : {}) }
      if (entry.ended || entry.alive !== undefined) return giveCommand(json, { journal, entry }, command)
      const { state } = await ask(foldRun(journal, run, await ask(irOf(journal, run))))
      if (!state.sessions.has(session)) return told(json, run, { code: "unknown_session", message: `there is no session ${session}` })
      await leaveCommand(journal, entry, command)
      if (json) out(`${JSON.stringify({ run, accepted: false, left: true })}\n`)
      else out(`no process runs ${run}: it is said when fleetwright resume ${run} takes it up\n`)
      return exit.fine
    }),
}
