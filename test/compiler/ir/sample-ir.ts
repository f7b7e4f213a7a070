/** A small IR that holds together: two sessions, one rule, one let, one input. */
import { hashOf, type Expr, type Ir, type Session } from "#ir"
import { plainSession } from "../../plain-ir.ts"

const session = (id: string, more: Partial<Session> = {}): Session =>
  plainSession(id, {
    driver: { use: "claude", with: {} },
    workspace: { use: "shared", with: {} },
    retry: { attempts: 1, backoffMs: 1000, factor: 2, jitter: true },
    effect: "idempotent",
    ...more,
  })

const plugin = (name: string) => ({ name, version: "1.0.0", from: `builtin:${name}`, capabilities: { read: [], write: [], net: [], run: [], env: [] } })

export const approved: Expr = {
  op: "binary",
  operator: "==",
  left: { op: "member", object: { op: "session", session: "rev", property: "output" }, field: "verdict", safe: false },
  right: { op: "literal", kind: "string", value: "approve" },
}

export const seal = (ir: Omit<Ir, "hash">): Ir => ({ ...ir, hash: hashOf(ir) })

export const sampleIr: Ir = seal({
  irVersion: 1,
  compiler: "0.1.0",
  fleet: { name: "sample", task: { expr: { op: "literal", kind: "string", value: "work" }, type: { kind: "string" } } },
  sources: [{ path: "fleet.yaml", sha256: "0".repeat(64) }],
  inputs: [{ name: "who", type: { kind: "string" }, default: "me" }],
  sessions: [
    session("rev", {
      output: { type: { kind: "record", open: false, fields: { verdict: { type: { kind: "enum", values: ["approve", "changes"] }, optional: false } } } },
    }),
    session("fix"),
  ],
  start: ["rev"],
  lets: [{ name: "ok", value: { expr: approved, type: { kind: "boolean" } } }],
  rules: [
    {
      id: "r1",
      join: { kind: "event", leaf: 0, event: { source: "session", session: "rev", event: "done" } },
      cases: [
        { guard: { expr: approved, type: { kind: "boolean" } }, action: { kind: "complete" } },
        { action: { kind: "send", id: "s1", to: ["fix"], bySubtask: false, max: { count: 3 }, fresh: false } },
      ],
    },
  ],
  outputs: [],
  plugins: [plugin("claude"), plugin("shared"), plugin("local")],
  policies: [],
  sinks: [],
  mode: { use: "local", with: {} },
  limits: { parallel: 4 },
  claims: { joins: [] },
})
