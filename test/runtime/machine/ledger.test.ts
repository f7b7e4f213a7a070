/** Budgets (runtime.md 5): what is spent, what is kept back, and what happens at the limit. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Budget, Ir } from "#ir"
import type { AgentEvent, State } from "../../../runtime/machine/index.ts"
import { fleet, on, rule, send, session, single } from "./fleet.ts"
import { play, told, type Played, type Turn } from "./play.ts"

const usage = (usd: number, mode: "delta" | "cumulative" = "delta", tokens = 0): AgentEvent => ({
  kind: "cap.usage",
  mode,
  cost_usd_estimate: usd,
  output_tokens: tokens,
})
const spends = (...usd: ReadonlyArray<number>): Turn => ({ after: 10, events: usd.map((one) => usage(one)) })
const starts = (played: Played) => played.events.flatMap((event) => (event.type === "turn.started" ? [`${event.at} ${event.session}`] : []))
const cents = (usd: number): number => Math.round(usd * 100)

/** Each level is the sum of what is below it, and nothing is kept back for what does not run. */
const addsUp = (state: State): void => {
  const sessions = [...state.sessions.values()]
  expect(cents(state.usd)).toBe(cents(sessions.reduce((sum, one) => sum + one.usd, 0)))
  expect(state.tokens).toBe(sessions.reduce((sum, one) => sum + one.tokens, 0))
  expect(cents(state.reserved.usd)).toBe(cents(sessions.reduce((sum, one) => sum + (one.current?.reserved.usd ?? 0), 0)))
  for (const one of sessions) if (!one.permit) expect(one.current?.reserved ?? { usd: 0, tokens: 0 }).toEqual({ usd: 0, tokens: 0 })
}

describe("the ledger", () => {
  it.each([
    ["deltas", [usage(0.01), usage(0.02), usage(0.03)], 0.06],
    ["figures of the whole conversation", [usage(0.01, "cumulative"), usage(0.02, "cumulative"), usage(0.03, "cumulative")], 0.03],
    ["a figure that comes again", [usage(0.03, "cumulative"), usage(0.03, "cumulative"), usage(0.02, "cumulative")], 0.03],
    ["both, which say what they are", [usage(0.01), usage(0.03, "cumulative"), usage(0.02)], 0.05],
    ["sums that floating point would miss", [usage(0.1), usage(0.1), usage(0.1)], 0.3],
    ["nonsense", [usage(-1), usage(Number.NaN), { kind: "cap.usage", cost_usd_estimate: "much" }], 0],
  ] as const)("takes %s", (_, events, total) => {
    const { state, events: seen } = play(fleet([session("a")], ["a"], [], { budget: { usd: Math.max(total, 0.1) } }), {
      sessions: { a: [{ after: 9, events }] },
    })
    expect(state.usd).toBe(total)
    expect(state.sessions.get("a")?.usd).toBe(total)
    expect(seen.at(-1)).toMatchObject({ type: "run.ended", status: "succeeded", usage: { usd: total } })
  })

  it("tells what each scope has spent, the session first", () => {
    const { events } = play(fleet([session("a")], ["a"], []), { sessions: { a: [{ events: [usage(0.5, "delta", 7)], usage: { mode: "delta", usd: 0.25 } }] } })
    expect(
      events
        .filter(({ type }) => type === "budget.updated")
        .map((event) => ("scope" in event && "usd" in event ? `${event.scope} ${event.usd} ${event.tokens}` : "")),
    ).toEqual(["a 0.5 7", "run 0.5 7", "a 0.75 7", "run 0.75 7"])
  })

  it("counts figures of a conversation on when it is continued, and from nothing when a new one begins", () => {
    const retry = { attempts: 2, backoffMs: 0, factor: 1, jitter: false }
    const ir = fleet([session("a", { retry })], ["a"], [])
    const first: Turn = { events: [usage(0.04, "cumulative")], fail: { kind: "driver_error", message: "" } }
    const second: Turn = { events: [usage(0.05, "cumulative")] }
    expect(play(ir, { sessions: { a: [{ ...first, resume: "talk" }, second] } }).state.usd).toBe(0.05)
    expect(play(ir, { sessions: { a: [first, second] } }).state.usd).toBe(0.09)
  })

  it("what was spent stays spent: a failed attempt counts, and no further one starts at the limit", () => {
    const retry = { attempts: 3, backoffMs: 0, factor: 1, jitter: false }
    const played = play(fleet([session("a", { retry, budget: { usd: 0.1 } })], ["a"], []), {
      sessions: { a: [{ events: [usage(0.1)], fail: { kind: "driver_error", message: "" } }, {}] },
    })
    expect(starts(played)).toEqual(["0 a"])
    expect(told(played).slice(-3)).toEqual(["budget.exceeded", "session.failed a budget_exceeded", "run.ended failed"])
    expect(played.events.at(-1)).toMatchObject({ usage: { usd: 0.1 } })
  })

  it("a session over its own budget fails alone", () => {
    const played = play(
      fleet([session("a", { budget: { usd: 0.1 } }), session("b")], ["a", "b"], [rule(single(on("a", "failed")), send(["b"]))], { budget: { usd: 9 } }),
      { sessions: { a: [spends(0.2)], b: [{ after: 5 }] } },
    )
    expect(played.events.find(({ type }) => type === "budget.exceeded")).toMatchObject({ scope: "a", limit: 0.1, used: 0.2 })
    expect(told(played).at(-1)).toBe("run.ended succeeded")
  })

  it.each([
    [{ usd: 0.05 }, { events: [usage(0.1)] }, "the run's budget of $0.05 is used up: it took $0.10"],
    [{ tokens: 10 }, { events: [usage(0, "delta", 12)] }, "the run's budget of 10 tokens is used up: it took 12 tokens"],
    [{ wallMs: 90_000 }, { hang: true }, "the run's budget of 90s is used up"],
    [{ turns: 0 }, {}, "the run's budget of 0 turns is used up"],
  ] as const)("whose budget it was is told in its own unit: %o", (budget, turn, said) => {
    const { events } = play(fleet([session("a")], ["a"], [], { budget }), { sessions: { a: [turn] } })
    expect(events.find(({ type }) => type === "session.failed")).toMatchObject({ error: { kind: "budget_exceeded", message: said } })
    expect(events.at(-1)).toMatchObject({ type: "run.ended", reason: `budget exceeded: ${said}` })
    const alone = play(fleet([session("a", { budget })], ["a"], []), { sessions: { a: [turn] } }).events
    expect(alone.find(({ type }) => type === "session.failed")).toMatchObject({ error: { message: said.replace("run's", "session's") } })
  })

  it("turns are counted before they start", () => {
    const loop = rule(single(on("a")), send(["a"], { max: { count: 9 } }))
    expect(starts(play(fleet([session("a", { budget: { turns: 2 } })], ["a"], [loop])))).toHaveLength(2)
    expect(starts(play(fleet([session("a")], ["a"], [loop], { budget: { turns: 3 } })))).toHaveLength(3)
  })
})

describe("what is kept back", () => {
  const half = { budget: { usd: 0.5 } }
  const budget = { usd: 1 }

  it("turns that would not fit beside each other wait for each other", () => {
    const ir = fleet(
      ["a", "b", "c"].map((id) => session(id, half)),
      ["a", "b", "c"],
      [],
      { budget },
    )
    expect(starts(play(ir, { sessions: { a: [spends(0.1)], b: [spends(0.4)] } }))).toEqual(["0 a", "0 b", "10 c"])
  })

  it("a turn that fits nowhere runs alone", () => {
    const ir = fleet([session("a"), session("big", { budget: { usd: 5 } })], ["big", "a"], [], { budget })
    expect(starts(play(ir, { sessions: { big: [spends(0.1)] } }))).toEqual(["0 big", "0 a"])
    const after = fleet([session("a", half), session("big", { budget: { usd: 5 } })], ["a", "big"], [], { budget })
    expect(starts(play(after, { sessions: { a: [spends(0.1)] } }))).toEqual(["0 a", "10 big"])
  })

  it("once a session's turns are known, their mean is kept back, not all it may spend", () => {
    const worker = session("w", { instances: true, budget: { usd: 0.9 } })
    const lead = session("lead", { output: { type: { kind: "list", item: { kind: "string" } } } })
    const fan = rule(single(on("lead")), {
      kind: "for",
      variable: "t",
      list: { expr: { op: "session", session: "lead", property: "output" }, type: { kind: "json" } },
      send: send(["w"]),
    })
    const played = play(fleet([lead, worker], ["lead"], [fan], { budget }), { sessions: { lead: [{ output: ["1", "2", "3", "4"] }], w: [spends(0.1)] } })
    expect(starts(played)).toEqual(["0 lead", "1 w[0]", "11 w[1]", "11 w[2]", "11 w[3]"])
  })

  it("a turn may spend what the run has left beside the others", () => {
    const ir = fleet([session("a", half), session("b", { budget: { usd: 0.4 } }), session("c")], ["a", "b", "c"], [], { budget })
    const caps = play(ir).commands.flatMap((command) => (command.type === "turn.start" ? [command.budget?.usd] : []))
    expect(caps).toEqual([0.5, 0.4, 0.1])
  })
})

describe("whatever is reported", () => {
  const amounts = fc.array(
    fc.integer({ min: 0, max: 40 }).map((one) => one / 100),
    { maxLength: 4 },
  )
  const turn: fc.Arbitrary<Turn> = fc
    .record({ events: amounts.map((list) => list.map((one) => usage(one, "delta", cents(one)))), after: fc.integer({ min: 1, max: 9 }), failing: fc.boolean() })
    .map(({ events, after, failing }) => ({ events, after, ...(failing ? { fail: { kind: "driver_error", message: "" } as const } : {}) }))
  const limit: fc.Arbitrary<Budget> = fc.record(
    { usd: fc.integer({ min: 1, max: 100 }).map((one) => one / 100), tokens: fc.integer({ min: 1, max: 100 }) },
    { requiredKeys: [] },
  )
  const irs: fc.Arbitrary<Ir> = fc
    .record({ own: fc.array(limit, { minLength: 3, maxLength: 3 }), run: limit, parallel: fc.integer({ min: 1, max: 3 }) })
    .map(({ own, run, parallel }) =>
      fleet(
        own.map((budget, index) => session(`s${index}`, { budget, retry: { attempts: 2, backoffMs: 3, factor: 1, jitter: false } })),
        ["s0", "s1", "s2"],
        [rule(single(on("s0")), send(["s1", "s2"], { max: { count: 3 } })), rule(single(on("s1", "settled")), send(["s0"], { max: { count: 3 } }))],
        { budget: run, limits: { parallel } },
      ),
    )

  it("the levels add up, nothing stays kept back, and the overshoot is at most one report per live turn", () => {
    fc.assert(
      fc.property(irs, fc.dictionary(fc.constantFrom("s0", "s1", "s2"), fc.array(turn, { maxLength: 4 })), (ir, sessions) => {
        const played = play(ir, { sessions })
        let live = 0
        for (const { state } of played.steps) {
          addsUp(state)
          live = Math.max(live, state.sessions.filter((one) => one.current?.open === true).size)
          const over = cents(state.usd) - cents(ir.budget?.usd ?? Infinity)
          // the greatest report is of 40 cents, and 40 tokens
          expect(over).toBeLessThanOrEqual(40 * Math.max(1, live))
          expect(state.tokens - (ir.budget?.tokens ?? Infinity)).toBeLessThanOrEqual(40 * Math.max(1, live))
        }
        expect(played.state.reserved).toEqual({ usd: 0, tokens: 0 })
        expect(played.state.phase).toBe("ended")
        const reported = played.events.reduce(
          (sum, event) => sum + (event.type === "agent" && typeof event.event["cost_usd_estimate"] === "number" ? cents(event.event["cost_usd_estimate"]) : 0),
          0,
        )
        expect(cents(played.state.usd)).toBe(reported)
      }),
      { numRuns: 200 },
    )
  })
})
