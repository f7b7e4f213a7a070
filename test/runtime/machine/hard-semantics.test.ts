/** The hard semantics of the systems this one covers, by number; those that need processes, journals or places are in the engine's file of the same name. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { AgentEvent, Fact, FleetEvent, State, Step } from "../../../runtime/machine/index.ts"
import { initialState, step } from "../../../runtime/machine/index.ts"
import type { FailureKind, Ir, Session } from "#ir"
import { fleet, join, on, rule, send, session, single } from "./fleet.ts"
import { play, told, type Played, type Script } from "./play.ts"

const [a, b, z] = [session("a"), session("b"), session("z")]
const failed = { kind: "driver_error", message: "no" } as const
const permission: AgentEvent = { kind: "cap.permission.request", req_id: "x", tool: "Bash", risk_level: "high" }
const question = (ask_id: string): AgentEvent => ({ kind: "cap.ask_user", ask_id, prompt: "?" })
const spent = (usd: number, mode: "delta" | "cumulative" = "delta"): AgentEvent => ({ kind: "cap.usage", mode, cost_usd_estimate: usd })
const at = (when: number, fact: (now: number) => Fact) => ({ at: when, fact })
const reply = (when: number, request: string, value: string) => at(when, (now) => ({ type: "reply", at: now, request, value, by: "me" }))
const cancel = (when: number, target: Extract<Fact, { type: "cancel" }>["target"], code: string, detail?: string) =>
  at(when, (now) => ({ type: "cancel", at: now, target, reason: { code, ...(detail === undefined ? {} : { detail }) } }))
const retry = (more: Partial<Session["retry"]> = {}): Session["retry"] => ({ attempts: 3, backoffMs: 100, factor: 2, jitter: false, ...more })
const of = (played: Played, ...types: ReadonlyArray<FleetEvent["type"]>) => played.events.filter(({ type }) => types.includes(type))
const at0 = (list: ReadonlyArray<FleetEvent>) => list.map((event) => `${event.at} ${"session" in event ? event.session : event.type}`)

const fold = (ir: Ir, list: ReadonlyArray<Fact>): { readonly steps: ReadonlyArray<Step>; readonly state: State } => {
  let state = initialState(ir)
  const steps = list.map((fact) => {
    const result = step(ir, state, fact)
    state = result.state
    return result
  })
  return { steps, state }
}
const terminals = new Set(["session.done", "session.failed", "session.cancelled"])
const turnEnds = new Set(["turn.done", "turn.failed", "turn.cancelled"])

describe("hard semantics", () => {
  it("1 wait does not eat frames", () => {
    const script: Script = {
      sessions: { a: [{ after: 20, events: [permission] }] },
      facts: [at(2, (now) => ({ type: "user.sent", at: now, session: "a", text: "hurry" })), reply(3, "q7", "allow_once"), reply(4, "q1", "allow_once")],
    }
    const played = play(fleet([a], ["a"], []), script)
    expect(played.rejections.map(({ code }) => code)).toEqual(["unknown_request"])
    expect(played.commands.filter(({ type }) => type === "session.message" || type === "session.answer")).toMatchObject([
      { text: "hurry" },
      { agentRequest: "x", reply: "allow_once" },
    ])
    expect(told(played).slice(-3)).toEqual(["request.answered", "session.done a", "run.ended succeeded"])
  })

  it("2 death while waiting", () => {
    const played = play(fleet([a], ["a"], []), {
      sessions: { a: [{ hang: true, events: [permission] }] },
      facts: [at(700, (now) => ({ type: "session.closed", at: now, session: "a" }))],
    })
    expect(of(played, "request.withdrawn", "session.failed")).toMatchObject([
      { at: 700, request: "q1" },
      { at: 700, error: { kind: "agent_exited" } },
    ])
  })

  it("3 exactly one terminal", () => {
    const ir = fleet([session("a", { timeoutMs: 50 })], ["a"], [])
    const begin: ReadonlyArray<Fact> = [
      { type: "run.begun", at: 0, run: "r", inputs: {} },
      { type: "session.opened", at: 0, session: "a" },
    ]
    const racers: ReadonlyArray<Fact> = [
      { type: "turn.ended", at: 9, session: "a", turn: 1, attempt: 1, end: { stop: "end_turn" } },
      { type: "turn.ended", at: 9, session: "a", turn: 1, attempt: 1, end: { error: failed } },
      { type: "timer.fired", at: 9, timer: "t1" },
      { type: "cancel", at: 9, target: { kind: "session", session: "a" }, reason: { code: "user" } },
      { type: "cancel", at: 9, target: { kind: "fleet" }, reason: { code: "shutdown" } },
      { type: "session.closed", at: 9, session: "a" },
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray([...racers, ...racers], { minLength: 2 }), (race) => {
        const events = fold(ir, [...begin, ...race]).steps.flatMap((one) => one.events)
        expect([
          events.filter(({ type }) => terminals.has(type)).length,
          events.filter(({ type }) => turnEnds.has(type)).length,
          events.filter(({ type }) => type === "run.ended").length,
        ]).toEqual([1, 1, 1])
      }),
      { numRuns: 1000 },
    )
  })

  it("5 delivered-or-failed routing", () => {
    const ir = fleet([a, b, z], ["z", "a", "b"], [rule(single(on("a")), send(["z"])), rule(single(on("b")), send(["z"]))])
    const played = play(ir, { sessions: { a: [{ after: 10 }], b: [{ after: 10 }], z: [{}, { after: 30 }] } })
    expect(at0(of(played, "turn.started").filter((event) => "session" in event && event.session === "z"))).toEqual(["0 z", "10 z", "40 z"])
    expect(of(played, "route.fired")).toHaveLength(2)
    const cut = play(ir, { sessions: { a: [{ after: 10 }], b: [{ after: 10 }], z: [{}, { after: 30 }] }, facts: [cancel(20, { kind: "fleet" }, "user")] })
    expect(of(cut, "session.cancelled")).toMatchObject([
      { session: "z", was: "working" },
      { session: "z", was: "queued" },
    ])
  })

  it("6 join with a failed member", () => {
    const sessions = [a, b, z, session("after")]
    const chain = rule(single(on("z")), send(["after"]))
    const script: Script = { sessions: { a: [{ fail: failed }], b: [{ after: 9 }] } }
    const all = play(fleet(sessions, ["a", "b"], [rule(join("all", on("a"), on("b")), send(["z"])), chain]), script)
    expect(of(all, "session.skipped")).toMatchObject([
      { session: "z", reason: "upstream" },
      { session: "after", reason: "upstream" },
    ])
    for (const trigger of [join("any", on("a"), on("b")), join("all", on("a", "settled"), on("b", "settled"))]) {
      const played = play(fleet(sessions, ["a", "b"], [rule(trigger, send(["z"])), chain]), script)
      expect([of(played, "route.fired").length, of(played, "session.skipped").length]).toEqual([2, 0])
    }
  })

  it("7 re-fire discipline", () => {
    const say = (when: number, text: string) => at(when, (now) => ({ type: "user.sent", at: now, session: "a", text }))
    const played = play(fleet([a, z, session("hold")], ["a", "hold"], [rule(single(on("a")), send(["z"]))]), {
      sessions: { a: [{ text: "one" }, { text: "two" }, { text: "three" }], hold: [{ after: 90 }] },
      facts: [say(20, "again"), say(40, "again")],
    })
    expect(played.events.flatMap((event) => (event.type === "turn.started" && event.session === "z" ? [event.prompt] : []))).toEqual(
      ["one", "two", "three"].map((text) => `--- output from a ---\n${text}`),
    )
    const once = play(fleet([a, z, session("hold")], ["a", "hold"], [rule(single(on("a")), send(["z"], { max: { count: 1 } }))]), {
      sessions: { a: [{ text: "one" }, { text: "two" }, { text: "three" }], hold: [{ after: 90 }] },
      facts: [say(20, "again"), say(40, "again")],
    })
    expect(of(once, "route.fired", "route.declined").map(({ type }) => type)).toEqual(["route.fired", "route.declined", "route.declined"])
    expect(once.events.flatMap((event) => (event.type === "turn.started" && event.session === "z" ? [event.prompt] : []))).toEqual([
      "--- output from a ---\none",
    ])
  })

  it("8 partial batch resume", () => {
    const script = (...facts: NonNullable<Script["facts"]>): Script => ({ sessions: { a: [{ after: 50, events: ["x", "y", "z"].map(question) }] }, facts })
    const some = play(fleet([a], ["a"], []), script(reply(2, "q2", "2"), reply(3, "q2", "again"), reply(4, "q8", "?")))
    expect(some.rejections.map(({ code }) => code)).toEqual(["already_answered", "unknown_request"])
    expect(some.steps.find(({ events }) => events[0]?.type === "request.answered")?.state.sessions.get("a")).toMatchObject({
      status: "waiting",
      requests: ["q1", "q3"],
    })
    expect(of(some, "request.withdrawn")).toHaveLength(2)
    const all = play(fleet([a], ["a"], []), script(reply(2, "q3", "3"), reply(3, "q2", "2"), reply(4, "q1", "1")))
    expect(all.commands.flatMap((command) => (command.type === "session.answer" ? [command.reply] : []))).toEqual(["1", "2", "3"])
  })

  it("9 stale reply", () => {
    const played = play(fleet([session("a", { retry: retry({ attempts: 2, backoffMs: 5 }) })], ["a"], []), {
      sessions: {
        a: [
          { after: 9, events: [question("x")], fail: failed },
          { after: 50, events: [question("x")] },
        ],
      },
      facts: [reply(30, "q1", "late"), reply(31, "q2", "yes")],
    })
    expect(of(played, "request.opened")).toMatchObject([{ request: "q1" }, { request: "q2" }])
    expect(played.rejections.map(({ code }) => code)).toEqual(["not_waiting"])
    expect(played.commands.flatMap((command) => (command.type === "session.answer" ? [command.reply] : []))).toEqual(["yes"])
  })

  it("10 terminal state is absorbing", () => {
    const ir = fleet([a], ["a"], [])
    const done = play(ir)
    const late: ReadonlyArray<Fact> = done.facts
      .flatMap((fact) => [{ ...fact, at: 999 }])
      .concat([
        { type: "resume", at: 999 },
        { type: "user.sent", at: 999, session: "a", text: "more" },
      ])
    fc.assert(
      fc.property(fc.shuffledSubarray([...late]), (facts) => {
        let { state } = done
        for (const fact of facts) {
          const next = step(ir, state, fact)
          expect([next.events, next.commands, next.state]).toEqual([[], [], done.state])
          state = next.state
        }
      }),
      { numRuns: 200 },
    )
    // a run that is paused and resumed while its last turn ends, fails, dies and is cancelled
    const racers: ReadonlyArray<Fact> = [
      { type: "pause", at: 9 },
      { type: "resume", at: 9 },
      { type: "resume", at: 9 },
      { type: "turn.ended", at: 9, session: "a", turn: 1, attempt: 1, end: { stop: "end_turn" } },
      { type: "session.closed", at: 9, session: "a" },
      { type: "cancel", at: 9, target: { kind: "fleet" }, reason: { code: "user" } },
      { type: "run.recovered", at: 9, resumable: [] },
    ]
    const begun: ReadonlyArray<Fact> = [
      { type: "run.begun", at: 0, run: "r", inputs: {} },
      { type: "session.opened", at: 0, session: "a" },
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray([...racers], { minLength: racers.length }), (race) => {
        const { steps, state } = fold(ir, [...begun, ...race])
        const end = steps.findIndex(({ events }) => events.some(({ type }) => type === "run.ended"))
        expect(end).toBeGreaterThan(0)
        expect(steps.slice(end + 1).flatMap((one) => [...one.events, ...one.commands])).toEqual([])
        expect(state).toEqual(steps[end]?.state)
      }),
      { numRuns: 1000 },
    )
  })

  it.each<readonly [string, Script, Partial<Session>, string]>([
    ["queued", {}, {}, "queued"],
    ["running", { sessions: { a: [{ hang: true }] } }, { priority: 1 }, "working"],
    ["waiting", { sessions: { a: [{ hang: true, events: [permission] }] } }, { priority: 1 }, "waiting"],
    ["between attempts", { sessions: { a: [{ fail: failed }] } }, { priority: 1, retry: retry() }, "starting"],
    [
      "paused",
      { sessions: { a: [{ fail: failed }] }, facts: [at(3, (now) => ({ type: "pause", at: now }))] },
      { priority: 1, retry: retry({ backoffMs: 3 }) },
      "queued",
    ],
    ["finishing", { sessions: { a: [{ text: "done" }] } }, { priority: 1 }, "working"],
  ])("11 cancel reason survives: %s", (name, script, more, was) => {
    // finishing: a plugin is asked what follows
    const mode = name === "finishing" ? { mode: { use: "llm", with: null } } : {}
    const ir = fleet([session("a", more), session("busy")], ["busy", "a"], [], { limits: { parallel: name === "queued" ? 1 : 2 }, ...mode })
    const facts = [
      ...(script.facts ?? []),
      cancel(9, { kind: "session", session: "a" }, "timeout", "took too long"),
      cancel(9, { kind: "session", session: "a" }, "user"),
      cancel(12, { kind: "fleet" }, "shutdown"),
    ]
    const played = play(ir, { sessions: { busy: [{ hang: true }], ...script.sessions }, facts })
    expect(of(played, "session.cancelled").filter((event) => "session" in event && event.session === "a")).toMatchObject([
      { at: 9, reason: { code: "timeout", detail: "took too long" }, was },
    ])
  })

  it("12 scoped cancel", () => {
    const hang = { a: [{ hang: true }, { after: 5 }], b: [{ hang: true }] }
    const ir = fleet([a, b], ["a", "b"], [rule(single(on("a", "started")), send(["a"], { max: { count: 1 } }))])
    const turn = play(ir, { sessions: hang, facts: [cancel(9, { kind: "turn", session: "a" }, "user"), cancel(40, { kind: "fleet" }, "user")] })
    expect(told(turn).filter((line) => /^(session\.(done|cancelled)|turn\.cancelled)/.test(line))).toEqual([
      "turn.cancelled a",
      "session.cancelled a",
      "session.done a",
      "turn.cancelled b",
      "session.cancelled b",
    ])
    const whole = play(ir, { sessions: hang, facts: [cancel(9, { kind: "session", session: "a" }, "user"), cancel(40, { kind: "fleet" }, "user")] })
    expect(at0(of(whole, "session.cancelled"))).toEqual(["9 a", "9 a", "40 b"])
    expect(whole.commands.filter(({ type }) => type === "session.close")).toHaveLength(whole.commands.filter(({ type }) => type === "session.open").length)
    expect(whole.events.at(-1)).toMatchObject({ type: "run.ended", status: "cancelled", at: 40 })
  })

  it("13 non-blocking routing", () => {
    const ir = fleet([a, b, z], ["a", "b"], [rule(single(on("a")), { kind: "use", plugin: { use: "llm", with: null } })])
    const played = play(ir, {
      sessions: { b: [{ after: 10 }] },
      routed: { after: 60_000, actions: [{ to: "z" }] },
      facts: [cancel(30, { kind: "fleet" }, "user")],
    })
    expect(of(played, "session.done")).toMatchObject([
      { session: "a", at: 1 },
      { session: "b", at: 10 },
    ])
    expect(played.events.at(-1)).toMatchObject({ type: "run.ended", at: 30 })
  })

  it("14 crash is not success: no end but a good one fires `done`, and each is routed for itself", () => {
    const ends: ReadonlyArray<readonly [Extract<Fact, { type: "turn.ended" }>["end"] | "silence", FailureKind | "cancelled"]> = [
      ["silence", "agent_exited"],
      [{ error: { kind: "agent_exited", message: "" } }, "agent_exited"],
      [{ stop: "max_tokens" }, "max_tokens"],
      [{ stop: "max_turns" }, "max_turns"],
      [{ stop: "refusal" }, "driver_error"],
      [{ stop: "error" }, "driver_error"],
      [{ stop: "cancelled" }, "cancelled"],
    ]
    const kinds: ReadonlyArray<FailureKind> = ["agent_exited", "max_tokens", "max_turns", "driver_error"]
    const ir = fleet(
      [a, z, ...kinds.map((kind) => session(kind)), session("cancelled")],
      ["a"],
      [
        rule(single(on("a")), send(["z"])),
        ...kinds.map((kind) => rule(single({ source: "session", session: "a", event: "failed", kinds: [kind] }), send([kind]))),
        rule(single(on("a", "cancelled")), send(["cancelled"])),
      ],
    )
    for (const [end, reached] of ends) {
      const { steps } = fold(ir, [
        { type: "run.begun", at: 0, run: "r", inputs: {} },
        { type: "session.opened", at: 0, session: "a" },
        end === "silence" ? { type: "session.closed", at: 1, session: "a" } : { type: "turn.ended", at: 1, session: "a", turn: 1, attempt: 1, end },
      ])
      const events = steps.flatMap((one) => one.events)
      expect(events.find(({ type }) => type === "session.failed" || type === "session.cancelled")).toMatchObject(
        reached === "cancelled" ? { type: "session.cancelled" } : { error: { kind: reached } },
      )
      expect(events.flatMap((event) => (event.type === "route.fired" ? event.to : []))).toEqual([reached])
    }
  })

  it("16 budget over cumulative and delta usage", () => {
    const ir = fleet([a, b], ["a", "b"], [], { budget: { usd: 0.05 } })
    const figures = (mode: "delta" | "cumulative") => [0.01, 0.02, 0.03].map((usd) => spent(usd, mode))
    expect(play(ir, { sessions: { a: [{ after: 9, events: figures("cumulative") }] } }).events.at(-1)).toMatchObject({
      status: "succeeded",
      usage: { usd: 0.03 },
    })
    const over = play(ir, { sessions: { a: [{ after: 9, events: figures("delta") }], b: [{ hang: true }] } })
    expect(of(over, "session.failed")).toMatchObject([
      { session: "a", error: { kind: "budget_exceeded" } },
      { session: "b", error: { kind: "budget_exceeded" } },
    ])
    expect(over.events.at(-1)).toMatchObject({ status: "failed", usage: { usd: 0.06 } })
  })

  it("17 reservation refund", () => {
    const own = { budget: { usd: 0.4 }, retry: retry({ attempts: 2, backoffMs: 5 }) }
    const ir = fleet([session("a", own), session("b", own)], ["a", "b"], [], { budget: { usd: 1 } })
    const begin: ReadonlyArray<Fact> = [{ type: "run.begun", at: 0, run: "r", inputs: {} }]
    const held = fold(ir, begin).state
    expect(held.reserved.usd).toBe(0.8)
    const refused = fold(ir, [...begin, ...["a", "b"].map((id): Fact => ({ type: "session.refused", at: 1, session: id, error: failed }))]).state
    expect([refused.reserved.usd, refused.usd]).toEqual([0, 0])
    const gates: ReadonlyArray<readonly [string, ReadonlyArray<Fact>]> = [
      [
        "the policy of its prompt",
        [
          { type: "session.opened", at: 1, session: "a" },
          { type: "policy.answered", at: 2, request: "q1", session: "a", denied: "no" },
        ],
      ],
      ["a cancel while its driver comes up", [{ type: "cancel", at: 1, target: { kind: "session", session: "a" }, reason: { code: "user" } }]],
      ["the end of the run", [{ type: "cancel", at: 1, target: { kind: "fleet" }, reason: { code: "user" } }]],
      [
        "a process that dies",
        [
          { type: "session.opened", at: 1, session: "a" },
          { type: "run.recovered", at: 2, resumable: [] },
          { type: "cancel", at: 3, target: { kind: "fleet" }, reason: { code: "user" } },
        ],
      ],
      [
        "a breakpoint",
        [
          { type: "breakpoint", at: 1, action: "set", session: "a" },
          { type: "session.refused", at: 2, session: "a", error: failed },
          { type: "timer.fired", at: 7, timer: "t1" },
          { type: "cancel", at: 8, target: { kind: "session", session: "a" }, reason: { code: "user" } },
        ],
      ],
    ]
    for (const [gate, facts] of gates) {
      const { steps, state } = fold(fleet([session("a", own)], ["a"], [], { budget: { usd: 1 } }), [
        { type: "run.begun", at: 0, run: "r", inputs: {}, policed: gate.startsWith("the policy") ? ["prompt"] : [] },
        ...facts,
      ])
      expect(steps[0]?.state.reserved.usd, gate).toBe(0.4)
      expect([state.reserved, state.usd, state.permits], gate).toEqual([{ usd: 0, tokens: 0 }, 0, 0])
      expect(
        steps.flatMap(({ events }) => events).some(({ type }) => type === "session.failed" || type === "session.cancelled"),
        gate,
      ).toBe(true)
    }
    const played = play(ir, {
      sessions: {
        a: [{ events: [spent(0.1)], fail: failed }, { events: [spent(0.2)] }],
        b: [{ events: [spent(0.05)], fail: { kind: "policy_denied", message: "" } }],
      },
    })
    expect([played.state.usd, played.state.reserved]).toEqual([0.35, { usd: 0, tokens: 0 }])
  })

  it("18 lease fencing: what an attempt that is over still says changes nothing, and a poisonous turn is given up", () => {
    const ir = fleet([session("a", { retry: retry({ backoffMs: 5 }) })], ["a"], [])
    const lost: Extract<Fact, { type: "turn.ended" }>["end"] = { error: { kind: "lease_lost", message: "" } }
    const open = (when: number): Fact => ({ type: "session.opened", at: when, session: "a" })
    const ended = (when: number, attempt: number, end: Extract<Fact, { type: "turn.ended" }>["end"]): Fact => ({
      type: "turn.ended",
      at: when,
      session: "a",
      turn: 1,
      attempt,
      end,
    })
    const late = fold(ir, [
      { type: "run.begun", at: 0, run: "r", inputs: {} },
      open(0),
      ended(1, 1, lost),
      { type: "session.closed", at: 1, session: "a" },
      { type: "timer.fired", at: 6, timer: "t1" },
      open(6),
      ended(7, 1, { stop: "end_turn" }),
    ])
    expect(late.steps.at(-1)?.events).toEqual([])
    expect(late.state.sessions.get("a")).toMatchObject({ status: "working", current: { attempt: 2 } })
    // what kills its process again and again is not begun for ever
    let deadly = fold(fleet([session("a", { effect: "pure" })], ["a"], []), [{ type: "run.begun", at: 0, run: "r", inputs: {} }])
    const lives: Array<FleetEvent> = []
    for (let when = 1; when < 40 && deadly.state.phase !== "ended"; when++) {
      const fact: Fact = when % 2 === 1 ? open(when) : { type: "run.recovered", at: when, resumable: [] }
      const next = step(fleet([session("a", { effect: "pure" })], ["a"], []), deadly.state, fact)
      lives.push(...next.events)
      deadly = { steps: [], state: next.state }
    }
    expect([lives.filter(({ type }) => type === "turn.started").length, lives.find(({ type }) => type === "session.failed")]).toMatchObject([
      10,
      { error: { kind: "lease_lost" } },
    ])
    const poison = play(ir, { sessions: { a: [1, 2, 3, 4].map(() => ({ fail: { kind: "lease_lost", message: "" } as const })) } })
    expect([of(poison, "turn.started").length, of(poison, "session.failed")[0]]).toMatchObject([3, { error: { kind: "lease_lost" } }])
  })

  it("19 retry formula", () => {
    const ir = fleet([session("a", { retry: retry() })], ["a"], [])
    const twice = play(ir, { sessions: { a: [{ fail: failed }, { fail: failed }, {}] } })
    expect(of(twice, "session.retrying")).toMatchObject([
      { delay_ms: 100, attempt: 2 },
      { delay_ms: 200, attempt: 3 },
    ])
    expect(at0(of(twice, "turn.started"))).toEqual(["0 a", "101 a", "302 a"])
    const late = play(fleet([session("a", { retry: retry() })], ["a"], [], { budget: { wallMs: 150 } }), {
      sessions: { a: [{ fail: failed }, { hang: true }] },
    })
    expect(of(late, "session.failed")).toMatchObject([{ at: 150, error: { kind: "budget_exceeded" } }])
  })

  it("20 backpressure fairness", () => {
    const big = fleet([session("a", { budget: { usd: 9 } }), session("b", { budget: { usd: 9 } })], ["a", "b"], [], { budget: { usd: 1 } })
    const played = play(big, { sessions: { a: [{ after: 10, events: [spent(0.6)] }], b: [{ after: 10, events: [spent(0.3)] }] } })
    expect(at0(of(played, "turn.started"))).toEqual(["0 a", "10 b"])
    expect(told(played).at(-1)).toBe("run.ended succeeded")
  })

  it("22 compensation atomicity", () => {
    const ir = fleet(
      [session("a", { compensate: "ua" }), session("b", { compensate: "ub" }), z, session("ua"), session("ub")],
      ["a"],
      [rule(single(on("a")), send(["b"])), rule(single(on("b")), send(["z"]))],
    )
    const played = play(ir, { sessions: { z: [{ fail: failed }], ub: [{ after: 20, fail: failed }] } })
    const deciding = played.steps.find(({ events }) => events.some((event) => event.type === "session.failed" && event.session === "z"))
    expect(deciding?.events.map(({ type }) => type)).toContain("session.compensating")
    expect(deciding?.state).toMatchObject({ phase: "undoing", compensation: { current: "b" } })
    expect(deciding?.state.compensation.queue.toArray()).toEqual(["a"])
    expect(told(played).filter((line) => /compens|review|run.ended/.test(line))).toEqual([
      "session.compensating b",
      "session.needs_review b",
      "session.compensating a",
      "session.compensated a",
      "run.ended needs_review",
    ])
  })

  it("22 compensation that is cancelled leaves everything not yet undone to people", () => {
    const ir = fleet(
      [session("a", { compensate: "ua" }), session("b", { compensate: "ub" }), z, session("ua"), session("ub")],
      ["a"],
      [rule(single(on("a")), send(["b"])), rule(single(on("b")), send(["z"]))],
    )
    const played = play(ir, { sessions: { z: [{ fail: failed }], ub: [{ hang: true }] }, facts: [cancel(50, { kind: "fleet" }, "user")] })
    expect(of(played, "session.needs_review")).toMatchObject([
      { session: "a", at: 50 },
      { session: "b", at: 50 },
    ])
    expect(played.events.at(-1)).toMatchObject({ type: "run.ended", status: "needs_review", at: 50 })
  })

  it("25 workspace safety: a later session starts from what its trigger made, and candidates are kept until one is picked", () => {
    const ir = fleet([a, session("z", { from: { kind: "trigger" } })], ["a"], [rule(single(on("a")), send(["z"]))])
    expect(play(ir).commands.find((command) => command.type === "session.open" && command.session === "z")).toMatchObject({
      from: { kind: "branch", branch: "a" },
    })
    const select = fleet([a, b], ["a", "b"], [rule(join("all", on("a"), on("b")), { kind: "select", from: ["a", "b"] })])
    const kept = play(select).commands.flatMap((command) => (command.type === "session.close" ? [command.workspace] : []))
    expect(kept).toEqual(["keep", "keep"])
    expect(play(select, { facts: [reply(9, "q1", "b")] }).commands.flatMap((command) => (command.type === "session.close" ? [command.workspace] : []))).toEqual(
      ["keep", "keep", "release", "release"],
    )
  })
})
