/** Law 4 (runtime.md 3) on a run that happened: the same facts give the same events. */
import * as Effect from "effect/Effect"
import { canonicalJson } from "#ir"
import type { JournalError, JournalShape } from "../journal/journal.ts"
import { initialState, step } from "../machine/index.ts"
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

/** Folds the whole journal, snapshots unused. */
export const replayRun = (journal: JournalShape, run: string): Effect.Effect<Replay, JournalError> =>
  Effect.gen(function* () {
    const ir = yield* irOf(journal, run)
    const records = yield* journal.read(run)
    let state = initialState(ir)
    let count = 0
    for (const [record, { fact, events }] of records.entries()) {
      const next = step(ir, state, fact)
      state = next.state
      count += events.length
      if (canonicalJson(next.events) !== canonicalJson(events)) {
        return { facts: records.length, events: count, difference: { record, fact, recorded: events, replayed: next.events } }
      }
    }
    return { facts: records.length, events: count }
  })
