/** Fan-outs that never come are told like any session that nothing activates any more. */
import { describe, expect, it } from "vitest"
import type { Action } from "#ir"
import { expression, fleet, instances, join, on, rule, send, session, single } from "./fleet.ts"
import { play, type Script } from "./play.ts"

const lead = session("lead", { output: { type: { kind: "list", item: { kind: "string" } } } })
const [a, b, worker, z] = [session("a"), session("b"), session("worker", { instances: true }), session("z")]
const perItem: Action = {
  kind: "for",
  variable: "t",
  list: expression({ op: "session", session: "lead", property: "output" }),
  send: send(["worker"], { prompt: expression({ op: "variable", name: "t" }) }),
}
const no = { kind: "driver_error", message: "no" } as const

describe("a session that is fanned out", () => {
  const skipped = (ir: Parameters<typeof play>[0], sessions: Script["sessions"]) =>
    play(ir, { sessions: sessions ?? {} }).events.flatMap((event) => (event.type === "session.skipped" ? [`${event.session} ${event.reason}`] : []))

  it("is skipped with who waits for it when nothing will fan it out, once", () => {
    const ir = fleet([lead, worker, z, a], ["lead", "a"], [rule(single(on("lead")), perItem), rule(instances(on("worker"), "all"), send(["z"]))])
    expect(skipped(ir, { lead: [{ fail: no }], a: [{ after: 9, fail: no }] })).toEqual(["worker upstream", "z upstream"])
    expect(skipped(ir, { lead: [{ output: [] }] })).toEqual([])
    expect(skipped(ir, { lead: [{ output: ["x"] }], "worker[0]": [{ fail: no }] })).toEqual(["z upstream"])
  })

  it("is skipped when the join stays half satisfied that would have fanned it out", () => {
    const ir = fleet([lead, a, b, worker], ["lead", "a"], [rule(single(on("a", "failed")), send(["b"])), rule(join("all", on("lead"), on("b")), perItem)])
    expect(skipped(ir, { lead: [{ output: ["x"] }] })).toEqual(["worker join_incomplete"])
  })
})
