/** Small IRs for tests of the machine, written as rules rather than compiled. */
import type { Action, Case, EventPattern, Expr, Expression, Ir, Join, Rule, Session, SessionEvent, Type } from "#ir"
import { plainFleet, plainSession } from "../../plain-ir.ts"

export const session = (id: string, more: Partial<Session> = {}): Session =>
  plainSession(id, { driver: { use: "scripted", with: {} }, permissions: "allow", ...more })

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

export const fleet = (sessions: ReadonlyArray<Session>, start: ReadonlyArray<string>, rules: ReadonlyArray<Omit<Rule, "id">>, more: Partial<Ir> = {}): Ir =>
  plainFleet(sessions, { start, rules: rules.map((one, index) => ({ ...one, id: `r${index + 1}` })), limits: { parallel: 8 }, ...more })
