/** What can be seen of a simulation at its journal: when each process wrote what, who commanded it, and what the snapshots hold. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Ir } from "#ir"
import { foldRun } from "../../runtime/engine/fold-run.ts"
import type { CommandAnswer, ControlChannel, JournalRecord, JournalShape } from "../../runtime/journal/journal.ts"
import { encodeState } from "../../runtime/machine/state-codec.ts"

/** In virtual time, which nobody sets: ms since the simulation began. */
export const moment: Effect.Effect<number> = Effect.map(Clock.Clock, (clock) => Number(clock.monotonicTimeNanosUnsafe()) / 1e6)

export interface Written {
  /** Of the process that wrote it; counts from 1. */
  readonly life: number
  readonly ms: number
}

export interface Commanded {
  readonly command: { readonly type: string }
  readonly ms: number
  readonly answer: CommandAnswer | undefined
}

export interface Watched {
  readonly journal: JournalShape
  readonly life: () => number
  /** The last event that was written. */
  readonly seq: () => number
  readonly records: () => ReadonlyArray<JournalRecord>
  /** One for each record. */
  readonly written: ReadonlyArray<Written>
  /** When each process gave the run back. */
  readonly released: ReadonlyArray<Written>
  readonly commanded: () => ReadonlyArray<Commanded>
  /** What the last snapshot and the records after it come to, and what all records come to. */
  readonly folds: (ir: Ir) => readonly [kept: string, whole: string]
}

export const watchJournal = (journal: JournalShape, run: string, began: () => void): Watched => {
  let life = 0
  let seq = 0
  const written: Array<Written> = []
  const released: Array<Written> = []
  const asked: Array<Omit<Commanded, "answer"> & { readonly id: number }> = []
  const begin = Effect.sync(() => {
    life += 1
    began()
  })
  const { control } = journal
  const watchedControl = (channel: ControlChannel): ControlChannel => ({
    ...channel,
    ask: (of, command) =>
      Effect.tap(channel.ask(of, command), (id) =>
        Effect.map(moment, (ms) => {
          asked.push({ id, command, ms })
        }),
      ),
  })
  return {
    journal: {
      ...journal,
      create: (about) => Effect.tap(journal.create(about), begin),
      claim: (of) => Effect.tap(journal.claim(of), begin),
      release: (lease) =>
        Effect.tap(journal.release(lease), () =>
          Effect.map(moment, (ms) => {
            released.push({ life, ms })
          }),
        ),
      append: (lease, batch, answers) =>
        Effect.tap(journal.append(lease, batch, answers), () =>
          Effect.map(moment, (ms) => {
            for (const { events } of batch) {
              written.push({ life, ms })
              seq = events.at(-1)?.seq ?? seq
            }
          }),
        ),
      ...(control === undefined ? {} : { control: watchedControl(control) }),
    },
    life: () => life,
    seq: () => seq,
    records: () => Effect.runSync(journal.read(run)),
    written,
    released,
    commanded: () => asked.map(({ id, command, ms }) => ({ command, ms, answer: control === undefined ? undefined : Effect.runSync(control.answerTo(id)) })),
    folds: (ir) => {
      const fold = (from: JournalShape) => {
        const { state, held, records } = Effect.runSync(foldRun(from, run, ir))
        return JSON.stringify([encodeState(state), [...held], records])
      }
      return [fold(journal), fold({ ...journal, snapshot: () => Effect.succeed(undefined) })]
    },
  }
}
