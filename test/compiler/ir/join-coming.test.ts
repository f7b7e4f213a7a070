/** Asking whether a join would hold after an occurrence is putting it and asking whether the join holds. */
import * as fc from "fast-check"
import { expect, it } from "vitest"
import { enabled, fire, initial, openBatch, put, settle, type Join, type JoinState } from "#ir"

const done = (session: string) => ({ source: "session", session, event: "done" }) as const
const event = (leaf: number): Join => ({ kind: "event", leaf, event: done(`s${leaf}`) })
const fan = (leaf: number, want: Extract<Join, { kind: "instances" }>["want"]): Join => ({ kind: "instances", leaf, event: done(`s${leaf}`), want })

const joins: ReadonlyArray<Join> = [
  event(0),
  fan(0, { kind: "each" }),
  fan(0, { kind: "all" }),
  fan(0, { kind: "atLeast", count: 1, race: false }),
  fan(0, { kind: "atLeast", count: 2, race: true }),
  { kind: "all", of: [event(0), fan(1, { kind: "all" })] },
  { kind: "any", of: [event(0), fan(1, { kind: "atLeast", count: 2, race: false })] },
  { kind: "race", of: [event(0), fan(1, { kind: "all" }), event(2)] },
  { kind: "atLeast", count: 2, of: [event(0), fan(1, { kind: "each" }), event(2)] },
]

const moves = fc.array(
  fc.record({
    kind: fc.constantFrom("put", "put", "put", "open", "settle", "fire"),
    leaf: fc.nat(2),
    batch: fc.constantFrom("a", "b"),
    index: fc.nat(3),
    size: fc.nat(3),
    alone: fc.boolean(),
  }),
  { maxLength: 14 },
)

it.each(joins.map((join) => ({ join, name: JSON.stringify(join).replaceAll('"', "") })))("$name", ({ join }) => {
  fc.assert(
    fc.property(moves, (list) => {
      let state: JoinState<number> = initial(join)
      for (const { kind, leaf, batch, index, size, alone } of list) {
        const instance = alone ? undefined : { batch, index }
        expect(enabled(join, state, { leaf, instance })).toBe(enabled(join, put(join, state, leaf, 0, instance)))
        if (kind === "put") state = put(join, state, leaf, 0, instance)
        else if (kind === "open") state = openBatch(join, state, leaf, batch, size)
        else if (kind === "settle") state = settle(join, state, leaf, batch)
        else state = fire(join, state).state
      }
    }),
    { numRuns: 300 },
  )
})
