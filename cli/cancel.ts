import { resumeFleet, type CancelReason } from "#runtime"
import type { Command } from "./command.ts"
import { giveCommand, told } from "./command-run.ts"
import { NotStarted } from "./exit.ts"
import { withRun } from "./find-run.ts"
import { pluginsOfRun } from "./fleet-plugins.ts"
import { refused } from "./resume.ts"

export const cancel: Command = {
  usage: "cancel RUN [SESSION]",
  about: "Cancels a run that is alive in another process, or one whose process died: then what it left is stopped and its work kept.",
  options: {
    turn: { type: "boolean", about: "only the work that SESSION has under way: what waits behind it goes on" },
    reason: { type: "string", value: "TEXT", about: "why; it stands in the events" },
    format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" },
  },
  positionals: { least: 1, most: 2 },
  run: (given) =>
    withRun(given.positionals[0] ?? "", async ({ journal, entry }) => {
      const { run } = entry
      const [, session] = given.positionals
      const detail = given.text("reason")
      const reason: CancelReason = { code: "user", ...(detail === undefined ? {} : { detail }) }
      const json = given.text("format") === "json"
      if (given.flag("turn") && session === undefined) throw new NotStarted("--turn needs a session: fleetwright cancel RUN SESSION --turn")
      if (entry.ended || entry.alive !== undefined) {
        const target = session === undefined ? { kind: "fleet" as const } : { kind: given.flag("turn") ? ("turn" as const) : ("session" as const), session }
        return giveCommand(json, { journal, entry }, { type: "cancel", target, reason })
      }
      if (session !== undefined) throw new NotStarted(`no process runs ${run}: fleetwright resume ${run} takes it up, then a session can be cancelled`)
      const fleet = await resumeFleet({ run, journal, ...(await pluginsOfRun(journal, run)), env: process.env, cancel: reason }).catch(refused)
      const { status } = await fleet.result
      await fleet.close()
      if (status === "cancelled") return told(json, run, undefined)
      throw new NotStarted(`run ${run} ended otherwise: ${status}`)
    }),
}
