/** A run of this directory's journal by its id, or by the beginning of one. */
import * as Effect from "effect/Effect"
import { suggest } from "#compiler/diagnostics/suggest.ts"
import { foldRun, irOf, type JournalError, type JournalShape, type RunEntry } from "#runtime"
import { NotStarted } from "./exit.ts"
import { journalToRead } from "./open-journal.ts"

export interface FoundRun {
  readonly journal: JournalShape
  readonly entry: RunEntry
}

/** What is in the journal cannot be used: told like anything else that cannot start. */
export const ask = async <A>(effect: Effect.Effect<A, JournalError>): Promise<A> =>
  Effect.runPromise(effect).catch((error: Error) => {
    throw new NotStarted(error.message)
  })

/** The journal is closed when `work` is done. */
export const withRun = async <A>(id: string, work: (found: FoundRun) => Promise<A>): Promise<A> => {
  const opened = await journalToRead()
  if (opened === undefined) throw unknownRun(id, [])
  try {
    const entries = await ask(opened.journal.runs())
    const known = entries.map(({ run }) => run)
    const name = findRun(id, known)
    const entry = entries.find(({ run }) => run === name)
    if (entry === undefined) throw unknownRun(id, known)
    return await work({ journal: opened.journal, entry })
  } finally {
    await opened.close()
  }
}

/** The one of `known` with this id, or the only one that begins with it. */
export const findRun = (id: string, known: ReadonlyArray<string>): string => {
  if (known.includes(id)) return id
  const begin = id === "" ? [] : known.filter((run) => run.startsWith(id))
  const [only] = begin
  if (only === undefined || begin.length > 1) throw unknownRun(id, known, begin.length)
  return only
}

const unknownRun = (id: string, known: ReadonlyArray<string>, several = 0): NotStarted => {
  if (several > 1) return new NotStarted(`${several} runs begin with ${JSON.stringify(id)}; see fleetwright runs`)
  const near = suggest(id, known)
  return new NotStarted(`there is no run ${JSON.stringify(id)} here; ${near === undefined ? "see fleetwright runs" : `did you mean ${near}?`}`)
}

/** What becomes of a run, in a word: `running`, `paused` and `interrupted` besides how it ended. `paused`: what its state says. */
export const statusOf = ({ ended, status, alive }: RunEntry, paused = false): string =>
  ended ? (status ?? "ended") : alive === undefined ? "interrupted" : paused ? "paused" : "running"

/** Whether a run that is alive stands still until it is resumed. */
export const isPaused = async (journal: JournalShape, { run, ended, alive }: RunEntry): Promise<boolean> =>
  !ended && alive !== undefined && (await ask(foldRun(journal, run, await ask(irOf(journal, run)), { anyway: true }))).state.paused
