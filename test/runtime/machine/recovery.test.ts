/** Whatever a run was at when its process died: being told so twice says no more than once, and the run still comes to an end. */
import { describe, expect, it } from "vitest"
import type { Ir, Session } from "#ir"
import { initialState, step, type Command, type Fact, type FleetEvent, type State } from "../../../runtime/machine/index.ts"
import { fleet, join, literal, on, rule, send, session, single } from "./fleet.ts"
import { play, type Played, type Script } from "./play.ts"

const retry = { attempts: 2, backoffMs: 50, factor: 1, jitter: false }

const of = (effect: "pure" | "external"): Ir =>
  fleet(
    [session("a", { effect, retry, timeoutMs: 500 }), session("b", { effect, compensate: "d" }), session("c", { effect }), session("d", { effect })],
    ["a"],
    [
      rule(single(on("a")), send(["b", "c"], { prompt: literal("go") })),
      rule(join("all", on("b"), on("c")), { kind: "gate", gate: "g", prompt: literal("?"), withinMs: 1000 }),
      rule(
        single({ source: "gate", gate: "g", event: "approved" }),
        send(["a"], { max: { count: 1, then: { kind: "fail", reason: literal("enough") } }, afterMs: 30 }),
      ),
    ],
    { limits: { parallel: 1 }, budget: { usd: 5 } },
  )

const script: Script = {
  sessions: {
    a: [{ fail: { kind: "driver_error", message: "boom" } }, { usage: { mode: "delta", usd: 1 } }],
    b: [{ after: 20, events: [{ kind: "cap.permission.request", req_id: "p", risk_level: "high", tool: "rm" }] }],
  },
  facts: [
    { at: 500, fact: (at) => ({ type: "reply", at, request: "q2", value: "approve", by: "me" }) },
    { at: 1000, fact: (at) => ({ type: "reply", at, request: "q3", value: "approve", by: "me" }) },
  ],
}

const fold = (ir: Ir, facts: ReadonlyArray<Fact>): { readonly state: State; readonly events: ReadonlyArray<FleetEvent> } => {
  const events: Array<FleetEvent> = []
  const state = facts.reduce((before, fact) => {
    const next = step(ir, before, fact)
    events.push(...next.events)
    return next.state
  }, initialState(ir))
  return { state, events }
}

/** Does what commands ask for, at once, until nothing is left to do: drivers open, turns end well, requests are approved, timers fire. */
const carryOn = (
  ir: Ir,
  from: State,
  recovered: Fact,
): { readonly state: State; readonly events: ReadonlyArray<FleetEvent>; readonly opened: ReadonlyArray<string> } => {
  const events: Array<FleetEvent> = []
  const opened: Array<string> = []
  const timers = new Map<string, number>()
  const due: Array<Fact> = [recovered]
  let state = from
  const obey = (command: Command, at: number): void => {
    if (command.type === "session.open") {
      opened.push(command.session)
      due.push({ type: "session.opened", at, session: command.session })
    } else if (command.type === "turn.start")
      due.push({
        type: "turn.ended",
        at: at + 1,
        session: command.session,
        turn: command.turn,
        attempt: command.attempt,
        end: { stop: "end_turn" },
        text: "done",
      })
    else if (command.type === "timer.set") timers.set(command.timer, command.at)
    else if (command.type === "timer.clear") timers.delete(command.timer)
  }
  for (let steps = 0; steps < 1000; steps++) {
    let fact = due.shift()
    if (fact === undefined) {
      const open = state.requests.find((request) => request.open)
      const first = [...timers].sort(([, a], [, b]) => a - b)[0]
      if (open !== undefined) fact = { type: "reply", at: state.at, request: open.id, value: "approve", by: "me" }
      else if (first !== undefined) {
        timers.delete(first[0])
        fact = { type: "timer.fired", at: first[1], timer: first[0] }
      } else return { state, events, opened }
    }
    const next = step(ir, state, fact)
    state = next.state
    events.push(...next.events)
    for (const command of next.commands) obey(command, state.at)
  }
  throw new Error("the run does not come to an end")
}

describe("a run that is taken up again", () => {
  for (const effect of ["pure", "external"] as const)
    it(`comes to an end from wherever it was, ${effect}`, () => {
      const ir = of(effect)
      const { facts, events: whole } = play(ir, script)
      expect(whole.at(-1)).toMatchObject({ type: "run.ended", status: "failed", reason: "enough" })
      for (let length = 1; length <= facts.length; length++) {
        const before = fold(ir, facts.slice(0, length))
        if (before.state.phase === "ended") continue
        const recovered: Fact = { type: "run.recovered", at: before.state.at + 10, resumable: [] }
        const once = step(ir, before.state, recovered)
        const twice = step(ir, once.state, recovered)
        expect(twice.events).toEqual([])
        expect(twice.state.permits).toBe(twice.state.sessions.filter((one) => one.permit).size)
        expect(once.events.filter(({ type }) => type === "session.done" || type === "route.fired")).toEqual([])
        const { state, events, opened } = carryOn(ir, before.state, recovered)
        expect(state.phase).toBe("ended")
        expect(state.reserved).toEqual({ usd: 0, tokens: 0 })
        const all = [...before.events, ...events]
        expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1))
        const sum = (type: FleetEvent["type"]): number => all.filter((event) => event.type === type).length
        expect(sum("turn.started")).toBe(sum("turn.done") + sum("turn.failed") + sum("turn.cancelled"))
        expect(sum("request.opened")).toBe(sum("request.answered") + sum("request.withdrawn"))
        const asked = events.filter((event) => event.type === "session.needs_review").length
        expect(asked).toBe(effect === "external" && before.state.sessions.some((one) => one.current?.open === true) ? 1 : 0)
        expect(opened.length).toBeGreaterThanOrEqual(0)
        if (effect === "pure") expect(all.at(-1)).toMatchObject({ status: "failed", reason: "enough" })
      }
    })

  const said = (at: number, text: string) => ({ at, fact: (now: number): Fact => ({ type: "user.sent", at: now, session: "a", text }) })
  const died = { at: 20, fact: (now: number): Fact => ({ type: "run.recovered", at: now, resumable: [] }) }
  /** What the agent is told, attempt by attempt. */
  const hears = (played: Played) =>
    played.commands.flatMap((command) =>
      command.type === "turn.start" ? [`${command.turn}.${command.attempt} ${command.prompt}`] : command.type === "session.message" ? [command.text] : [],
    )
  const undelivered = (played: Played) => played.events.flatMap((event) => (event.type === "message.undeliverable" ? [event.at] : []))
  const one = (more: Partial<Session>): Ir => fleet([session("a", more)], ["a"], [])

  it("tells the next attempt what people said to the turn that broke off", () => {
    const played = play(one({ effect: "pure" }), {
      task: "go",
      sessions: { a: [{ after: 50 }, { after: 5 }] },
      facts: [said(10, "hurry"), said(11, "please"), died],
    })
    expect(hears(played)).toEqual(["1.1 go", "hurry", "please", "1.2 go", "hurry", "please"])
    expect([undelivered(played), played.events.at(-1)?.type]).toEqual([[], "run.ended"])
  })

  it("tells it as the next prompt where the new driver takes nothing during a turn", () => {
    const ir = one({ effect: "pure" })
    const { facts, steps } = play(ir, { task: "go", sessions: { a: [{ hang: true }] }, facts: [said(10, "hurry"), died] })
    const at = facts.findIndex(({ type }) => type === "run.recovered")
    const state = steps[at]?.state ?? initialState(ir)
    const later: ReadonlyArray<Fact> = [
      { type: "session.opened", at: 21, session: "a", takesMessages: false },
      { type: "turn.ended", at: 22, session: "a", turn: 1, attempt: 2, end: { stop: "end_turn" } },
    ]
    const { events } = later.reduce<{ readonly state: State; readonly events: ReadonlyArray<FleetEvent> }>(
      (before, fact) => {
        const next = step(ir, before.state, fact)
        return { state: next.state, events: [...before.events, ...next.events] }
      },
      { state, events: [] },
    )
    expect(events.flatMap((event) => (event.type === "turn.started" ? [`${event.turn}.${event.attempt} ${event.rule} ${event.prompt}`] : []))).toEqual([
      "1.2 start go",
      "2.1 user hurry",
    ])
  })

  it("says that it was not delivered when no attempt follows", () => {
    const rejected = { at: 30, fact: (now: number): Fact => ({ type: "reply", at: now, request: "q1", value: "reject", by: "me" }) }
    const asked = play(one({ effect: "external" }), { task: "go", sessions: { a: [{ hang: true }] }, facts: [said(10, "hurry"), died, rejected] })
    expect([hears(asked), undelivered(asked)]).toEqual([["1.1 go", "hurry"], [30]])
    const stopped = { at: 30, fact: (now: number): Fact => ({ type: "cancel", at: now, target: { kind: "fleet" }, reason: { code: "user" } }) }
    const cancelled = play(one({ effect: "external" }), { task: "go", sessions: { a: [{ hang: true }] }, facts: [said(10, "hurry"), died, stopped] })
    expect([hears(cancelled), undelivered(cancelled)]).toEqual([["1.1 go", "hurry"], [30]])
  })

  it("tells a retry too, but not the turn after one that heard it, and a failed attempt had heard it", () => {
    const failed = { kind: "driver_error", message: "no" } as const
    const twice = fleet([session("a", { retry })], ["a"], [rule(single(on("a")), send(["a"], { prompt: literal("again"), max: { count: 1 } }))])
    const again = play(twice, {
      task: "go",
      sessions: { a: [{ after: 20, fail: failed }, { after: 5, text: "fine" }, {}] },
      facts: [said(10, "hurry"), said(40, "more")],
    })
    expect(hears(again)).toEqual(["1.1 go", "hurry", "1.2 go", "hurry", "more", "2.1 again"])
    const over = play(one({}), { task: "go", sessions: { a: [{ after: 20, fail: failed }] }, facts: [said(10, "hurry")] })
    expect([hears(over), undelivered(over)]).toEqual([["1.1 go", "hurry"], []])
  })

  it("puts it before the correction that interrupts the turn", () => {
    const stop = { at: 15, fact: (now: number): Fact => ({ type: "user.sent", at: now, session: "a", text: "stop", interrupt: true }) }
    const played = play(one({}), { task: "go", sessions: { a: [{ hang: true }, {}] }, facts: [said(10, "hurry"), stop] })
    expect(hears(played)).toEqual(["1.1 go", "hurry", "2.1 go\n\nhurry\n\n--- correction ---\nstop"])
  })
})
