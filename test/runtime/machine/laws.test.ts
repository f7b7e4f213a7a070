/** The laws of runtime.md 3 over fleets and facts made up at random. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Ir } from "#ir"
import type { Fact, State, Step } from "../../../runtime/machine/index.ts"
import { decodeState, encodeState, initialState, step } from "../../../runtime/machine/index.ts"
import { fleet, on, rule, send, session, single } from "./fleet.ts"
import { play, type Played } from "./play.ts"
import { endsOnce, isSound } from "./lawful.ts"
import { begun, facts, irs, playOut, scripts } from "./random.ts"

const fold = (ir: Ir, list: ReadonlyArray<Fact>, from: State = initialState(ir)): ReadonlyArray<Step> => {
  let state = from
  return list.map((fact) => {
    const result = step(ir, state, fact)
    state = result.state
    return result
  })
}

const stateBefore = (ir: Ir, { steps }: Played, at: number): State => (at === 0 ? undefined : steps[at - 1]?.state) ?? initialState(ir)

const count = (ids: ReadonlyArray<string>): { readonly [id: string]: number } => {
  const counts: { [id: string]: number } = {}
  for (const id of ids) counts[id] = (counts[id] ?? 0) + 1
  return counts
}

describe("laws", () => {
  it("1 order: rules fire in file order, after what they wait for and before what they start", () => {
    fc.assert(
      fc.property(irs, scripts, (ir, script) => {
        const fired = new Map<string, Set<string>>()
        const over = new Set<string>()
        for (const event of playOut(ir, script).events) {
          if (event.type === "route.fired") {
            for (const id of event.from) expect(over.has(id)).toBe(true)
            for (const id of event.to) fired.set(id, (fired.get(id) ?? new Set()).add(event.rule))
          }
          if (event.type === "turn.started" && /^r\d/.test(event.rule)) expect(fired.get(event.session)?.has(event.rule)).toBe(true)
          if ("session" in event && event.session !== undefined && /^session\.|request\.opened/.test(event.type)) over.add(event.session)
        }
      }),
      { numRuns: 100 },
    )
    const ir = fleet(
      [session("a"), session("b"), session("c")],
      ["a"],
      [rule(single(on("a")), send(["c"])), rule(single(on("a", "settled")), send(["b"])), rule(single(on("a")), send(["b"]))],
    )
    expect(play(ir).events.flatMap((event) => (event.type === "route.fired" ? [event.rule] : []))).toEqual(["r1", "r2", "r3"])
  })

  it("2 exactly one terminal for every turn, activation and run", () => {
    fc.assert(
      fc.property(irs, scripts, (ir, script) => {
        const { events } = playOut(ir, script)
        endsOnce(events)
        expect(events.filter(({ type }) => type === "run.ended")).toHaveLength(1)
        expect(events.at(-1)?.type).toBe("run.ended")
      }),
      { numRuns: 100 },
    )
  })

  it("4 deterministic: the same facts give the same, and old states stay as they were", () => {
    fc.assert(
      fc.property(irs, scripts, (ir, script) => {
        const { facts: list, steps } = playOut(ir, script)
        const images = steps.map(({ state }) => encodeState(state))
        expect(fold(ir, list).map(({ events, commands }) => ({ events, commands }))).toEqual(steps.map(({ events, commands }) => ({ events, commands })))
        expect(steps.map(({ state }) => encodeState(state))).toEqual(images)
      }),
      { numRuns: 100 },
    )
  })

  it("4 deterministic: a state written down and read back goes on alike", () => {
    fc.assert(
      fc.property(irs, scripts, fc.nat(), (ir, script, cut) => {
        const played = playOut(ir, script)
        const at = cut % played.facts.length
        const text = encodeState(stateBefore(ir, played, at))
        const state = decodeState(text)
        expect(state).toBeDefined()
        if (state === undefined) return
        expect(encodeState(state)).toBe(text)
        expect(fold(ir, played.facts.slice(at), state).map(({ events, commands }) => ({ events, commands }))).toEqual(
          played.steps.slice(at).map(({ events, commands }) => ({ events, commands })),
        )
      }),
      { numRuns: 100 },
    )
  })

  it("4 deterministic: text that is no state is none", () => {
    for (const text of ["", "{", "null", "[]", "{}", '{"version":0}']) expect(decodeState(text)).toBeUndefined()
  })

  it("6 no false claims: every activation that was sent has its one terminal", () => {
    fc.assert(
      fc.property(irs, scripts, (ir, script) => {
        const { events, facts: list } = playOut(ir, { ...script, facts: (script.facts ?? []).filter(({ fact }) => fact(0).type !== "user.sent") })
        const sent = [...ir.start, ...events.flatMap((event) => (event.type === "route.fired" ? event.to : event.type === "session.compensating" ? ["d"] : []))]
        const ended = events.flatMap((event) =>
          event.type === "session.done" || event.type === "session.failed" || event.type === "session.cancelled" ? [event.session] : [],
        )
        expect(count(ended), JSON.stringify(list.at(-1))).toEqual(count(sent))
      }),
      { numRuns: 100 },
    )
  })

  it("7 cancel is prompt: the run is over in the step that cancels it, and twice is the same as once", () => {
    fc.assert(
      fc.property(irs, scripts, fc.nat(), (ir, script, cut) => {
        const played = playOut(ir, script)
        const state = stateBefore(ir, played, 1 + (cut % (played.facts.length - 1)))
        if (state.phase !== "running") return
        const at = state.at + 1
        const [first, second] = fold(
          ir,
          ["first", "second"].map((code): Fact => ({ type: "cancel", at, target: { kind: "fleet" }, reason: { code } })),
          state,
        )
        expect(first?.events.at(-1)).toMatchObject({ type: "run.ended", status: "cancelled", reason: "first" })
        for (const event of first?.events ?? []) if (event.type === "session.cancelled") expect(event.reason).toEqual({ code: "first" })
        expect(second).toMatchObject({ events: [], commands: [], rejection: { code: "run_ended" } })
        endsOnce([...played.events.filter(({ seq }) => seq <= state.seq), ...(first?.events ?? [])])
        const opened = [...state.sessions.values()].filter(({ driver }) => driver !== "none").map(({ id }) => id)
        const closed = first?.commands.flatMap((command) => (command.type === "session.close" ? [command.session] : [])) ?? []
        expect(closed).toEqual(expect.arrayContaining(opened))
      }),
      { numRuns: 100 },
    )
  })

  it("9 total: whatever is said, every state is sound, and what is rejected changes nothing", () => {
    fc.assert(
      fc.property(irs, fc.array(facts, { maxLength: 60 }), (ir, list) => {
        const results = fold(ir, [begun, ...list])
        const events = results.flatMap((result) => result.events)
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
        endsOnce(events)
        for (const { state, rejection, events: said, commands } of results) {
          isSound(ir, state)
          if (rejection !== undefined) expect([said, commands]).toEqual([[], []])
        }
      }),
      { numRuns: 250 },
    )
  })

  it("9 total: in runs of every kind, every state is sound", () => {
    fc.assert(
      fc.property(irs, scripts, (ir, script) => {
        const { events, steps } = playOut(ir, script)
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
        for (const { state } of steps) isSound(ir, state)
      }),
      { numRuns: 40 },
    )
  })
})
