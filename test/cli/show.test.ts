import { describe, expect, it } from "vitest"
import { ruleFates, tellRule } from "../../cli/explain-rules.ts"
import type { FleetEvent } from "../../runtime/machine/protocol.ts"
import { fleet, join, literal, on, rule, send, session, single } from "../runtime/machine/fleet.ts"
import { play } from "../runtime/machine/play.ts"

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
