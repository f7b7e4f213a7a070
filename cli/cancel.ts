import { resumeFleet, type CancelReason, type Rejection } from "#runtime"
import type { Command } from "./command.ts"
import { commandRun } from "./command-run.ts"
import { exit, NotStarted, type ExitCode } from "./exit.ts"
import { statusOf, withRun } from "./find-run.ts"
import { pluginsOfRun } from "./fleet-plugins.ts"
import { refused } from "./resume.ts"
import { err, out } from "./terminal.ts"

export const cancel: Command = {
  usage: "cancel RUN",
  about: "Cancels a run that is alive in another process, or one whose process died: then what it left is stopped and its work kept.",
  options: {
    session: { type: "string", value: "SESSION", about: "only this session" },
    reason: { type: "string", value: "TEXT", about: "why; it stands in the events" },
    format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" },
  },
  positionals: { least: 1, most: 1 },
  run: (given) =>
    withRun(given.positionals[0] ?? "", async ({ journal, entry }) => {
      const { run } = entry
      const session = given.text("session")
      const detail = given.text("reason")
      const reason: CancelReason = { code: "user", ...(detail === undefined ? {} : { detail }) }
      const json = given.text("format") === "json"
      if (entry.ended) return told(json, run, { code: "run_ended", message: `run ${run} has ended: ${statusOf(entry)}` })
      if (entry.alive !== undefined) {
        const target = session === undefined ? { kind: "fleet" as const } : { kind: "session" as const, session }
        const outcome = await commandRun(journal, run, { type: "cancel", target, reason })
        if (outcome.kind === "silent") throw new NotStarted(`process ${entry.alive}, which runs ${run}, did not answer; if it hangs, stop it and cancel again`)
        return told(json, run, outcome.rejection)
      }
      if (session !== undefined) throw new NotStarted(`no process runs ${run}: fleetwright resume ${run} takes it up, then a session can be cancelled`)
      const fleet = await resumeFleet({ run, journal, ...(await pluginsOfRun(journal, run)), env: process.env, cancel: reason }).catch(refused)
      const { status } = await fleet.result
      await fleet.close()
      if (status === "cancelled") return told(json, run, undefined)
      throw new NotStarted(`run ${run} ended otherwise: ${status}`)
    }),
}

/** The answer to a command, for people or machines. */
export const told = (json: boolean, run: string, rejection: Rejection | undefined): ExitCode => {
  if (json) out(`${JSON.stringify({ run, accepted: rejection === undefined, ...(rejection === undefined ? {} : { rejection }) })}\n`)
  else if (rejection === undefined) out("accepted\n")
  else err(`rejected (${rejection.code}): ${rejection.message}\n`)
  return rejection === undefined ? exit.fine : exit.failed
}
