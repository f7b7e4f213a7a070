/** A journal that lasts as long as the process: tests, simulations, `--ephemeral`. Nobody else can reach it, so a run is always free to claim. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { chainNext, chainStart } from "./chain.ts"
import {
  Journal,
  JournalError,
  type JournalRecord,
  type JournalShape,
  type Lease,
  type NewRun,
  type RunEntry,
  type RunOutcome,
  type StateSnapshot,
  type StoredRecord,
} from "./journal.ts"

interface Entry {
  readonly about: NewRun
  readonly records: Array<JournalRecord>
  epoch: number
  status: RunOutcome | undefined
  snapshot: StateSnapshot | undefined
}

/** Hashes cost time that a journal which nobody keeps need not spend before somebody asks. */
const storedOf = ({ about, records }: Entry): ReadonlyArray<StoredRecord> => {
  let hash = chainStart(about.run, about.ir.hash)
  return records.map((record) => {
    const fact = JSON.stringify(record.fact)
    const events = JSON.stringify(record.events)
    hash = chainNext(hash, fact, events)
    return { fact, events, hash }
  })
}

const entryOf = (entry: Entry): RunEntry => {
  const { run, ir, root, startedAt, forkedFrom } = entry.about
  return {
    run,
    fleet: ir.fleet.name,
    ir: ir.hash,
    root,
    startedAt,
    ended: entry.status !== undefined,
    abandoned: false,
    ...(entry.status === undefined ? {} : { status: entry.status }),
    ...(forkedFrom === undefined ? {} : { forkedFrom }),
    epoch: entry.epoch,
    records: entry.records.length,
    head: storedOf(entry).at(-1)?.hash ?? chainStart(run, ir.hash),
  }
}

/** A journal that is gone with the process; nobody reaches its runs from another. */
export const makeMemoryJournal = (): JournalShape => {
  const entries = new Map<string, Entry>()
  const entry = (run: string): Entry => {
    const found = entries.get(run)
    if (found === undefined) throw new JournalError({ reason: "unknown_run", message: `there is no run ${run}` })
    return found
  }
  const held = ({ run, epoch }: Lease): Entry => {
    const found = entry(run)
    if (found.epoch !== epoch) throw new JournalError({ reason: "stale_writer", message: `run ${run} was taken over` })
    return found
  }
  const attempt = <A>(f: () => A): Effect.Effect<A, JournalError> =>
    Effect.try({
      try: f,
      catch: (cause) => (cause instanceof JournalError ? cause : new JournalError({ reason: "io", message: String(cause) })),
    })
  return {
    create: (about) =>
      attempt(() => {
        if (entries.has(about.run)) throw new JournalError({ reason: "run_exists", message: `run ${about.run} exists` })
        entries.set(about.run, { about, records: [], epoch: 1, status: undefined, snapshot: undefined })
        return { run: about.run, epoch: 1 }
      }),
    claim: (run) => attempt((): Lease => ({ run, epoch: ++entry(run).epoch })),
    release: () => Effect.void,
    append: (lease, records) =>
      attempt(() => {
        const target = held(lease)
        for (const record of records) {
          target.records.push(record)
          const last = record.events.at(-1)
          if (last?.type === "run.ended") target.status = last.status
        }
      }),
    read: (run, from = 0) => attempt(() => entry(run).records.slice(from)),
    stored: (run) => attempt(() => storedOf(entry(run))),
    origin: (run) => attempt(() => entry(run).about),
    runs: () => attempt(() => [...entries.values()].map(entryOf)),
    about: (run) => attempt(() => entryOf(entry(run))),
    keepSnapshot: (lease, snapshot) =>
      attempt(() => {
        held(lease).snapshot = snapshot
      }),
    snapshot: (run) => attempt(() => entry(run).snapshot),
  }
}

export const layerMemory: Layer.Layer<Journal> = Layer.sync(Journal, makeMemoryJournal)
