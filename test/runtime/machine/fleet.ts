/** Small IRs for tests of the machine, written as rules rather than compiled. */
import type { Action, Case, EventPattern, Expr, Expression, Ir, Join, Rule, Session, SessionEvent, Type } from "#ir"

export const session = (id: string, more: Partial<Session> = {}): Session => ({
  id,
  driver: { use: "scripted", with: {} },
  permissions: "allow",
  policies: [],
  workspace: { use: "none", with: {} },
  from: { kind: "base" },
  retry: { attempts: 1, backoffMs: 0, factor: 1, jitter: false },
  priority: 0,
  effect: "external",
  context: "keep",
  env: {},
  checkpoint: false,
  instances: false,
  ...more,
})

export const on = (name: string, event: SessionEvent = "done"): EventPattern => ({ source: "session", session: name, event })

/** Joins get their leaf numbers in source order. */
export const join = (kind: "all" | "any" | "race", ...events: ReadonlyArray<EventPattern>): Join => ({
  kind,
  of: events.map((event, leaf) => ({ kind: "event", leaf, event })),
})
export const single = (event: EventPattern): Join => ({ kind: "event", leaf: 0, event })
export const instances = (event: EventPattern, kind: "all" | "each"): Join => ({ kind: "instances", leaf: 0, event, want: { kind } })

let sends = 0
export const send = (to: ReadonlyArray<string>, more: Partial<Action & { readonly kind: "send" }> = {}): Action & { readonly kind: "send" } => {
  sends += 1
  return { kind: "send", id: `s${sends}`, to, bySubtask: false, fresh: false, ...more }
}

export const string: Type = { kind: "string" }
export const expression = (expr: Expr, type: Type = string): Expression => ({ expr, type })
export const literal = (value: string): Expression => expression({ op: "literal", kind: "string", value })

export const rule = (trigger: Join, action: Action | ReadonlyArray<Case>, more: Partial<Rule> = {}): Omit<Rule, "id"> => ({
  join: trigger,
  cases: "kind" in action ? [{ action }] : action,
  ...more,
})

export const fleet = (sessions: ReadonlyArray<Session>, start: ReadonlyArray<string>, rules: ReadonlyArray<Omit<Rule, "id">>, more: Partial<Ir> = {}): Ir => ({
  irVersion: 1,
  compiler: "test",
  hash: "0",
  fleet: { name: "test" },
  sources: [],
  inputs: [],
  sessions,
  start,
  lets: [],
  rules: rules.map((one, index) => ({ ...one, id: `r${index + 1}` })),
  outputs: [],
  plugins: [],
  policies: [],
  sinks: [],
  mode: { use: "static", with: {} },
  limits: { parallel: 8 },
  claims: { joins: [] },
  ...more,
})
