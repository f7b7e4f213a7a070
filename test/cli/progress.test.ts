import { describe, expect, it } from "vitest"
import { plainProgress } from "../../cli/progress.ts"
import { fleet, literal, on, rule, send, session, single } from "../runtime/machine/fleet.ts"
import { play, type Script } from "../runtime/machine/play.ts"

const told = (ir: Parameters<typeof play>[0], script: Script): string => {
  let text = ""
  const { see } = plainProgress((line) => {
    text += line
  })
  for (const event of play(ir, script).events) see(event)
  return text
}

describe("progress as plain lines", () => {
  it("says what a request was answered with, what became of those nobody answers, and that the run is paused", () => {
    const gates = fleet(
      [session("a"), session("b")],
      ["a"],
      [
        rule(single(on("a")), { kind: "gate", gate: "g", prompt: literal("Go?") }),
        rule(single({ source: "gate", gate: "g", event: "approved" }), { kind: "gate", gate: "h", prompt: literal("Sure?"), withinMs: 50 }),
        rule(single({ source: "gate", gate: "h", event: "expired" }), send(["b"])),
      ],
    )
    const script: Script = {
      facts: [
        { at: 10, fact: (at) => ({ type: "reply", at, request: "q1", value: "approve", by: "me" }) },
        { at: 20, fact: (at) => ({ type: "pause", at }) },
        { at: 70, fact: (at) => ({ type: "resume", at }) },
      ],
    }
    expect(told(gates, script).split("\n").slice(1)).toEqual([
      "a: turn 1",
      "a: done, a says",
      "q1: gate: Go?",
      "q1: answered by me: approve",
      "q2: gate: Sure?",
      "paused",
      "q2: withdrawn, expired",
      "resumed",
      "b: turn 1",
      "b: done, b says",
      "",
    ])
  })

  it("says what is undone and what could not be", () => {
    const sagas = fleet([session("a", { compensate: "u" }), session("b"), session("u")], ["a"], [rule(single(on("a")), send(["b"]))])
    const no = { kind: "driver_error", message: "no" } as const
    expect(
      told(sagas, { sessions: { b: [{ fail: no }], u: [{ fail: no }] } })
        .split("\n")
        .slice(-6),
    ).toEqual(["b: failed (driver_error), no", "a: being undone", "u: turn 1", "u: failed (driver_error), no", "a: needs review, the compensation failed", ""])
  })
})
