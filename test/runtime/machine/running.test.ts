import { describe, expect, it } from "vitest"
import type { Ir } from "#ir"
import type { Fact } from "../../../runtime/machine/index.ts"
import { expression, fleet, instances, join, literal, on, rule, send, session, single } from "./fleet.ts"
import { play, told, type Script } from "./play.ts"

const [a, b, z] = [session("a"), session("b"), session("z")]
const driverError = { kind: "driver_error", message: "boom" } as const

interface Case {
  readonly name: string
  readonly ir: Ir
  readonly script?: Script
  /** In this order, others between. */
  readonly order: ReadonlyArray<string>
  readonly never?: ReadonlyArray<string>
}

const ok = { type: { kind: "record", fields: { n: { type: { kind: "integer" }, optional: false } }, open: false } } as const
const lead = session("lead", { output: { type: { kind: "list", item: { kind: "string" } } } })
const worker = session("worker", { instances: true, output: ok })
const fan = (limit?: number) =>
  rule(single(on("lead")), {
    kind: "for",
    variable: "t",
    list: expression({ op: "session", session: "lead", property: "output" }),
    ...(limit === undefined ? {} : { limit }),
    send: send(["worker"], { prompt: expression({ op: "variable", name: "t" }) }),
  })

const cases: ReadonlyArray<Case> = [
  {
    name: "a pipeline",
    ir: fleet([a, b], ["a"], [rule(single(on("a")), send(["b"]))]),
    order: [
      "run.started",
      "session.started a",
      "turn.started a 1.1",
      "session.done a",
      "route.fired r1 a -> b",
      "turn.started b 1.1",
      "session.done b",
      "run.ended succeeded",
    ],
  },
  {
    name: "a join of all",
    ir: fleet([a, b, z], ["a", "b"], [rule(join("all", on("a"), on("b")), send(["z"]))]),
    script: { sessions: { a: [{ after: 10 }], b: [{ after: 3 }] } },
    order: ["session.done b", "session.done a", "route.fired r1 a,b -> z", "turn.started z 1.1", "run.ended succeeded"],
    never: ["turn.started z 2.1"],
  },
  {
    name: "any fires once",
    ir: fleet([a, b, z], ["a", "b"], [rule(join("any", on("a"), on("b")), send(["z"]))]),
    script: { sessions: { a: [{ after: 10 }], b: [{ after: 3 }] } },
    order: ["session.done b", "route.fired r1 b -> z", "session.done a", "run.ended succeeded"],
    never: ["turn.started z 2.1"],
  },
  {
    name: "a race cancels its losers",
    ir: fleet([a, b, z], ["a", "b"], [rule(join("race", on("a"), on("b")), send(["z"]))]),
    script: { sessions: { a: [{ hang: true }] } },
    order: ["session.done b", "session.cancelled a", "session.done z", "run.ended succeeded"],
  },
  {
    name: "a failure skips what waits for it",
    ir: fleet([a, b, z, session("after")], ["a", "b"], [rule(join("all", on("a"), on("b")), send(["z"])), rule(single(on("z")), send(["after"]))]),
    script: { sessions: { a: [{ fail: driverError }], b: [{ after: 5 }] } },
    order: ["session.failed a driver_error", "session.skipped z upstream", "session.skipped after upstream", "session.done b", "run.ended failed"],
    never: ["turn.started z 1.1"],
  },
  {
    name: "a failure that a rule handles",
    ir: fleet([a, b], ["a"], [rule(single(on("a", "failed")), send(["b"]))]),
    script: { sessions: { a: [{ fail: driverError }] } },
    order: ["session.failed a driver_error", "route.fired r1 a -> b", "session.done b", "run.ended succeeded"],
  },
  {
    name: "retries with backoff",
    ir: fleet([session("a", { retry: { attempts: 3, backoffMs: 100, factor: 2, jitter: false } })], ["a"], []),
    script: { sessions: { a: [{ fail: driverError }, { fail: driverError }, {}] } },
    order: [
      "turn.started a 1.1",
      "session.retrying a",
      "turn.started a 1.2",
      "session.retrying a",
      "turn.started a 1.3",
      "session.done a",
      "run.ended succeeded",
    ],
    never: ["session.failed a driver_error"],
  },
  {
    name: "a fan-out under a limit and its barrier",
    ir: fleet([lead, worker, z], ["lead"], [fan(2), rule(instances(on("worker"), "all"), send(["z"]))]),
    script: { sessions: { lead: [{ output: ["A", "B", "C"] }], "worker[0]": [{ after: 9, output: { n: 0 } }], worker: [{ after: 1, output: { n: 1 } }] } },
    order: [
      "route.fired r1 lead -> worker[0],worker[1],worker[2]",
      "turn.started worker[0] 1.1",
      "session.done worker[1]",
      "turn.started worker[2] 1.1",
      "session.done worker[0]",
      "route.fired r2 worker[0],worker[1],worker[2] -> z",
      "run.ended succeeded",
    ],
  },
  {
    name: "an empty fan-out satisfies its barrier",
    ir: fleet([lead, worker, z], ["lead"], [fan(), rule(instances(on("worker"), "all"), send(["z"]))]),
    script: { sessions: { lead: [{ output: [] }] } },
    order: ["session.done lead", "route.fired r1 lead -> ", "route.fired r2  -> z", "session.done z", "run.ended succeeded"],
  },
  {
    name: "an output that does not fit is asked for once more",
    ir: fleet([session("a", { output: ok })], ["a"], []),
    script: { sessions: { a: [{ output: { n: "many" } }, { text: 'so:\n```fleet-output\n{"n": 4}\n```' }] } },
    order: ["turn.started a 1.1", "turn.started a 2.1", "session.done a", "run.ended succeeded"],
  },
  {
    name: "an output that never fits",
    ir: fleet([session("a", { output: ok })], ["a"], []),
    order: ["turn.started a 1.1", "turn.started a 2.1", "session.failed a output_invalid", "run.ended failed"],
  },
  {
    name: "an output that does not fit is tried again where retry covers that, as often as it says",
    ir: fleet([session("a", { output: ok, retry: { attempts: 3, backoffMs: 10, factor: 1, jitter: false, on: ["output_invalid"] } })], ["a"], []),
    script: { task: "count" },
    order: [
      "turn.started a 1.1",
      "turn.started a 2.1",
      "session.retrying a",
      "turn.started a 2.2",
      "session.retrying a",
      "turn.started a 2.3",
      "session.failed a output_invalid",
      "run.ended failed",
    ],
  },
  {
    name: "what waits for a session that failed is skipped once nothing can start that again, while others go on",
    ir: fleet(
      [a, b, session("c"), z, session("instead")],
      ["a", "b", "c"],
      [
        rule(single(on("a")), send(["z"])),
        rule(single(on("b", "failed")), send(["a"], { max: { count: 1 } })),
        rule(single(on("z", "skipped")), send(["instead"])),
      ],
    ),
    script: { sessions: { a: [{ fail: driverError }], b: [{ after: 10 }], c: [{ after: 90 }] } },
    order: [
      "session.failed a driver_error",
      "session.done b",
      "session.skipped z upstream",
      "route.fired r3 z -> instead",
      "session.done instead",
      "session.done c",
      "run.ended failed",
    ],
  },
  {
    name: "a gate that is rejected may decide it too",
    ir: fleet(
      [a, b, z],
      ["a", "b"],
      [
        rule(single(on("a", "failed")), { kind: "gate", gate: "g", prompt: literal("Again?") }),
        rule(single({ source: "gate", gate: "g", event: "approved" }), send(["a"], { max: { count: 1 } })),
        rule(single(on("a")), send(["z"])),
      ],
    ),
    script: {
      sessions: { a: [{ fail: driverError }], b: [{ after: 90 }] },
      facts: [{ at: 10, fact: (at) => ({ type: "reply", at, request: "q1", value: "reject", by: "me" }) }],
    },
    order: ["request.answered", "session.skipped z upstream", "session.done b", "run.ended succeeded"],
  },
  {
    name: "subtasks go round robin",
    ir: fleet([session("lead"), a, b], ["lead"], [rule(single(on("lead")), send(["a", "b"], { bySubtask: true }))]),
    script: { sessions: { lead: [{ text: '```cap-subtasks\n["1", "2", "3"]\n```' }] } },
    order: ["session.done lead", "turn.started a 1.1", "turn.started a 2.1", "session.done a", "run.ended succeeded"],
  },
  {
    name: "subtasks that are missing fail the session",
    ir: fleet([session("lead"), a], ["lead"], [rule(single(on("lead")), send(["a"], { bySubtask: true }))]),
    order: ["route.failed", "session.failed lead routing_error", "run.ended failed"],
    never: ["session.done lead", "session.started a"],
  },
  {
    name: "a list of subtasks that is empty fails the session",
    ir: fleet([session("lead"), a], ["lead"], [rule(single(on("lead")), send(["a"], { bySubtask: true }))]),
    script: { sessions: { lead: [{ text: "```fleet-subtasks\n[]\n```" }] } },
    order: ["route.failed", "session.failed lead routing_error", "run.ended failed"],
    never: ["session.done lead", "session.started a"],
  },
  {
    name: "a loop to its limit",
    ir: fleet(
      [a, b],
      ["a"],
      [rule(single(on("a")), send(["b"])), rule(single(on("b")), send(["a"], { max: { count: 2, then: { kind: "fail", reason: literal("not approved") } } }))],
    ),
    order: ["turn.started a 1.1", "turn.started a 2.1", "turn.started a 3.1", "run.ended failed"],
    never: ["turn.started a 4.1"],
  },
  {
    name: "compensation in reverse order",
    ir: fleet(
      [session("a", { compensate: "undo_a" }), session("b", { compensate: "undo_b" }), session("c"), session("undo_a"), session("undo_b")],
      ["a"],
      [rule(single(on("a")), send(["b"])), rule(single(on("b")), send(["c"]))],
    ),
    script: { sessions: { c: [{ fail: driverError }] } },
    order: [
      "session.failed c driver_error",
      "session.compensating b",
      "turn.started undo_b 1.1",
      "session.compensated b",
      "session.compensating a",
      "turn.started undo_a 1.1",
      "session.compensated a",
      "run.ended failed",
    ],
  },
  {
    name: "a barrier waits for an instance that is retried",
    ir: fleet(
      [lead, worker, z],
      ["lead"],
      [
        fan(),
        rule(instances(on("worker"), "all"), send(["z"])),
        rule(instances(on("worker", "failed"), "each"), { kind: "retry", id: "again", session: "worker", afterMs: 60, fresh: false, max: { count: 2 } }),
      ],
    ),
    script: { sessions: { lead: [{ output: ["A", "B"] }], "worker[0]": [{ fail: driverError }, { output: { n: 1 } }], worker: [{ output: { n: 1 } }] } },
    order: [
      "session.failed worker[0] driver_error",
      "route.fired r3 worker[0] -> worker[0]",
      "session.done worker[0]",
      "route.fired r2 worker[0],worker[1] -> z",
      "run.ended succeeded",
    ],
    never: ["session.skipped z upstream"],
  },
  {
    name: "a fan-out that never comes skips its barrier",
    ir: fleet([lead, worker, z], ["lead"], [fan(), rule(instances(on("worker"), "all"), send(["z"]))]),
    script: { sessions: { lead: [{ fail: driverError }] } },
    order: ["session.failed lead driver_error", "session.skipped z upstream", "run.ended failed"],
  },
  {
    name: "a failed instance skips its barrier",
    ir: fleet([lead, worker, z], ["lead"], [fan(), rule(instances(on("worker"), "all"), send(["z"]))]),
    script: { sessions: { lead: [{ output: ["A", "B"] }], "worker[0]": [{ fail: driverError }], worker: [{ output: { n: 1 } }] } },
    order: ["session.failed worker[0] driver_error", "session.skipped z upstream", "run.ended failed"],
  },
  {
    name: "a timeout",
    ir: fleet(
      [session("a", { timeoutMs: 50 }), b],
      ["a"],
      [rule(single({ source: "session", session: "a", event: "failed", kinds: ["timeout"] }), send(["b"]))],
    ),
    script: { sessions: { a: [{ hang: true }] } },
    order: ["session.failed a timeout", "session.done b", "run.ended succeeded"],
  },
  {
    name: "a run over its budget",
    ir: fleet([a, b, z], ["a", "b"], [rule(single(on("a")), send(["z"]))], { budget: { usd: 0.05 } }),
    script: {
      sessions: {
        a: [{ after: 5, events: [0.01, 0.02, 0.06].map((usd) => ({ kind: "cap.usage", mode: "cumulative", cost_usd_estimate: usd })) }],
        b: [{ hang: true }],
      },
    },
    order: ["budget.exceeded", "session.failed a budget_exceeded", "session.failed b budget_exceeded", "run.ended failed"],
    never: ["turn.started z 1.1"],
  },
  {
    name: "high risk asks even under allow",
    ir: fleet([a], ["a"], []),
    script: {
      sessions: { a: [{ after: 9, events: [{ kind: "cap.permission.request", req_id: "x", tool: "Bash", risk_level: "high" }] }] },
      facts: [{ at: 4, fact: (at) => ({ type: "reply", at, request: "q1", value: "deny", by: "me" }) }],
    },
    order: ["request.opened a", "request.answered", "session.done a", "run.ended succeeded"],
  },
  {
    name: "death while waiting withdraws the request",
    ir: fleet([session("a", { permissions: "ask" })], ["a"], []),
    script: {
      sessions: {
        a: [{ events: [{ kind: "cap.permission.request", req_id: "x", tool: "Bash", risk_level: "low" }], fail: { kind: "agent_exited", message: "" } }],
      },
    },
    order: ["request.opened a", "request.withdrawn", "session.failed a agent_exited", "run.ended failed"],
  },
  {
    name: "a gate that is approved",
    ir: fleet(
      [a, b],
      ["a"],
      [
        rule(single(on("a")), { kind: "gate", gate: "ship", prompt: literal("ship?"), withinMs: 1000 }),
        rule(single({ source: "gate", gate: "ship", event: "approved" }), send(["b"])),
      ],
    ),
    script: { facts: [{ at: 40, fact: (at) => ({ type: "reply", at, request: "q1", value: "approve", by: "me" }) }] },
    order: ["request.opened", "request.answered", "turn.started b 1.1", "run.ended succeeded"],
  },
  {
    name: "a selection",
    ir: fleet([a, b], ["a", "b"], [rule(join("all", on("a"), on("b")), { kind: "select", from: ["a", "b"] })]),
    script: { facts: [{ at: 40, fact: (at) => ({ type: "reply", at, request: "q1", value: "b", by: "me" }) }] },
    order: ["request.opened", "request.answered", "run.ended succeeded"],
  },
  {
    name: "a person cancels one session",
    ir: fleet([a, b], ["a", "b"], []),
    script: {
      sessions: { a: [{ hang: true }], b: [{ after: 10 }] },
      facts: [{ at: 3, fact: (at) => ({ type: "cancel", at, target: { kind: "session", session: "a" }, reason: { code: "user", detail: "slow" } }) }],
    },
    order: ["session.cancelled a", "session.done b", "run.ended succeeded"],
  },
]

describe("runs", () => {
  it.each(cases)("$name", ({ ir, script, order, never }) => {
    const lines = told(play(ir, script))
    const found: Array<string> = []
    let at = 0
    for (const wanted of order) {
      const next = lines.indexOf(wanted, at)
      if (next < 0) break
      found.push(wanted)
      at = next + 1
    }
    expect(found, lines.join("\n")).toEqual(order)
    expect(lines.at(-1)).toBe(order.at(-1))
    for (const line of never ?? []) expect(lines).not.toContain(line)
  })

  it("passes on the task and what triggers said", () => {
    const prompts = play(fleet([a, b], ["a"], [rule(single(on("a")), send(["b"]))]), { task: "the task", sessions: { a: [{ text: "XYZ" }] } }).events.flatMap(
      (event) => (event.type === "turn.started" ? [event.prompt] : []),
    )
    expect(prompts).toEqual(["the task", "the task\n\n--- output from a ---\nXYZ"])
  })

  it.each([
    ["failed", { fail: driverError }, "failed"],
    ["was cancelled", { hang: true }, "cancelled"],
    ["is idle", { hang: true }, "idle"],
  ] as const)("passes on what a session had said that %s", (_, turn, event) => {
    const trigger = event === "idle" ? ({ source: "idle", session: "a", ms: 50 } as const) : on("a", event)
    const chunk = { kind: "cap.text_chunk", text: "half" }
    const cancel = (at: number): Fact => ({ type: "cancel", at, target: { kind: "session", session: "a" }, reason: { code: "user" } })
    const { events } = play(fleet([a, b], ["a"], [rule(single(on("a")), send(["a"], { max: { count: 1 } })), rule(single(trigger), send(["b"]))]), {
      sessions: { a: [{ text: "whole" }, { ...turn, events: [chunk] }] },
      facts: [{ at: 100, fact: cancel }],
    })
    expect(events.find((one) => one.type === "turn.started" && one.session === "b")).toMatchObject({ prompt: "--- output from a ---\nhalf" })
  })

  it("passes on no more of it than the fleet's limit lets, and no half of a character", () => {
    const prompt = (text: string, outputChars: number) =>
      play(fleet([a, b], ["a"], [rule(single(on("a")), send(["b"]))], { limits: { parallel: 8, outputChars } }), {
        sessions: { a: [{ text }] },
      }).events.flatMap((event) => (event.type === "turn.started" && event.session === "b" ? [event.prompt] : []))
    expect(prompt("123456", 4)).toEqual(["--- output from a ---\n1234\n[truncated 2 characters]"])
    expect(prompt("123\u{1F600}5", 4)).toEqual(["--- output from a ---\n123\n[truncated 3 characters]"])
    expect(prompt("1234", 4)).toEqual(["--- output from a ---\n1234"])
  })

  it("tells of both contracts where an answer is typed and split, and offers no way to a typed answer that would leave one out", () => {
    const output = { type: { kind: "json" }, schema: { type: "object" } } as const
    const asked = (bySubtask: boolean) =>
      play(fleet([session("lead", { output }), a], ["lead"], [rule(single(on("lead")), send(["a"], { bySubtask }))])).commands.find(
        (command) => command.type === "turn.start",
      )
    expect(asked(false)).toMatchObject({ outputSchema: { type: "object" }, instructions: expect.not.stringContaining("fleet-subtasks") })
    expect(asked(true)).toMatchObject({ instructions: expect.stringMatching(/fleet-output[^]*fleet-subtasks/u) })
    expect(asked(true)).not.toHaveProperty("outputSchema")
  })

  it("stays linear with ten thousand instances", () => {
    const size = 10_000
    const items = Array.from({ length: size }, (_, index) => `${index}`)
    const played = play(fleet([lead, session("worker", { instances: true }), z], ["lead"], [fan(), rule(instances(on("worker"), "all"), send(["z"]))]), {
      sessions: { lead: [{ output: items }] },
    })
    expect(played.events.filter((event) => event.type === "session.done")).toHaveLength(size + 2)
  }, 20_000)
})
