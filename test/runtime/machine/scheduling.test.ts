/** Who goes first, who waits, and until when (runtime.md 5). */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Session } from "#ir"
import type { AgentEvent, Fact } from "../../../runtime/machine/index.ts"
import { dropFirst, emptyQueue, firstReady, putReady, queueOf, readyEntries, type Ready } from "../../../runtime/machine/ready-queue.ts"
import { retryDelay } from "../../../runtime/machine/retries.ts"
import { fleet, on, rule, send, session, single } from "./fleet.ts"
import { play, told, type Played } from "./play.ts"

const failed = { kind: "driver_error", message: "no" } as const
const retry = (more: Partial<Session["retry"]>) => ({ attempts: 3, backoffMs: 100, factor: 2, jitter: false, ...more })
const started = (played: Played) => played.events.flatMap((event) => (event.type === "turn.started" ? [`${event.at} ${event.session}`] : []))

/** The order as the contract words it, at one moment. */
const worded =
  (now: number) =>
  (a: Ready, b: Ready): number => {
    const [slackA, slackB] = [a.deadline, b.deadline].map((deadline) => (deadline === undefined ? undefined : deadline - now))
    if ((slackA === undefined) !== (slackB === undefined)) return slackA === undefined ? 1 : -1
    if (slackA !== undefined && slackB !== undefined) {
      if (slackA < 0 !== slackB < 0) return slackA < 0 ? -1 : 1
      if (slackA !== slackB) return slackA - slackB
    }
    return b.priority - a.priority || now - b.since - (now - a.since) || a.order - b.order
  }

describe("the line", () => {
  const entry = fc.record({
    session: fc.constantFrom("a", "b"),
    ticket: fc.nat(3),
    priority: fc.integer({ min: -2, max: 2 }),
    since: fc.nat(4),
    deadline: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
  })

  it("is in the order the contract words, at whatever moment it is looked at", () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), fc.integer({ min: 4, max: 9 }), (entries, now) => {
        const queue = entries.reduce((line, { deadline, ...rest }) => putReady(line, { ...rest, ...(deadline === undefined ? {} : { deadline }) }), emptyQueue)
        const served = readyEntries(queue)
        expect(served).toEqual(served.toSorted(worded(now)))
        expect(served).toHaveLength(entries.length)
      }),
    )
  })

  it("read back serves alike, and old lines stay as they were", () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
        const queue = entries.reduce((line, { deadline: _none, ...rest }) => putReady(line, rest), emptyQueue)
        const before = readyEntries(queue)
        expect(readyEntries(queueOf(before, queue.puts))).toEqual(before)
        dropFirst(queue)
        expect(firstReady(queue)).toEqual(before[0])
      }),
    )
  })

  it.each([
    ["with an SLO before without, whatever its priority", [session("x", { priority: 9 }), session("y", { slo: {} })], ["y", "x"]],
    ["least slack first", [session("x", { slo: { queueTargetMs: 90 } }), session("y", { slo: { queueTargetMs: 20 } })], ["y", "x"]],
    [
      "an SLO without a target has 30 seconds",
      [session("x", { slo: {} }), session("y", { slo: { queueTargetMs: 29_999 } }), session("z", { slo: { queueTargetMs: 30_001 } })],
      ["y", "x", "z"],
    ],
    [
      "the same slack: by the SLO's priority",
      [session("x", { slo: { queueTargetMs: 9 } }), session("y", { slo: { queueTargetMs: 9, priority: 1 } })],
      ["y", "x"],
    ],
    ["higher priority first", [session("x"), session("y", { priority: 1 })], ["y", "x"]],
    ["first come, first served", [session("x"), session("y")], ["x", "y"]],
  ] as const)("%s", (_, sessions, order) => {
    const busy = session("busy", { priority: 100, slo: { queueTargetMs: 0 } })
    const ir = fleet([busy, ...sessions], ["busy", ...sessions.map(({ id }) => id)], [], { limits: { parallel: 1 } })
    expect(
      started(play(ir, { sessions: { busy: [{ after: 5 }] } }))
        .slice(1)
        .map((line) => line.split(" ")[1]),
    ).toEqual(order)
  })

  it("who has waited longest since it became ready goes first among equals", () => {
    const ir = fleet(
      [session("early", { retry: retry({ backoffMs: 5 }) }), session("busy"), session("late")],
      ["early", "busy"],
      [rule(single(on("busy", "started")), send(["late"], { afterMs: 2 }))],
      { limits: { parallel: 1 } },
    )
    // `early` became ready again at 6, `late` at 3
    expect(started(play(ir, { sessions: { early: [{ after: 1, fail: failed }, {}], busy: [{ after: 20 }] } })).slice(2)).toEqual(["21 late", "22 early"])
  })

  it("the priority of a send goes before that of its session", () => {
    const ir = fleet(
      [session("a"), session("x", { priority: 5 }), session("y")],
      ["a"],
      [rule(single(on("a")), { kind: "sequence", actions: [send(["x"]), send(["y"], { priority: 6 })] })],
      { limits: { parallel: 1 } },
    )
    expect(started(play(ir))).toEqual(["0 a", "1 y", "2 x"])
  })

  it("starves nobody: every session that is asked gets its turn", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ priority: fc.integer({ min: 0, max: 3 }), slo: fc.option(fc.record({ queueTargetMs: fc.nat(50) }), { nil: undefined }) }), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.integer({ min: 1, max: 3 }),
        (kinds, parallel) => {
          const sessions = kinds.map(({ priority, slo }, index) => session(`s${index}`, { priority, ...(slo === undefined ? {} : { slo }) }))
          const ids = sessions.map(({ id }) => id)
          const loop = rule(single(on("s0")), send(["s0"], { max: { count: 20 } }))
          const done = play(fleet(sessions, ids, [loop], { limits: { parallel } })).events.flatMap((event) =>
            event.type === "session.done" ? [event.session] : [],
          )
          expect(new Set(done)).toEqual(new Set(ids))
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe("retries", () => {
  it.each([
    [retry({}), [100, 200, 400]],
    [retry({ maxMs: 150 }), [100, 150, 150]],
    [retry({ factor: 1 }), [100, 100, 100]],
    [retry({ backoffMs: 0 }), [0, 0, 0]],
  ] as const)("delays grow as told and not past their cap", (how, delays) => {
    expect([1, 2, 3].map((tries) => retryDelay(how, tries, "seed"))).toEqual(delays)
  })

  it("jitter takes between nothing and half of the delay away, the same each time", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 8 }), (seed, tries) => {
        const delay = retryDelay(retry({ jitter: true }), tries, seed)
        const whole = retryDelay(retry({}), tries, seed)
        expect(delay).toBeLessThanOrEqual(whole)
        expect(delay).toBeGreaterThanOrEqual(whole / 2 - 1)
        expect(retryDelay(retry({ jitter: true }), tries, seed)).toBe(delay)
      }),
    )
  })

  it.each([
    ["the run's", { budget: { wallMs: 130 } }, {}],
    ["the session's", {}, { budget: { wallMs: 130 } }],
  ] as const)("a delay ends no later than %s time, and then nothing is started", (_, ofRun, ofSession) => {
    const played = play(fleet([session("a", { retry: retry({}), ...ofSession })], ["a"], [], ofRun), {
      sessions: { a: [{ after: 10, fail: failed }, { after: 10, fail: failed }, {}] },
    })
    expect(played.events.flatMap((event) => (event.type === "session.retrying" ? [event.delay_ms] : []))).toEqual([100, 10])
    expect(started(played)).toEqual(["0 a", "110 a"])
    expect(played.events.find(({ type }) => type === "session.failed")).toMatchObject({ at: 130, error: { kind: "budget_exceeded" } })
  })

  it("a session that is rate limited frees its permit while it waits", () => {
    const ir = fleet([session("a", { retry: retry({ attempts: 2, backoffMs: 1000 }) }), session("b")], ["a", "b"], [], { limits: { parallel: 1 } })
    const played = play(ir, { sessions: { a: [{ after: 5, fail: { kind: "rate_limit", message: "429" } }, {}], b: [{ after: 10 }] } })
    expect(started(played)).toEqual(["0 a", "5 b", "1005 a"])
  })

  describe("an agent that waits for its service by itself", () => {
    const limited: AgentEvent = { kind: "cap.error", code: "rate_limit", message: "429", retryable: true }
    const ir = fleet([session("a"), session("b"), session("c")], ["a", "b", "c"], [], { limits: { parallel: 1 } })
    const said = (when: number, event: AgentEvent) => ({
      at: when,
      fact: (at: number): Fact => ({ type: "agent.said", at, session: "a", turn: 1, attempt: 1, event }),
    })
    const permits = (played: Played) => played.facts.map(({ at }, index) => `${at} ${played.steps[index]?.state.permits}`)

    it("frees its permit until it goes on; then nothing starts above the limit", () => {
      const played = play(ir, {
        sessions: { a: [{ after: 100 }], b: [{ after: 60 }] },
        facts: [said(10, limited), said(20, limited), said(50, { kind: "cap.text_chunk", text: "on" })],
      })
      expect(started(played)).toEqual(["0 a", "10 b", "100 c"])
      expect(permits(played)).toContain("50 2")
      expect(Math.max(...permits(played).map((line) => Number(line.split(" ")[1])))).toBe(2)
      expect(played.state.permits).toBe(0)
    })

    it("has it back for the end of its turn, and for the next one", () => {
      const chat = fleet([session("a", { retry: retry({ attempts: 2 }) }), session("b")], ["a", "b"], [], { limits: { parallel: 1 } })
      const failing = play(chat, { sessions: { a: [{ after: 40, fail: failed }, { after: 5 }], b: [{ after: 20 }] }, facts: [said(10, limited)] })
      expect([started(failing), failing.state.permits]).toEqual([["0 a", "10 b", "140 a"], 0])
      const gone = play(chat, {
        sessions: { a: [{ hang: true }], b: [{ after: 20 }] },
        facts: [said(10, limited), { at: 15, fact: (at) => ({ type: "cancel", at, target: { kind: "session", session: "a" }, reason: { code: "user" } }) }],
      })
      expect([started(gone), gone.state.permits]).toEqual([["0 a", "10 b"], 0])
    })

    it("begins its next turn only when that is within the limit again, in the same conversation", () => {
      const chatty = fleet([session("a", { context: "fresh" }), session("b"), session("c")], ["a", "b", "c"], [], { limits: { parallel: 1 } })
      const played = play(chatty, {
        sessions: { a: [{ after: 50 }, { after: 5 }], b: [{ after: 60 }], c: [{ after: 10 }] },
        driver: { takesMessages: false },
        facts: [
          said(10, limited),
          said(20, { kind: "cap.text_chunk", text: "on" }),
          { at: 30, fact: (at) => ({ type: "user.sent", at, session: "a", text: "and this" }) },
        ],
      })
      // b has the permit from 10 to 70, and c was there before a came back
      expect(started(played)).toEqual(["0 a", "10 b", "70 c", "80 a"])
      expect(played.commands.filter(({ type, ...rest }) => type === "session.open" && "session" in rest && rest.session === "a")).toHaveLength(1)
      expect(told(played).filter((line) => line.startsWith("session.started"))).toEqual(["session.started a", "session.started b", "session.started c"])
      expect([told(played).at(-1), played.state.permits]).toEqual(["run.ended succeeded", 0])
    })

    it("and so does everybody else, one whose agent was coming up included", () => {
      const two = fleet([session("a"), session("b")], ["a", "b"], [], { limits: { parallel: 1 } })
      const played = play(two, {
        sessions: { a: [{ after: 100 }] },
        facts: [said(10, limited), said(10, { kind: "cap.text_chunk", text: "on" })],
      })
      expect(started(played)).toEqual(["0 a", "100 b"])
      expect(played.state.permits).toBe(0)
    })

    it("keeps what its turn may still cost kept back", () => {
      const costly = fleet([session("a", { budget: { usd: 1 } }), session("b", { budget: { usd: 1 } })], ["a", "b"], [], {
        limits: { parallel: 1 },
        budget: { usd: 1.5 },
      })
      const played = play(costly, { sessions: { a: [{ after: 40 }] }, facts: [said(10, limited)] })
      expect(played.steps[played.facts.findIndex(({ type }) => type === "agent.said")]?.state.reserved.usd).toBe(1)
      expect(started(played)).toEqual(["0 a", "40 b"])
    })

    it("is one that says it will try again: an error that ends the turn parks nothing", () => {
      const played = play(ir, { sessions: { a: [{ after: 30 }] }, facts: [said(10, { ...limited, retryable: false })] })
      expect(started(played)[1]).toBe("30 b")
    })
  })
})

describe("deadlines", () => {
  it("a session at work when its wall time is up fails, a later activation at once", () => {
    const ir = fleet([session("a", { budget: { wallMs: 50 } }), session("b")], ["a", "b"], [rule(single(on("b")), send(["a"]))])
    const late = play(ir, { sessions: { a: [{ after: 5 }], b: [{ after: 80 }] } })
    expect(late.events.find(({ type }) => type === "session.failed")).toMatchObject({ session: "a", at: 80, error: { kind: "budget_exceeded" } })
    const busy = play(ir, { sessions: { a: [{ hang: true }], b: [{ after: 10 }] } })
    expect(busy.events.find(({ type }) => type === "budget.exceeded")).toMatchObject({ scope: "a", limit: 50, at: 50 })
  })

  it("a run ends with its wall time", () => {
    const played = play(fleet([session("a")], ["a"], [], { budget: { wallMs: 70 } }), { sessions: { a: [{ hang: true }] } })
    expect(played.events.slice(-4)).toMatchObject([
      { type: "budget.exceeded", scope: "run", limit: 70, at: 70 },
      { type: "turn.failed" },
      { type: "session.failed", error: { kind: "budget_exceeded" } },
      { type: "run.ended", status: "failed" },
    ])
  })

  it("a turn at work when its timeout passes is stopped and tried again within the same rules", () => {
    const played = play(fleet([session("a", { timeoutMs: 40, retry: retry({ attempts: 2 }) })], ["a"], []), {
      sessions: { a: [{ hang: true }, { hang: true }] },
    })
    expect(played.events.flatMap((event) => (event.type === "turn.failed" ? [`${event.at} ${event.attempt} ${event.error.kind}`] : []))).toEqual([
      "40 1 timeout",
      "180 2 timeout",
    ])
    expect(played.commands.filter(({ type }) => type === "turn.cancel")).toHaveLength(2)
  })
})
