/** A command to a run that lives in another process, and its answer. */
import type { CommandAnswer, JournalShape, Rejection, RunEntry, UserCommand } from "#runtime"
import type { Given } from "./command.ts"
import { exit, NotStarted, type ExitCode } from "./exit.ts"
import { ask, statusOf, withRun, type FoundRun } from "./find-run.ts"
import { err, out } from "./terminal.ts"

/** `accepted` has no rejection. `silent`: the process did not answer, and the command was taken back. */
export type Outcome = { readonly kind: "answered"; readonly rejection?: Rejection } | { readonly kind: "silent" }

const answerLimitMs = 10_000
const lookEveryMs = 50

const rest = (ms: number): Promise<void> =>
  new Promise((done) => {
    setTimeout(done, ms)
  })

const controlOf = (journal: JournalShape): NonNullable<JournalShape["control"]> => {
  if (journal.control === undefined) throw new NotStarted("this journal cannot be reached from other processes")
  return journal.control
}

const answered = ({ rejection }: CommandAnswer): Outcome => ({ kind: "answered", ...(rejection === undefined ? {} : { rejection }) })

/** Waits until the run has taken the command, has ended, or has not answered for ten seconds. */
export const commandRun = async (journal: JournalShape, run: string, command: UserCommand): Promise<Outcome> => {
  const control = controlOf(journal)
  const id = await ask(control.ask(run, command))
  const until = performance.now() + answerLimitMs
  for (;;) {
    const answer = await ask(control.answerTo(id))
    if (answer !== undefined) return answered(answer)
    const entry = await ask(journal.about(run))
    const gone = entry.alive === undefined || entry.ended
    if (!gone && performance.now() < until) {
      await rest(lookEveryMs)
      continue
    }
    // It may have answered between the two looks.
    if (await ask(control.withdraw(id)))
      return gone && entry.ended ? answered({ id, rejection: { code: "run_ended", message: "the run has ended" } }) : { kind: "silent" }
    return answered((await ask(control.answerTo(id))) ?? { id })
  }
}

/** Leaves a command for whoever takes the run up. */
export const leaveCommand = async (journal: JournalShape, { run }: RunEntry, command: UserCommand): Promise<void> => {
  await ask(controlOf(journal).ask(run, command))
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
