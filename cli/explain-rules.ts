/** What became of each rule in a run: when it fired and to what, when it did not and why, and what a rule that never fired waited for. */
import { leavesOf, type Ir, type Rule } from "#ir"
import type { FleetEvent, State } from "#runtime"
import { eventText, joinText } from "./join-text.ts"

export interface RuleFate {
  readonly rule: string
  readonly on: string
  readonly fired: ReadonlyArray<{ readonly seq: number; readonly from: ReadonlyArray<string>; readonly action: string; readonly to: ReadonlyArray<string> }>
  readonly declined: ReadonlyArray<{ readonly seq: number; readonly why: string }>
  /** Events of the join that had not come, each with what is known of it; empty for a rule that waits for nothing. */
  readonly missing: ReadonlyArray<string>
}

const reasons = { guard: "no case held", limit: "its limit is reached" } as const

const declinedBy = (event: FleetEvent, rule: string): RuleFate["declined"] => {
  if (event.type === "route.declined" && event.rule === rule) return [{ seq: event.seq, why: reasons[event.reason] }]
  if (event.type === "route.failed" && event.rule === rule) return [{ seq: event.seq, why: `it failed: ${event.error.message}` }]
  return []
}

/** Leaves that hold no token, with what their session came to. */
const missing = (rule: Rule, index: number, state: State): ReadonlyArray<string> =>
  leavesOf(rule.join).flatMap((leaf) => {
    if (leaf === undefined) return []
    const held = state.joins.get(index)?.leaves[leaf.leaf]
    if (held !== undefined && (held.tokens.length > 0 || held.batches.some((batch) => batch.count > 0))) return []
    const { event } = leaf
    const status = event.source === "session" || event.source === "idle" ? state.sessions.get(event.session)?.status : undefined
    return [`${eventText(event)}${status === undefined ? "" : ` (${status === "pending" ? "never activated" : `is ${status}`})`}`]
  })

export const ruleFates = (ir: Ir, events: ReadonlyArray<FleetEvent>, state: State): ReadonlyArray<RuleFate> =>
  ir.rules.map((rule, index) => {
    const fired = events.flatMap((event) =>
      event.type === "route.fired" && event.rule === rule.id ? [{ seq: event.seq, from: event.from, action: event.action, to: event.to }] : [],
    )
    const declined = events.flatMap((event) => declinedBy(event, rule.id))
    return { rule: rule.id, on: joinText(rule.join), fired, declined, missing: fired.length + declined.length > 0 ? [] : missing(rule, index, state) }
  })

/** One line for the rule, then one for each time. */
export const tellRule = ({ rule, on, fired, declined, missing: waits }: RuleFate): string => {
  const times = fired.length === 0 ? "did not fire" : fired.length === 1 ? "fired once" : `fired ${fired.length} times`
  const why = waits.length === 0 ? "" : `: waited for ${waits.join(", ")}`
  const lines = [
    ...fired.map(({ seq, from, action, to }) => ({ seq, text: `fired${from.length === 0 ? "" : ` by ${from.join(", ")}`}: ${[action, ...to].join(" ")}` })),
    ...declined.map(({ seq, why: reason }) => ({ seq, text: `did not fire: ${reason}` })),
  ].sort((a, b) => a.seq - b.seq)
  return `${rule} on ${on}: ${times}${why}\n${lines.map(({ seq, text }) => `  ${String(seq).padStart(5)} ${text}\n`).join("")}`
}
