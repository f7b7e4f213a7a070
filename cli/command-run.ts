/** A command to a run that lives in another process, and its answer. */
import type { CommandAnswer, JournalShape, Rejection, RunEntry, UserCommand } from "#runtime"
import { NotStarted } from "./exit.ts"
import { ask } from "./find-run.ts"

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
