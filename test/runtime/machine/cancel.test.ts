/** Who is cancelled is not asked again later: sends whose time has not come go with what is under way. */
import { describe, expect, it } from "vitest"
import type { Action } from "#ir"
import type { Fact } from "../../../runtime/machine/index.ts"
import { expression, fleet, instances, join, on, rule, send, session, single } from "./fleet.ts"
import { play, type Script } from "./play.ts"

const [a, b, c, z] = [session("a"), session("b"), session("c"), session("z")]
const no = { kind: "driver_error", message: "no" } as const
const cancel = (at: number, id: string) => ({
  at,
  fact: (now: number): Fact => ({ type: "cancel", at: now, target: { kind: "session", session: id }, reason: { code: "user" } }),
})
const later = (to: ReadonlyArray<string>) => send(to, { afterMs: 1000, max: { count: 1 } })

/** What becomes of sessions after the first that is over, and when the run ends. */
const fates = (ir: Parameters<typeof play>[0], script: Script): ReadonlyArray<string> =>
  play(ir, script).events.flatMap((event) =>
    event.type === "session.cancelled"
      ? [`${event.at} ${event.session} was ${event.was}: ${event.reason.code}`]
      : event.type === "session.done" || event.type === "session.skipped" || event.type === "run.ended"
        ? [`${event.at} ${event.type} ${"session" in event ? event.session : event.status}`]
        : [],
  )

describe("a send whose time has not come", () => {
  it("is cancelled with its session by a person, and that alone", () => {
    const ir = fleet([a, b, c, z], ["a"], [rule(single(on("a")), later(["b", "c"])), rule(single(on("b")), send(["z"]))])
    expect(fates(ir, { facts: [cancel(10, "b"), cancel(20, "b")] })).toEqual([
      "1 session.done a",
      "10 b was pending: user",
      "10 session.skipped z",
      "1002 session.done c",
      "1002 run.ended succeeded",
    ])
  })

  it("is cancelled when it would try a session again", () => {
    const again: Action = { kind: "retry", id: "r", session: "a", fresh: false, afterMs: 1000, max: { count: 1 } }
    const ir = fleet([a], ["a"], [rule(single(on("a", "failed")), again)])
    expect(fates(ir, { sessions: { a: [{ fail: no }] }, facts: [cancel(10, "a")] })).toEqual(["10 a was failed: user", "10 run.ended succeeded"])
  })

  it("is cancelled by a rule, by name or as one of the others, but not what that rule sends", () => {
    const stop = (action: Action) => fleet([a, b, c], ["a", "c"], [rule(single(on("a")), later(["b"])), rule(single(on("c")), action)])
    const slow = { sessions: { c: [{ after: 10 }] } }
    expect(fates(stop({ kind: "cancel", target: { kind: "session", session: "b" } }), slow)).toContain("10 b was pending: rule")
    expect(fates(stop({ kind: "cancel", target: { kind: "others" } }), slow)).toContain("10 b was pending: rule")
    const both: Action = { kind: "sequence", actions: [later(["b"]), { kind: "cancel", target: { kind: "others" } }] }
    expect(fates(fleet([b, c], ["c"], [rule(single(on("c")), both)]), {})).toEqual(["1 session.done c", "1002 session.done b", "1002 run.ended succeeded"])
  })

  it("is cancelled when its session has lost a race", () => {
    const ir = fleet([a, b, z], ["a", "b"], [rule(join("race", on("a"), on("b")), send(["z"])), rule(single(on("a", "failed")), later(["a"]))])
    expect(fates(ir, { sessions: { a: [{ fail: no }], b: [{ after: 50 }] } })).toEqual([
      "50 session.done b",
      "50 a was failed: race_lost",
      "51 session.done z",
      "51 run.ended succeeded",
    ])
  })

  it("of a whole fan-out is told by its name, and who waits for that is skipped", () => {
    const lead = session("lead", { output: { type: { kind: "list", item: { kind: "string" } } } })
    const fan: Action = {
      kind: "for",
      variable: "t",
      list: expression({ op: "session", session: "lead", property: "output" }),
      send: send(["worker"], { prompt: expression({ op: "variable", name: "t" }), afterMs: 1000 }),
    }
    const worker = session("worker", { instances: true })
    const ir = fleet([lead, worker, z], ["lead"], [rule(single(on("lead")), fan), rule(instances(on("worker"), "all"), send(["z"]))])
    expect(fates(ir, { sessions: { lead: [{ output: ["x"] }] }, facts: [cancel(10, "worker")] })).toEqual([
      "1 session.done lead",
      "10 worker was pending: user",
      "10 session.skipped z",
      "10 run.ended succeeded",
    ])
  })
})
