/** The laws of runtime.md 3 over fleets and facts made up at random. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Ir, SessionEvent } from "#ir"
import type { Fact } from "../../../runtime/machine/index.ts"
import { initialState, step } from "../../../runtime/machine/index.ts"
import { fleet, join, literal, on, rule, send, session, single } from "./fleet.ts"
import { play, type Turn } from "./play.ts"

const ids = ["a", "b", "c", "d"] as const
const id = fc.constantFrom(...ids)
const some = fc.uniqueArray(id, { minLength: 1, maxLength: 3 })
const event = fc.constantFrom<SessionEvent>("done", "failed", "settled", "cancelled", "skipped", "started")

const ruleOf = fc.oneof(
  fc.tuple(fc.constantFrom("all", "any", "race"), some, event, some).map(([kind, from, what, to]) => rule(join(kind, ...from.map((one) => on(one, what))), send(to, { max: { count: 2 } }))),
  fc.tuple(id, event, fc.constantFrom("complete", "cancel", "fail", "gate", "undo")).map(([one, what, kind]) =>
    rule(single(on(one, what)),
      kind === "complete" ? { kind } : kind === "cancel" ? { kind, target: { kind: "others" } } : kind === "fail" ? { kind, reason: literal("no") } : kind === "undo" ? { kind, session: "a" } : { kind: "gate", gate: "g", prompt: literal("?"), withinMs: 50 })),
)

const irs: fc.Arbitrary<Ir> = fc.record({ rules: fc.array(ruleOf, { maxLength: 5 }), start: some, parallel: fc.integer({ min: 1, max: 3 }), retries: fc.integer({ min: 1, max: 2 }) }).map(({ rules, start, parallel, retries }) =>
  fleet(ids.map((one) => session(one, { retry: { attempts: retries, backoffMs: 5, factor: 2, jitter: true }, timeoutMs: 60, ...(one === "a" ? { compensate: "d" } : {}) })), start, rules, { limits: { parallel } }))

const turn: fc.Arbitrary<Turn> = fc.oneof(
  fc.record({ after: fc.integer({ min: 1, max: 20 }) }),
  fc.constant<Turn>({ hang: true }),
  fc.constant<Turn>({ fail: { kind: "driver_error", message: "boom" } }),
)
const scripts = fc.record({ sessions: fc.dictionary(id, fc.array(turn, { maxLength: 4 })) })

const at = fc.integer({ min: 0, max: 500 })
const numbers = fc.integer({ min: 1, max: 3 })
const facts: fc.Arbitrary<Fact> = fc.oneof(
  fc.record({ type: fc.constant("session.opened" as const), at, session: id }),
  fc.record({ type: fc.constant("session.refused" as const), at, session: id, error: fc.constant({ kind: "driver_error" as const, message: "no" }) }),
  fc.record({ type: fc.constant("session.closed" as const), at, session: id }),
  fc.record({ type: fc.constant("agent.said" as const), at, session: id, turn: numbers, attempt: numbers, event: fc.constantFrom({ kind: "cap.permission.request", req_id: "x", risk_level: "high" }, { kind: "cap.usage", cost_usd_estimate: 1 }, { kind: "cap.text_chunk", text: "t" }) }),
  fc.record({ type: fc.constant("turn.ended" as const), at, session: id, turn: numbers, attempt: numbers, end: fc.constantFrom({ stop: "end_turn" as const }, { stop: "max_tokens" as const }, { stop: "cancelled" as const }, { error: { kind: "agent_exited" as const, message: "" } }) }),
  fc.record({ type: fc.constant("timer.fired" as const), at, timer: fc.integer({ min: 1, max: 8 }).map((number) => `t${number}`) }),
  fc.record({ type: fc.constant("reply" as const), at, request: numbers.map((number) => `q${number}`), value: fc.constantFrom("approve", "reject", "deny"), by: fc.constant("me") }),
  fc.record({ type: fc.constant("user.sent" as const), at, session: id, text: fc.constant("hey") }),
  fc.record({ type: fc.constant("cancel" as const), at, target: fc.oneof(fc.constant({ kind: "fleet" as const }), fc.record({ kind: fc.constant("session" as const), session: id })), reason: fc.constant({ code: "user" }) }),
  fc.record({ type: fc.constant("pause" as const), at }),
  fc.record({ type: fc.constant("resume" as const), at }),
)
const begun: Fact = { type: "run.begun", at: 0, run: "run", inputs: {} }

const fold = (ir: Ir, list: ReadonlyArray<Fact>) => {
  let state = initialState(ir)
  return list.map((fact) => {
    const result = step(ir, state, fact)
    state = result.state
    return result
  })
}

describe("laws", () => {
  it("ends every activation, turn and run exactly once", () => {
    fc.assert(fc.property(irs, scripts, (ir, script) => {
      const { events } = play(ir, script)
      const counts = { queued: 0, over: 0, started: 0, ended: 0 }
      for (const { type } of events) {
        if (type === "session.queued") counts.queued += 1
        if (type === "session.done" || type === "session.failed") counts.over += 1
        if (type === "turn.started") counts.started += 1
        if (type === "turn.done" || type === "turn.failed" || type === "turn.cancelled") counts.ended += 1
      }
      // one cancelled while it waits behind another activation was never queued by itself
      const cancelled = events.filter((one) => one.type === "session.cancelled").length
      expect(counts.ended).toBe(counts.started)
      expect(counts.over).toBeLessThanOrEqual(counts.queued)
      expect(counts.over + cancelled).toBeGreaterThanOrEqual(counts.queued)
      expect(events.filter(({ type }) => type === "run.ended")).toHaveLength(1)
      expect(events.at(-1)?.type).toBe("run.ended")
    }), { numRuns: 300 })
  })

  it("counts events from one without a gap, and never goes over its permits", () => {
    fc.assert(fc.property(irs, scripts, (ir, script) => {
      const { events, facts: list } = play(ir, script)
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
      for (const { state } of fold(ir, list)) {
        expect(state.permits).toBeLessThanOrEqual(ir.limits.parallel)
        expect(state.permits).toBe(state.sessions.filter((one) => one.permit).size)
        expect(state.live.size).toBe(state.sessions.filter((one) => one.current !== undefined || one.waiting.size > 0).size)
      }
    }), { numRuns: 150 })
  })

  it("takes any facts, gives the same for the same, and leaves old states as they were", () => {
    fc.assert(fc.property(irs, fc.array(facts, { maxLength: 40 }), (ir, list) => {
      const all = [begun, ...list]
      const first = fold(ir, all)
      const images = first.map(({ state }) => JSON.stringify(state))
      const second = fold(ir, all)
      expect(second.map(({ events, commands }) => ({ events, commands }))).toEqual(first.map(({ events, commands }) => ({ events, commands })))
      expect(first.map(({ state }) => JSON.stringify(state))).toEqual(images)
      const last = first.flatMap(({ events }) => events).findIndex(({ type }) => type === "run.ended")
      expect(last === -1 || last === first.flatMap(({ events }) => events).length - 1).toBe(true)
      for (const { state } of first) {
        expect(state.runRequests.size).toBe(state.requests.filter((one) => one.open && one.session === undefined).size)
        expect(state.permits).toBe(state.sessions.filter((one) => one.permit).size)
      }
    }), { numRuns: 400 })
  })

  it("replays a prefix again without harm", () => {
    fc.assert(fc.property(irs, scripts, fc.nat(), (ir, script, cut) => {
      const { facts: list } = play(ir, script)
      const results = fold(ir, list)
      const index = cut % list.length
      const fact = list[index]
      const before = index === 0 ? initialState(ir) : results[index - 1]?.state
      if (fact === undefined || before === undefined) return
      expect(step(ir, before, fact).events).toEqual(results[index]?.events)
    }), { numRuns: 150 })
  })
})
