/** Law 4 (runtime.md 3) on a run that happened: the same facts give the same events. */
import * as Effect from "effect/Effect"
import { canonicalJson } from "#ir"
import type { JournalError, JournalShape } from "../journal/journal.ts"
import { foldFrom, initialState } from "../machine/index.ts"
import type { Fact, FleetEvent } from "../machine/protocol.ts"
import { irOf } from "./fold-run.ts"

export interface Replay {
  readonly facts: number
  readonly events: number
  /** The first record that this version's machine makes other events of; absent: none. */
  readonly difference?: {
    readonly record: number
    readonly fact: Fact
    readonly recorded: ReadonlyArray<FleetEvent>
    readonly replayed: ReadonlyArray<FleetEvent>
  }
}

/** What the machine makes and what was written down mostly have their keys in the same order: that is seen sooner. */
const same = (replayed: ReadonlyArray<FleetEvent>, recorded: ReadonlyArray<FleetEvent>): boolean =>
  JSON.stringify(replayed) === JSON.stringify(recorded) || canonicalJson(replayed) === canonicalJson(recorded)

/** Folds the whole journal, snapshots unused. */
export const replayRun = (journal: JournalShape, run: string): Effect.Effect<Replay, JournalError> =>
  Effect.gen(function* () {
    const ir = yield* irOf(journal, run)
    const records = yield* journal.read(run)
    const folding = foldFrom(ir, initialState(ir))
    let count = 0
    for (const [record, { fact, events }] of records.entries()) {
      const replayed = folding.take(fact).events
      count += events.length
      if (!same(replayed, events)) return { facts: records.length, events: count, difference: { record, fact, recorded: events, replayed } }
    }
    return { facts: records.length, events: count }
  })
