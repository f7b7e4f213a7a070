/** What a run has come to, from its journal: facts folded over the last snapshot, without asking anybody anything. */
import * as Effect from "effect/Effect"
import type { Ir, Json } from "#ir"
import { decodeIr } from "#ir/decode.ts"
import { JournalError, type JournalShape, type StateSnapshot } from "../journal/journal.ts"
import { foldFrom, initialState, type State } from "../machine/index.ts"
import { decodeState, encodeState } from "../machine/state-codec.ts"
import { notePlaces, type HeldPlace, type HeldPlaces } from "./held-places.ts"

export interface Folded {
  readonly state: State
  readonly held: HeldPlaces
  readonly records: number
}

/** The fleet a run executes, as its journal kept it: what was run once is not verified again, but a version that knows other fields must not believe it. */
export const irOf = (journal: JournalShape, run: string): Effect.Effect<Ir, JournalError> =>
  Effect.flatMap(journal.origin(run), ({ ir: kept }) => {
    const loaded = decodeIr(kept)
    if (loaded.ok) return Effect.succeed(loaded.ir)
    const shown = loaded.problems
      .slice(0, 3)
      .map(({ path, message }) => `${path === "" ? "/" : path}: ${message}`)
      .join("; ")
    return Effect.fail(new JournalError({ reason: "older_run", message: `the fleet of run ${run} is not one that this version knows: ${shown}` }))
  })

/** A snapshot is tied to its IR: one of another fleet, or of another version of the machine, is as good as none. */
export const snapshotOf = (ir: Ir, { state, held, records }: Folded): StateSnapshot => ({
  records,
  state: { ir: ir.hash, machine: encodeState(state), held: [...held].map(([session, place]) => [session, { ...place }] as Json) },
})

const readHeld = (value: Json | undefined): HeldPlaces | undefined =>
  Array.isArray(value) ? new Map(value as unknown as ReadonlyArray<readonly [string, HeldPlace]>) : undefined

const readSnapshot = (ir: Ir, { records, state: kept }: StateSnapshot): Folded | undefined => {
  if (typeof kept !== "object" || kept === null || !("machine" in kept) || kept["ir"] !== ir.hash) return undefined
  const { machine } = kept
  const state = typeof machine === "string" ? decodeState(machine) : undefined
  const held = readHeld(kept["held"])
  return state === undefined || held === undefined ? undefined : { state, held, records }
}

/**
 * Fails with `damaged` when the machine of this version makes other events of the facts than were written down; with `anyway` it goes on, which
 * is good enough to look at a run, never to take it up.
 */
export const foldRun = (
  journal: JournalShape,
  run: string,
  ir: Ir,
  { anyway = false }: { readonly anyway?: boolean } = {},
): Effect.Effect<Folded, JournalError> =>
  Effect.gen(function* () {
    const kept = yield* journal.snapshot(run)
    const from = (kept === undefined ? undefined : readSnapshot(ir, kept)) ?? { state: initialState(ir), held: new Map<string, HeldPlace>(), records: 0 }
    const tail = yield* journal.read(run, from.records)
    const held = new Map(from.held)
    const folding = foldFrom(ir, from.state)
    let { seq } = from.state
    for (const { fact, events: written } of tail) {
      const { events, commands } = folding.take(fact)
      notePlaces(held, fact, commands)
      const last = written.at(-1)?.seq
      seq = events.at(-1)?.seq ?? seq
      if (!anyway && last !== undefined && last !== seq) {
        return yield* Effect.fail(
          new JournalError({
            reason: "damaged",
            message: `this version decides otherwise than the one that wrote run ${run}: event ${last} is now ${seq}; fleetwright replay ${run} says where they part`,
          }),
        )
      }
    }
    return { state: folding.state(), held, records: from.records + tail.length }
  })
