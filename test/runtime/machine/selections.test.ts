/** Selections: what is offered, how it is answered, and what is kept until then. */
import { describe, expect, it } from "vitest"
import type { Fact } from "../../../runtime/machine/index.ts"
import { fleet, join, on, rule, send, session, single } from "./fleet.ts"
import { play, told, type Script } from "./play.ts"

describe("selections", () => {
  it.each([
    ["failed", { a: [{ after: 9, fail: { kind: "driver_error", message: "no" } as const }] }, [], ["b"]],
    [
      "was cancelled",
      { a: [{ hang: true }] },
      [{ at: 9, fact: (at) => ({ type: "cancel", at, target: { kind: "session", session: "a" }, reason: { code: "user" } }) }],
      ["b"],
    ],
    ["is done", { a: [{ after: 9 }] }, [], ["a", "b"]],
  ] satisfies ReadonlyArray<readonly [string, Script["sessions"], NonNullable<Script["facts"]>, ReadonlyArray<string>]>)(
    "a selection offers no candidate that came to nothing: one %s",
    (_, sessions, facts, candidates) => {
      const settled = join("all", on("a", "settled"), on("b", "settled"))
      for (const from of [["a", "b"], []]) {
        const { events } = play(fleet([session("a"), session("b")], ["a", "b"], [rule(settled, { kind: "select", from })]), { sessions, facts })
        expect(events.find(({ type }) => type === "request.opened")).toMatchObject({ detail: { candidates } })
      }
    },
  )

  it("a selection offers who was skipped, is still to come or is at work, where a rule is on just that end or it may yet come", () => {
    const sessions = [session("a"), session("b"), session("c")]
    const opened = (ir: Parameters<typeof play>[0]) => play(ir, { sessions: { a: [{ fail: { kind: "driver_error", message: "no" } }] } }).events
    const takesOver = fleet(
      sessions,
      ["a"],
      [rule(single(on("a", "failed")), { kind: "select", from: ["a", "b"] }), rule(single({ source: "human" }), send(["b"]))],
    )
    expect(opened(takesOver).find(({ type }) => type === "request.opened")).toMatchObject({ detail: { candidates: ["a", "b"] } })
    const skipped = fleet(sessions, ["a"], [rule(single(on("a")), send(["c"])), rule(single(on("c", "skipped")), { kind: "select", from: ["a", "b"] })])
    expect(opened(skipped).find(({ type }) => type === "request.opened")).toMatchObject({ detail: { candidates: ["b"] } })
  })

  it("a selection with nobody left to offer asks nobody, and says so", () => {
    const settled = rule(join("all", on("a", "settled"), on("b", "settled")), { kind: "select", from: ["a", "b"] })
    const no = [{ fail: { kind: "driver_error", message: "no" } as const }]
    const played = play(fleet([session("a"), session("b")], ["a", "b"], [settled]), { sessions: { a: no, b: no } })
    expect(told(played)).not.toContain("request.opened selection")
    expect(played.events.find(({ type }) => type === "route.failed")).toMatchObject({
      error: { kind: "routing_error", message: "there is nothing to select from: a is failed, b is failed" },
    })
    expect(told(played).at(-1)).toBe("run.ended failed")
  })

  it("a session that every selection starts anew keeps its driver and its workspace", () => {
    const ir = fleet(
      [session("a"), session("b")],
      ["a"],
      [
        rule(single(on("a")), { kind: "select", from: ["a"] }),
        rule(single(on("b")), { kind: "select", from: ["a", "b"] }),
        rule(single({ source: "human" }), send(["b"], { max: { count: 2 } })),
      ],
    )
    const answers = ["q1", "q2", "q3"].map((request, at) => ({
      at: 10 * (at + 1),
      fact: (now: number): Fact => ({ type: "reply", at: now, request, value: "a", by: "me" }),
    }))
    const { commands } = play(ir, { facts: answers })
    expect(commands.flatMap((command) => ("session" in command && command.session === "b" ? [command.type] : []))).toEqual([
      "session.open",
      "turn.start",
      "turn.start",
      "session.close",
    ])
  })

  it("a selection is answered by the name of the one picked, and gives the workspaces back", () => {
    const ir = fleet(
      [session("a"), session("b"), session("z")],
      ["a", "b"],
      [rule(join("all", on("a"), on("b")), { kind: "select", from: [] }), rule(single({ source: "human" }), send(["z"]))],
    )
    const select = (at: number, id: string) => ({ at, fact: (now: number): Fact => ({ type: "select", at: now, session: id, by: "me" }) })
    const played = play(ir, { facts: [select(0, "a"), select(10, "z"), select(20, "b")] })
    expect(played.rejections.map(({ code }) => code)).toEqual(["not_waiting", "invalid_reply"])
    expect(played.rejections[1]?.message).toBe("this is no answer to a selection request: expected a, b")
    expect(played.events.find(({ type }) => type === "request.answered")).toMatchObject({ at: 20, reply: "b", by: "me" })
    const closed = played.steps.flatMap(({ commands }, index) =>
      commands.flatMap((command) => (command.type === "session.close" ? [`${played.facts[index]?.at} ${command.session} ${command.workspace}`] : [])),
    )
    expect(closed.slice(0, 4)).toEqual(["1 a keep", "1 b keep", "20 a release", "20 b release"])
    expect(told(played)).toContain("turn.started z 1.1")
  })
})
