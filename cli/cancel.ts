import { resumeFleet, type CancelReason, type Rejection, type UserCommand } from "#runtime"
import type { Command, Given } from "./command.ts"
import { commandRun } from "./command-run.ts"
import { exit, NotStarted, type ExitCode } from "./exit.ts"
import { statusOf, withRun, type FoundRun } from "./find-run.ts"
import { pluginsOfRun } from "./fleet-plugins.ts"
import { refused } from "./resume.ts"
import { err, out } from "./terminal.ts"

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

/** Gives a command to a run that has ended or that a process runs, and tells its answer. */
export const giveCommand = async (json: boolean, { journal, entry }: FoundRun, command: UserCommand): Promise<ExitCode> => {
  const { run, alive } = entry
  if (entry.ended) return told(json, run, { code: "run_ended", message: `run ${run} has ended: ${statusOf(entry)}` })
  const outcome = await commandRun(journal, run, command)
  if (outcome.kind === "silent") throw new NotStarted(`process ${alive}, which runs ${run}, did not answer, and nothing was done; if it hangs, stop it first`)
  return told(json, run, outcome.rejection)
}

/** A command that only a living run can take: its first argument names the run. */
export const commandAlive = (given: Given, command: UserCommand): Promise<ExitCode> =>
  withRun(given.positionals[0] ?? "", (found) => {
    const { run, alive, ended } = found.entry
    if (alive === undefined && !ended) throw new NotStarted(`no process runs ${run}: fleetwright resume ${run} takes it up`)
    return giveCommand(given.text("format") === "json", found, command)
  })

/** The answer to a command, for people or machines; `request`: the one that was answered. */
export const told = (json: boolean, run: string, rejection: Rejection | undefined, request?: string): ExitCode => {
  if (json)
    out(
      `${JSON.stringify({ run, ...(request === undefined ? {} : { request }), accepted: rejection === undefined, ...(rejection === undefined ? {} : { rejection }) })}\n`,
    )
  else if (rejection === undefined) out("accepted\n")
  else err(`rejected (${rejection.code}): ${rejection.message}\n`)
  return rejection === undefined ? exit.fine : exit.failed
}
