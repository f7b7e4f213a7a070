/** The token game against a model that only counts: firing n takes the n-th token of every leaf, whenever that comes. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { enabled, fire, initial, leafCount, openBatch, possible, put, settle, type Join, type JoinState } from "#ir"

type Shape =
  | { readonly kind: "leaf" }
  | { readonly kind: "all" | "any" | "race"; readonly of: ReadonlyArray<Shape> }
  | { readonly kind: "atLeast"; readonly count: number; readonly of: ReadonlyArray<Shape> }

const leafOf = (leaf: number): Join => ({ kind: "event", leaf, event: { source: "session", session: `s${leaf}`, event: "done" } })

/** Leaves numbered from the left. */
const joinOf = (shape: Shape): Join => {
  let next = 0
  const build = (part: Shape): Join => (part.kind === "leaf" ? leafOf(next++) : { ...part, of: part.of.map(build) })
  return build(shape)
}

const shape = fc.letrec<{ shape: Shape }>((tie) => {
  const of = fc.array(tie("shape"), { minLength: 1, maxLength: 3 })
  return {
    shape: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constant<Shape>({ kind: "leaf" }),
      fc.record({ kind: fc.constantFrom("all", "any", "race"), of }),
      of.chain((children) =>
        fc.record({ kind: fc.constant("atLeast" as const), count: fc.integer({ min: 1, max: children.length }), of: fc.constant(children) }),
      ),
    ),
  }
}).shape
const anyJoin = shape.map(joinOf)

type Step = { readonly kind: "put" | "settle"; readonly leaf: number }
const played = anyJoin.chain((join) =>
  fc.record({
    join: fc.constant(join),
    steps: fc.array(fc.record<Step>({ kind: fc.constantFrom("put", "put", "put", "settle"), leaf: fc.nat({ max: leafCount(join) - 1 }) }), { maxLength: 30 }),
  }),
)

// ---- the model

interface Counted {
  /** per leaf: its tokens in order, `undefined` where a round was paid by an end without the event */
  readonly got: ReadonlyArray<Array<number | undefined>>
  readonly passed: Array<boolean>
  fired: number
}

const held = (model: Counted, leaf: number): boolean => (model.got[leaf]?.length ?? 0) > model.fired

const holds = (join: Join, has: (leaf: number) => boolean): boolean => {
  if ("leaf" in join) return has(join.leaf)
  const satisfied = join.of.filter((child) => holds(child, has)).length
  return satisfied >= (join.kind === "all" ? join.of.length : join.kind === "atLeast" ? join.count : 1)
}

const leaves = (join: Join): ReadonlyArray<number> => ("leaf" in join ? [join.leaf] : join.of.flatMap(leaves))
const taken = (join: Join, has: (leaf: number) => boolean): ReadonlyArray<number> =>
  "leaf" in join ? [join.leaf] : join.of.filter((child) => holds(child, has)).flatMap((child) => taken(child, has))
const lost = (join: Join, has: (leaf: number) => boolean): ReadonlyArray<number> =>
  "leaf" in join ? [] : join.of.flatMap((child) => (holds(child, has) ? lost(child, has) : join.kind === "race" ? leaves(child) : []))

const fireModel = (join: Join, model: Counted) => {
  const has = (leaf: number): boolean => held(model, leaf)
  const result = { consumed: taken(join, has).map((leaf) => ({ leaf, tokens: [model.got[leaf]?.[model.fired]] })), losers: lost(join, has) }
  for (const [leaf, got] of model.got.entries()) {
    if (got.length <= model.fired && model.passed[leaf] === true) got.push(undefined)
    model.passed[leaf] = false
  }
  model.fired++
  return result
}

const frozen = <T>(value: T): T => {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(frozen)
  }
  return value
}

/** Fires while it can, as the machine does. */
const settled = (join: Join, from: JoinState<number>): { readonly state: JoinState<number>; readonly rounds: number } => {
  let [state, rounds] = [from, 0]
  for (; enabled(join, state); rounds++) ({ state } = fire(join, state))
  return { state, rounds }
}

describe("a join of events", () => {
  it("does what counting says: rounds, absorption, losers, ends without the event", () => {
    let rounds = 0
    fc.assert(
      fc.property(played, ({ join, steps }) => {
        const model: Counted = { got: Array.from({ length: leafCount(join) }, () => []), passed: [], fired: 0 }
        let state = frozen(initial<number>(join))
        for (const [token, step] of steps.entries()) {
          if (step.kind === "put") {
            state = frozen(put(join, state, step.leaf, token))
            model.got[step.leaf]?.push(token)
          } else {
            state = frozen(settle(join, state, step.leaf))
            if ((model.got[step.leaf]?.length ?? 0) < model.fired) model.got[step.leaf]?.push(undefined)
            else model.passed[step.leaf] = true
          }
          while (holds(join, (leaf) => held(model, leaf))) {
            expect(enabled(join, state)).toBe(true)
            const { consumed, losers } = fireModel(join, model)
            const fired = fire(join, state)
            expect(fired.consumed).toEqual(consumed)
            expect(fired.losers).toEqual(losers)
            state = frozen(fired.state)
            rounds++
          }
          expect(enabled(join, state)).toBe(false)
          const may = (leaf: number): boolean => leaf % 2 === 0
          expect(possible(join, state, may)).toBe(holds(join, (leaf) => held(model, leaf) || may(leaf)))
        }
        expect(JSON.parse(JSON.stringify(state))).toEqual(state)
      }),
      { numRuns: 1500 },
    )
    expect(rounds).toBeGreaterThan(2000)
  })

  it("fires as often whatever the order in which tokens come, and whenever it is asked", () => {
    /** all: the least of the children, any and race: the most, n of: the n-th most. */
    const times = (join: Join, counts: ReadonlyArray<number>): number => {
      if ("leaf" in join) return counts[join.leaf] ?? 0
      const most = join.of.map((child) => times(child, counts)).sort((a, b) => b - a)
      return most.at(join.kind === "all" ? -1 : join.kind === "atLeast" ? join.count - 1 : 0) ?? 0
    }
    const tokens = anyJoin.chain((join) =>
      fc.tuple(fc.constant(join), fc.array(fc.nat({ max: leafCount(join) - 1 }), { maxLength: 24 }), fc.func(fc.boolean())),
    )
    fc.assert(
      fc.property(tokens, ([join, order, ask]) => {
        const counts = Array.from({ length: leafCount(join) }, (_, leaf) => order.filter((each) => each === leaf).length)
        let rounds = 0
        let state = initial<number>(join)
        for (const [token, leaf] of order.entries()) {
          state = put(join, state, leaf, token)
          if (!ask(token)) continue
          const now = settled(join, state)
          state = now.state
          rounds += now.rounds
        }
        expect(rounds + settled(join, state).rounds).toBe(times(join, counts))
      }),
      { numRuns: 1000 },
    )
  })

  it("is left as it is when it does not hold", () => {
    const join = joinOf({ kind: "all", of: [{ kind: "leaf" }, { kind: "leaf" }] })
    const state = put(join, initial<number>(join), 0, 1)
    expect(fire(join, state)).toEqual({ state, consumed: [], losers: [] })
  })

  it("in a loop works again in the next round, the late token of the last one absorbed", () => {
    const join = joinOf({ kind: "any", of: [{ kind: "leaf" }, { kind: "leaf" }] })
    const first = fire(join, put(join, initial<string>(join), 0, "a1"))
    const late = put(join, first.state, 1, "b1")
    expect(enabled(join, late)).toBe(false)
    expect(fire(join, put(join, late, 1, "b2")).consumed).toEqual([{ leaf: 1, tokens: ["b2"] }])
  })
})

// ---- fan-outs

type Want = Extract<Join, { readonly kind: "instances" }>["want"]
const fanOut = (want: Want, leaf = 0): Join => ({ kind: "instances", leaf, event: { source: "session", session: "w", event: "done" }, want })

interface Round {
  readonly size: number
  /** which instances end with the event; the others end without it */
  readonly done: ReadonlyArray<boolean>
}

const rounds = fc.array(
  fc.nat({ max: 6 }).chain((size) => fc.record<Round>({ size: fc.constant(size), done: fc.array(fc.boolean(), { minLength: size, maxLength: size }) })),
  { minLength: 1, maxLength: 4 },
)
const wants: fc.Arbitrary<Exclude<Want, { readonly kind: "each" }>> = fc.oneof(
  fc.constant({ kind: "all" as const }),
  fc.record({ kind: fc.constant("atLeast" as const), count: fc.integer({ min: 1, max: 4 }), race: fc.boolean() }),
)

describe("a join of instances", () => {
  it("fires once for each fan-out that has enough, with its tokens in item order, whatever the order of all that happens", () => {
    fc.assert(
      fc.property(wants, rounds, fc.func(fc.nat()), (want, all, at) => {
        const join = fanOut(want)
        const ends = all.flatMap(({ done }, batch) => done.map((good, index) => ({ batch, index, good })))
        const order = ends.map((end, position) => ({ ...end, rank: at(position) })).sort((a, b) => a.rank - b.rank || a.batch - b.batch || a.index - b.index)
        let state = initial<string>(join)
        const fired: Array<ReadonlyArray<string>> = []
        const step = (next: JoinState<string>): void => {
          state = frozen(next)
          while (enabled(join, state)) {
            const { consumed, state: after, losers } = fire(join, state)
            fired.push(consumed.flatMap(({ tokens }) => tokens))
            const batch = Number(consumed[0]?.tokens[0]?.split(".")[0] ?? -1)
            const open = batch >= 0 && settledOf(batch) < (all[batch]?.size ?? 0)
            expect(losers).toEqual(want.kind === "atLeast" && want.race && open ? [0] : [])
            state = frozen(after)
          }
        }
        const over: Array<string> = []
        const settledOf = (batch: number): number => over.filter((key) => key.startsWith(`${batch}.`)).length
        for (const [batch, { size }] of all.entries()) step(openBatch(join, state, 0, batch, size))
        for (const { batch, index, good } of order) {
          over.push(`${batch}.${index}`)
          step(good ? put(join, state, 0, `${batch}.${index}`, { batch, index }) : settle(join, state, 0, batch))
        }
        const enough = all.flatMap(({ size, done }, batch) => {
          const came = done.filter((good) => good).length
          return (want.kind === "all" ? came === size : came >= want.count) ? [batch] : []
        })
        const key = (tokens: ReadonlyArray<string>): string => tokens[0]?.split(".")[0] ?? "empty"
        expect(fired.map(key).sort()).toEqual(enough.map((batch) => (want.kind === "all" && all[batch]?.size === 0 ? "empty" : String(batch))).sort())
        for (const tokens of fired) {
          expect(tokens.length).toBe(want.kind === "all" ? (tokens.length === 0 ? 0 : all[Number(key(tokens))]?.size) : want.count)
          expect(tokens.map((token) => Number(token.split(".")[1]))).toEqual(tokens.map((token) => Number(token.split(".")[1])).sort((a, b) => a - b))
          expect(new Set(tokens.map((token) => token.split(".")[0])).size).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it("holds at once for an empty list when it waits for all, never when it waits for some", () => {
    const some = fanOut({ kind: "atLeast", count: 1, race: false })
    expect(enabled(fanOut({ kind: "all" }), openBatch(fanOut({ kind: "all" }), initial(fanOut({ kind: "all" })), 0, 1, 0))).toBe(true)
    expect(enabled(some, openBatch(some, initial(some), 0, 1, 0))).toBe(false)
  })

  it("each: fires for every instance by itself", () => {
    const join = fanOut({ kind: "each" })
    const state = [0, 1, 2].reduce((before, index) => put(join, before, 0, index, { batch: 1, index }), initial<number>(join))
    expect(settled(join, state).rounds).toBe(3)
  })

  it("beside others: a fan-out that comes after its round has fired is absorbed whole, the next one counts again", () => {
    const join: Join = { kind: "any", of: [leafOf(0), fanOut({ kind: "all" }, 1)] }
    let state = fire(join, put(join, initial<string>(join), 0, "a")).state
    state = openBatch(join, state, 1, "f1", 2)
    for (const index of [0, 1]) state = put(join, state, 1, `f1.${index}`, { batch: "f1", index })
    expect(enabled(join, state)).toBe(false)
    state = openBatch(join, state, 1, "f2", 1)
    expect(fire(join, put(join, state, 1, "f2.0", { batch: "f2", index: 0 })).consumed).toEqual([{ leaf: 1, tokens: ["f2.0"] }])
  })

  it("holds thousands of tokens of one fan-out in item order", () => {
    const join = fanOut({ kind: "all" })
    let state = openBatch(join, initial<number>(join), 0, 1, 2000)
    for (let index = 1999; index >= 0; index--) state = put(join, state, 0, index, { batch: 1, index })
    expect(fire(join, state).consumed[0]?.tokens).toEqual(Array.from({ length: 2000 }, (_, index) => index))
  })
})
