import { describe, expect, it } from "vitest"
import type { Json } from "#ir"
import type { Fact, FleetEvent, State, Step } from "../../../runtime/machine/index.ts"
import { decodeState, encodeState, initialState, step } from "../../../runtime/machine/index.ts"
import { fleet, instances, join, on, rule, send, session, single } from "./fleet.ts"

const ids = ["a", "b", "c", "w"]
const sessions = ids.map((id) => session(id, { instances: id === "w" }))
const router = { use: "router", with: {} }
const asks = rule(single(on("a")), { kind: "use", plugin: router })

/** Folds facts; sessions say `ok` as soon as they are asked, and routers get the answers given. */
const run = (ir: ReturnType<typeof fleet>, answers: ReadonlyArray<Json>, more: { readonly fails?: ReadonlyArray<string>; readonly replay?: boolean } = {}) => {
  const events: Array<FleetEvent> = []
  const asked: Array<string> = []
  let state: State = initialState(ir)
  const queue: Array<Fact> = [{ type: "run.begun", at: 0, run: "r", inputs: {}, task: "go" }]
  let rejected: Step["rejection"]
  for (let fact = queue.shift(); fact !== undefined; fact = queue.shift()) {
    const { state: next, events: told, commands, rejection } = step(ir, more.replay === true ? (decodeState(encodeState(state)) ?? state) : state, fact)
    state = next
    rejected = rejection ?? rejected
    events.push(...told)
    for (const command of commands) {
      if (command.type === "session.open") queue.push({ type: "session.opened", at: 0, session: command.session })
      if (command.type === "session.close") queue.push({ type: "session.closed", at: 0, session: command.session })
      if (command.type === "turn.start") {
        const end =
          more.fails?.includes(command.session) === true ? ({ error: { kind: "driver_error", message: "no" } } as const) : ({ stop: "end_turn" } as const)
        queue.push({ type: "turn.ended", at: 0, session: command.session, turn: command.turn, attempt: command.attempt, end, text: "ok" })
      }
      if (command.type === "route.ask") {
        const answer = answers[asked.length]
        asked.push(`${command.session} ${command.stop} ${command.rule}`)
        const given = Array.isArray(answer) ? { actions: answer as ReadonlyArray<Json> } : { error: { kind: "routing_error", message: "it threw" } as const }
        queue.push({ type: "plugin.routed", at: 0, request: command.request, answer: answer === undefined ? { actions: [] } : given })
      }
    }
  }
  const told = events
    .filter(({ type }) =>
      ["session.done", "session.failed", "route.fired", "route.failed", "turn.started", "run.ended", "request.opened", "session.skipped"].includes(type),
    )
    .map((event) =>
      [
        event.type,
        "session" in event
          ? event.session
          : "rule" in event
            ? event.rule
            : "status" in event
              ? event.status
              : event.type === "request.opened"
                ? event.kind
                : "",
      ].join(" "),
    )
  return { told, asked, state, events, rejected, reason: events.find((event) => event.type === "run.ended") }
}

describe("a plugin that a rule uses", () => {
  it("is asked once, and its answer is what happens", () => {
    const { told, asked } = run(fleet(sessions, ["a"], [asks]), [[{ send: ["b", "c"], prompt: "look" }]])
    expect(asked).toEqual(["a end_turn r1"])
    expect(told).toEqual([
      "turn.started a",
      "session.done a",
      "route.fired r1",
      "turn.started b",
      "turn.started c",
      "session.done b",
      "session.done c",
      "run.ended succeeded",
    ])
  })

  it("may have nothing to say", () => {
    expect(run(fleet(sessions, ["a"], [asks]), [[]]).told).toEqual(["turn.started a", "session.done a", "route.fired r1", "run.ended succeeded"])
  })

  it.each<[string, ReadonlyArray<Json> | Json, string]>([
    ["throws", "no list", "it threw"],
    ["names a session that is not there", [{ send: "x" }], 'the fleet has no session "x"'],
    ["is wrong in its second part: nothing of it happens", [{ send: "b" }, { send: "x" }], "action 2 of the answer"],
    ["tries to widen permissions", [{ send: "b", permissions: "bypass" }], 'the unknown key "permissions"; a plugin says who works next'],
    ["brings a driver of its own", [{ send: "b", driver: "shell" }], 'the unknown key "driver"'],
    ["wants two things at once", [{ send: "b", complete: true }], "more than one of send, select, complete, fail"],
    ["says nothing that is known", [{ go: "b" }], "none of send, select, complete, fail"],
    ["gives a text", ["b"], "it is no record"],
    ["gives a prompt that is no text", [{ send: "b", prompt: 5 }], "`prompt` is no text"],
    ["gives a prompt too long", [{ send: "b", prompt: "x".repeat(1_000_001) }], "longer than 1000000"],
    ["sends to what exists only as instances", [{ send: "w" }], "only as instances"],
    ["names a session twice", [{ send: ["b", "b"] }], "names a session twice"],
    ["floods", Array.from({ length: 101 }, () => ({ send: "b" })), "101 actions, more than 100"],
  ])("fails the route when it %s", (_, answer, message) => {
    const { told, events } = run(fleet(sessions, ["a"], [asks]), [answer])
    expect(told).toEqual(["turn.started a", "session.done a", "route.failed r1", "run.ended failed"])
    expect(events.find((event) => event.type === "route.failed")).toMatchObject({ error: { kind: "routing_error", message: expect.stringContaining(message) } })
  })

  it("begins instances of dynamic sessions: those of one answer are one fan-out, whose rules wait for all of them", () => {
    const dynamic = [...sessions.map((one) => (one.id === "w" ? { ...one, dynamic: 3 } : one))]
    const joined = rule(instances(on("w"), "all"), send(["c"]))
    const answer = [{ send: ["b", "w"], prompt: "one" }, { send: "w", prompt: "two" }, { send: "w" }]
    const { told, events, asked } = run(fleet(dynamic, ["a"], [asks, joined]), [answer], { replay: true })
    expect(asked).toHaveLength(1)
    expect(told.filter((line) => /^turn|^run/u.test(line))).toEqual([
      "turn.started a",
      ...["b", "w[0]", "w[1]", "w[2]"].map((id) => `turn.started ${id}`),
      "turn.started c",
      "run.ended succeeded",
    ])
    const prompts = events.flatMap((event) => (event.type === "turn.started" && event.session.startsWith("w[") ? [event.prompt] : []))
    expect(prompts).toEqual(["one", "two", "go\n\n--- output from a ---\nok"])
  })

  it("begins no more of them in a run than the fleet declares, and then nothing of the answer happens", () => {
    const dynamic = [...sessions.map((one) => (one.id === "w" ? { ...one, dynamic: 3 } : one))]
    const again = rule(single(on("b")), { kind: "use", plugin: router })
    const [two, both] = [
      [{ send: ["b", "w"] }, { send: "w" }],
      [{ send: "w" }, { send: "c" }, { send: "w" }],
    ]
    const { told, events } = run(fleet(dynamic, ["a"], [asks, again]), [two, both], { replay: true })
    expect(told.filter((line) => line.startsWith("turn.started"))).toEqual(["a", "b", "w[0]", "w[1]"].map((id) => `turn.started ${id}`))
    expect(events.find((event) => event.type === "route.failed")).toMatchObject({
      error: { kind: "routing_error", message: expect.stringContaining('begins more of "w" than the 3 of a run that the fleet allows') },
    })
    expect(run(fleet(dynamic, ["a"], [asks]), [[{ select: ["w"] }]]).told).toContain("route.failed r1")
  })

  it("lets people choose, complete and fail", () => {
    expect(run(fleet(sessions, ["a"], [asks]), [[{ complete: true }]]).told.at(-1)).toBe("run.ended succeeded")
    const failed = run(fleet(sessions, ["a"], [asks]), [[{ fail: "not good" }]])
    expect(failed.reason).toMatchObject({ status: "failed", reason: "not good" })
    expect(run(fleet(sessions, ["a"], [asks]), [[{ select: ["b", "c"] }]]).told).toContain("request.opened selection")
  })

  it("never ends a run of plugins that send to each other for ever", () => {
    const loop = fleet(sessions, ["a"], [asks])
    const { told, reason } = run(
      loop,
      Array.from({ length: 10_001 }, () => [{ send: "a" }]),
    )
    expect(told.filter((line) => line === "session.done a")).toHaveLength(10_001)
    expect(reason).toMatchObject({ status: "failed", reason: expect.stringContaining("10000 times") })
  })

  it("keeps sessions that only it would start from being skipped", () => {
    const ir = fleet(sessions, ["a", "c"], [asks, rule(join("all", on("b"), on("c")), send(["a"]))])
    const { told } = run(ir, [[{ send: "b" }]], { fails: ["c"] })
    expect(told.filter((line) => line.startsWith("session.skipped"))).toEqual([])
  })
})

describe("a mode", () => {
  const mode = (use: string) => ({ mode: { use, with: {} } })

  it("of a model: the session is done once it is known what follows", () => {
    const { told, asked } = run(fleet(sessions, ["a"], [], mode("llm")), [[{ send: "b" }], []])
    expect(asked).toEqual(["a end_turn mode", "b end_turn mode"])
    expect(told).toEqual([
      "turn.started a",
      "session.done a",
      "route.fired mode",
      "turn.started b",
      "session.done b",
      "route.fired mode",
      "run.ended succeeded",
    ])
  })

  it("whose answer is wrong: the session has failed, and never was done", () => {
    const { told, events } = run(fleet(sessions, ["a"], [], mode("llm")), [[{ send: "x" }]])
    expect(told).toEqual(["turn.started a", "session.failed a", "route.fired mode", "run.ended failed"])
    expect(events.find((event) => event.type === "session.failed")).toMatchObject({ error: { kind: "routing_error" } })
  })

  it("of a model alone passes rules over; hybrid asks only where none does anything", () => {
    const rules = [rule(single(on("a")), send(["b"]))]
    expect(run(fleet(sessions, ["a"], rules, mode("llm")), [[]]).told).not.toContain("turn.started b")
    const hybrid = run(fleet(sessions, ["a"], rules, mode("hybrid")), [[{ send: "c" }], []])
    expect(hybrid.asked).toEqual(["b end_turn mode", "c end_turn mode"])
    expect(run(fleet(sessions, ["a"], rules, mode("router")), [[]]).asked).toEqual(["b end_turn mode"])
  })

  it("hybrid asks where a join still waits", () => {
    const rules = [rule(join("all", on("a"), on("b")), send(["c"]))]
    const { asked, told } = run(fleet(sessions, ["a"], rules, mode("hybrid")), [[{ send: "b" }], []])
    expect(asked).toEqual(["a end_turn mode", "c end_turn mode"])
    expect(told.slice(0, 4)).toEqual(["turn.started a", "session.done a", "route.fired mode", "turn.started b"])
  })

  it("is asked about failures: an answer with actions takes care of one, an empty one does not", () => {
    const ir = fleet(sessions, ["a"], [], mode("router"))
    const handled = run(ir, [[{ send: "b" }], []], { fails: ["a"] })
    expect(handled.asked).toEqual(["a failed mode", "b end_turn mode"])
    expect(handled.told.at(-1)).toBe("run.ended succeeded")
    expect(run(ir, [[]], { fails: ["a"] }).told.at(-1)).toBe("run.ended failed")
  })

  it("survives a state that is written down and read back at every step", () => {
    const ir = fleet(sessions, ["a"], [rule(instances(on("w"), "all"), send(["c"]))], mode("hybrid"))
    const answers = [[{ send: "b" }], [{ send: "c" }], []]
    expect(run(ir, answers, { replay: true }).told).toEqual(run(ir, answers).told)
  })

  it("asks again what was not answered when the run stopped", () => {
    const ir = fleet(sessions, ["a"], [], mode("llm"))
    let state = initialState(ir)
    const facts: ReadonlyArray<Fact> = [
      { type: "run.begun", at: 0, run: "r", inputs: {} },
      { type: "session.opened", at: 0, session: "a" },
      { type: "turn.ended", at: 0, session: "a", turn: 1, attempt: 1, end: { stop: "end_turn" }, text: "ok" },
    ]
    for (const fact of facts) state = step(ir, state, fact).state
    const recovered = step(ir, state, { type: "run.recovered", at: 1, resumable: [] })
    expect(recovered.commands.filter(({ type }) => type === "route.ask")).toMatchObject([{ request: "q1", session: "a", stop: "end_turn" }])
    expect(recovered.commands.filter(({ type }) => type === "session.open")).toEqual([])
    const answered = step(ir, recovered.state, { type: "plugin.routed", at: 2, request: "q1", answer: { actions: [] } })
    expect(answered.events.map(({ type }) => type)).toEqual(["session.done", "route.fired", "run.ended"])
    expect(step(ir, answered.state, { type: "plugin.routed", at: 3, request: "q1", answer: { actions: [] } }).rejection).toMatchObject({ code: "run_ended" })
  })
})
