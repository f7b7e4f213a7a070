import { describe, expect, it } from "vitest"
import { verifyIr, type Ir, type Rule } from "#ir"
import { sampleIr, seal } from "./sample-ir.ts"

const rule = sampleIr.rules[0]!
const withRule = (change: Partial<Rule>): Ir => seal({ ...sampleIr, rules: [{ ...rule, ...change }] })

describe("verifying", () => {
  it("accepts what holds together", () => {
    expect(verifyIr(sampleIr)).toEqual([])
  })

  it.each<[string, Ir, string]>([
    ["a hash of another document", { ...sampleIr, hash: "0".repeat(64) }, "/hash"],
    ["a session twice", seal({ ...sampleIr, sessions: [...sampleIr.sessions, sampleIr.sessions[0]!] }), "/sessions/2"],
    ["a start that is not there", seal({ ...sampleIr, start: ["nobody"] }), "/start/0"],
    ["a plugin that is not there", seal({ ...sampleIr, sinks: [{ use: "slack", with: {} }] }), "/sinks/0/use"],
    ["a default of another type", seal({ ...sampleIr, inputs: [{ name: "who", type: { kind: "integer" }, default: "me" }] }), "/inputs/0/default"],
    [
      "a gate that nobody opens",
      withRule({ join: { kind: "event", leaf: 0, event: { source: "gate", gate: "ship", event: "approved" } } }),
      "/rules/0/join/event/gate",
    ],
    ["a leaf number left out", withRule({ join: { ...rule.join, leaf: 1 } as Rule["join"] }), "/rules/0/join"],
    [
      "instances of a session that has none",
      withRule({ join: { kind: "instances", leaf: 0, event: { source: "session", session: "rev", event: "done" }, want: { kind: "all" } } }),
      "/rules/0/join/event",
    ],
    [
      "a guard that is not a boolean",
      withRule({ cases: [{ guard: { expr: { op: "input", name: "who" }, type: { kind: "string" } }, action: { kind: "complete" } }] }),
      "/rules/0/cases/0/guard/type",
    ],
    [
      "a plain send to instances",
      seal({
        ...sampleIr,
        sessions: sampleIr.sessions.map((session) => ({ ...session, instances: true })),
        rules: [{ ...rule, cases: [{ action: { kind: "send", id: "s1", to: ["rev"], bySubtask: false, fresh: false, max: { count: 1 } } }] }],
      }),
      "/rules/0/cases/0/action/to/0",
    ],
    [
      "a for over a session that has no instances",
      withRule({
        cases: [
          {
            action: {
              kind: "for",
              variable: "t",
              list: { expr: { op: "list", items: [] }, type: { kind: "list", item: { kind: "json" } } },
              send: { kind: "send", id: "s1", to: ["rev"], bySubtask: false, fresh: false, max: { count: 1 } },
            },
          },
        ],
      }),
      "/rules/0/cases/0/action/send/to/0",
    ],
    ["a start of instances", seal({ ...sampleIr, sessions: sampleIr.sessions.map((session) => ({ ...session, instances: true })) }), "/start/0"],
    [
      "a session that compensates itself",
      seal({ ...sampleIr, sessions: sampleIr.sessions.map((session) => ({ ...session, compensate: session.id })) }),
      "/sessions/0/compensate",
    ],
    ["a loop without a bound", withRule({ cases: [{ action: { kind: "send", id: "s1", to: ["rev"], bySubtask: false, fresh: false } }] }), "/rules/0"],
    [
      "a variable out of scope",
      withRule({ cases: [{ action: { kind: "notify", text: { expr: { op: "variable", name: "t" }, type: { kind: "string" } } } }] }),
      "/rules/0/cases/0/action/text/expr",
    ],
  ])("refuses %s", (_, ir, path) => {
    expect(verifyIr(ir).map((fault) => fault.path)).toContain(path)
  })
})
