/** A journal that lasts as long as the process: tests, simulations, `--ephemeral`. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Journal, JournalError, type JournalRecord, type JournalShape, type Lease, type RunEntry } from "./journal.ts"

interface Entry {
  readonly about: RunEntry
  readonly records: Array<JournalRecord>
  epoch: number
  ended: boolean
}

export const makeMemoryJournal = (): JournalShape => {
  const entries = new Map<string, Entry>()
  const entry = (run: string): Entry => {
    const found = entries.get(run)
    if (found === undefined) throw new JournalError({ reason: "unknown_run", message: `no run ${run}` })
    return found
  }
  const attempt = <A>(f: () => A): Effect.Effect<A, JournalError> =>
    Effect.try({
      try: f,
      catch: (cause) => cause instanceof JournalError ? cause : new JournalError({ reason: "io", message: String(cause) }),
    })
  return {
    create: (about) =>
      attempt(() => {
        if (entries.has(about.run)) throw new JournalError({ reason: "run_exists", message: `run ${about.run} exists` })
        entries.set(about.run, { about: { ...about, ended: false }, records: [], epoch: 1, ended: false })
        return { run: about.run, epoch: 1 }
      }),
    claim: (run) => attempt((): Lease => ({ run, epoch: ++entry(run).epoch })),
    append: (lease, records) =>
      attempt(() => {
        const target = entry(lease.run)
        if (target.epoch !== lease.epoch) throw new JournalError({ reason: "stale_writer", message: `run ${lease.run} was taken over` })
        for (const record of records) {
          target.records.push(record)
          if (record.events.at(-1)?.type === "run.ended") target.ended = true
        }
      }),
    read: (run, from = 0) => attempt(() => entry(run).records.slice(from)),
    runs: () => attempt(() => [...entries.values()].map(({ about, ended }) => ({ ...about, ended }))),
  }
}

export const layerMemory: Layer.Layer<Journal> = Layer.sync(Journal, makeMemoryJournal)
