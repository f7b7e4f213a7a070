import { describe, expect, it } from "vitest"
import type { Ir } from "#ir"
import { ruleFates, tellRule } from "../../cli/explain-rules.ts"
import { initialState, step } from "../../runtime/machine/index.ts"
import type { FleetEvent } from "../../runtime/machine/protocol.ts"
import { expression, fleet, instances, join, literal, on, rule, send, session, single } from "../runtime/machine/fleet.ts"
import { play, type Script } from "../runtime/machine/play.ts"
import { observe } from "../simulation/observe.ts"
import { caseOf } from "../simulation/seeds.ts"

const ir = fleet(
  [session("a"), session("b"), session("c"), session("w", { instances: true })],
  ["a", "b"],
  [
    rule(single(on("a")), send(["c"], { max: { count: 1 } })),
    rule(join("all", on("a"), on("b")), { kind: "complete" }),
    rule(single(on("c")), send(["a"], { max: { count: 1 } })),
    rule(
      { kind: "any", of: [single({ source: "every", ms: 60_000 }), { kind: "instances", leaf: 1, event: on("w"), want: { kind: "all" } }] },
      { kind: "notify", text: literal("x") },
    ),
    rule(single({ source: "gate", gate: "g", event: "approved" }), [
      { guard: { expr: { op: "literal", kind: "boolean", value: false }, type: { kind: "boolean" } }, action: { kind: "complete" } },
    ]),
  ],
)

describe("show", () => {
  it("says of each rule when it fired, why it did not, or what it waited for", () => {
    const { events, state } = play(ir, { sessions: { b: [{ fail: { kind: "auth_error", message: "no" } }] } })
    const told = ruleFates(ir, events, state)
      .map(tellRule)
      .join("")
      .replace(/^ +\d+/gmu, " N")
    expect(told).toBe(`r1 on a.done: fired once
 N fired by a: send c
 N did not fire: its limit is reached
r2 on all(a.done, b.done): did not fire: waited for b.done (is failed)
r3 on c.done: fired once
 N fired by c: send a
r4 on any(every(1m), all(w.done)): did not fire: waited for every(1m), w.done
r5 on g.approved: did not fire: waited for g.approved
`)
  })

  const shown = (of: Ir, script: Script = {}) => {
    const { events, state } = play(of, script)
    return ruleFates(of, events, state).map((fate) => tellRule(fate).split("\n")[0])
  }
  const all = join("all", on("a"), on("b"))

  it("says of a rule that lacked nothing that the run ended first, or that its fleet fires no rules", () => {
    const cut = fleet([session("a"), session("b")], ["a"], [rule(single(on("a")), { kind: "complete" }), rule(single(on("a")), send(["b"]))])
    expect(shown(cut)).toEqual(["r1 on a.done: fired once", "r2 on a.done: did not fire: the run ended before it could"])
    const routed = fleet([session("a"), session("b")], ["a"], [rule(single(on("a")), send(["b"]))], { mode: { use: "llm", with: {} } })
    expect(shown(routed, { routed: { after: 1, actions: [] } })).toEqual(["r1 on a.done: did not fire: the fleet's mode is llm, in which no rule fires"])
  })

  it("says what a round lacked that had begun after others", () => {
    const again = fleet(
      [session("a"), session("b"), session("c")],
      ["a", "b"],
      [rule(all, send(["c"])), rule(single(on("c")), send(["a"], { max: { count: 1 } }))],
    )
    expect(shown(again)).toEqual(["r1 on all(a.done, b.done): fired once, then waited for b.done (is done)", "r2 on c.done: fired once"])
  })

  it("counts the instances that a rule had got", () => {
    const lead = session("lead", { output: { type: { kind: "list", item: { kind: "string" } } } })
    const list = expression({ op: "session", session: "lead", property: "output" })
    const each = send(["w"], { prompt: literal("x") })
    const fanned = fleet(
      [lead, session("w", { instances: true }), session("z")],
      ["lead"],
      [rule(single(on("lead")), { kind: "for", variable: "t", list, send: each }), rule(instances(on("w"), "all"), send(["z"]))],
    )
    const script = { sessions: { lead: [{ output: ["x", "y", "z"] }], "w[1]": [{ fail: { kind: "auth_error", message: "no" } as const }] } }
    expect(shown(fanned, script)[1]).toBe("r2 on all(w.done): did not fire: waited for w.done (2 of 3 came, 1 ended without)")
  })

  it("has a word for each rule of any run", async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const outcome = await observe(caseOf(seed))
      if (outcome.kind === "no fleet") continue
      const { ir: made, records, simulation } = outcome.observed
      const { state } = records.reduce((folded, { fact }) => step(made, folded.state, fact), { state: initialState(made) })
      for (const { rule: id, fired, declined, missing, late } of ruleFates(made, simulation.events, state))
        expect(fired.length + declined.length + missing.length + (late === undefined ? 0 : 1), `seed ${seed}, ${id}`).toBeGreaterThan(0)
    }
  })

  it("tells a failed route from a declined one", () => {
    const { state } = play(ir)
    const at = { run: "r", at: 0 }
    const events: ReadonlyArray<FleetEvent> = [
      { ...at, seq: 4, type: "route.failed", rule: "r1", error: { kind: "routing_error", message: "no text" } },
      { ...at, seq: 5, type: "route.declined", rule: "r1", reason: "guard" },
    ]
    expect(ruleFates(ir, events, state)[0]).toMatchObject({
      fired: [],
      declined: [
        { seq: 4, why: "it failed: no text" },
        { seq: 5, why: "no case held" },
      ],
      missing: [],
    })
  })
})
