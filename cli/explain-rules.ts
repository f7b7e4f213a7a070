/** What became of each rule in a run: when it fired and to what, when it did not and why, and what a rule that never fired waited for. */
import { enabled, initial, leavesOf, type Ir, type Rule } from "#ir"
import type { FleetEvent, State } from "#runtime"
import { eventText, joinText } from "./join-text.ts"

export interface RuleFate {
  readonly rule: string
  readonly on: string
  readonly fired: ReadonlyArray<{ readonly seq: number; readonly from: ReadonlyArray<string>; readonly action: string; readonly to: ReadonlyArray<string> }>
  readonly declined: ReadonlyArray<{ readonly seq: number; readonly why: string }>
  /** Events that a round of the join which has begun, or the first, had not got, each with what is known of it. */
  readonly missing: ReadonlyArray<string>
  /** Why nothing came of what it had got, when it lacks nothing. */
  readonly late?: string
}

const reasons = { guard: "no case held", limit: "its limit is reached" } as const

const declinedBy = (event: FleetEvent, rule: string): RuleFate["declined"] => {
  if (event.type === "route.declined" && event.rule === rule) return [{ seq: event.seq, why: reasons[event.reason] }]
  if (event.type === "route.failed" && event.rule === rule) return [{ seq: event.seq, why: `it failed: ${event.error.message}` }]
  return []
}

type Held = ReturnType<typeof initial<unknown>>

const heldBy = (rule: Rule, index: number, state: State): Held => state.joins.get(index) ?? initial(rule.join)

/** What its fan-outs have got of what it waits for, and how many instances ended otherwise. */
const countOf = ({ batches }: Held["leaves"][number]): string => {
  const open = batches.find(({ fired, count, missing }) => !fired && count + missing > 0)
  if (open === undefined) return ""
  const of = open.size === undefined ? "" : ` of ${open.size}`
  return ` (${open.count}${of} came${open.missing === 0 ? "" : `, ${open.missing} ended without`})`
}

/** Leaves that are not satisfied, with what their session came to. */
const missing = (rule: Rule, held: Held, state: State): ReadonlyArray<string> =>
  leavesOf(rule.join).flatMap((leaf) => {
    if (leaf === undefined || enabled(leaf, held)) return []
    const { event } = leaf
    const known = held.leaves[leaf.leaf]
    const count = known === undefined ? "" : countOf(known)
    const status = event.source === "session" || event.source === "idle" ? state.sessions.get(event.session)?.status : undefined
    return [`${eventText(event)}${count}${status === undefined ? "" : ` (${status === "pending" ? "never activated" : `is ${status}`})`}`]
  })

const holdsSome = ({ leaves }: Held): boolean =>
  leaves.some(({ tokens, batches }) => tokens.length > 0 || batches.some(({ fired, count, missing: gone }) => !fired && count + gone > 0))

/** Why a rule that lacks nothing did nothing. */
const lateness = (ir: Ir, state: State, holds: boolean): string | undefined => {
  if (ir.mode.use === "llm") return "the fleet's mode is llm, in which no rule fires"
  return holds && state.phase === "ended" ? "the run ended before it could" : undefined
}

export const ruleFates = (ir: Ir, events: ReadonlyArray<FleetEvent>, state: State): ReadonlyArray<RuleFate> =>
  ir.rules.map((rule, index) => {
    const fired = events.flatMap((event) =>
      event.type === "route.fired" && event.rule === rule.id ? [{ seq: event.seq, from: event.from, action: event.action, to: event.to }] : [],
    )
    const declined = events.flatMap((event) => declinedBy(event, rule.id))
    const held = heldBy(rule, index, state)
    const [holds, isNew] = [holdsSome(held), fired.length + declined.length === 0]
    const late = enabled(rule.join, held) || ir.mode.use === "llm" ? lateness(ir, state, holds) : undefined
    const waits = late === undefined && (isNew || holds) ? missing(rule, held, state) : []
    return { rule: rule.id, on: joinText(rule.join), fired, declined, missing: waits, ...(late === undefined ? {} : { late }) }
  })

/** One line for the rule, then one for each time. */
export const tellRule = ({ rule, on, fired, declined, missing: waits, late }: RuleFate): string => {
  const times = fired.length === 0 ? "did not fire" : fired.length === 1 ? "fired once" : `fired ${fired.length} times`
  const then = fired.length + declined.length === 0 ? ": " : ", then "
  const why = waits.length > 0 ? `${then}waited for ${waits.join(", ")}` : late === undefined ? "" : `${then}${late}`
  const lines = [
    ...fired.map(({ seq, from, action, to }) => ({ seq, text: `fired${from.length === 0 ? "" : ` by ${from.join(", ")}`}: ${[action, ...to].join(" ")}` })),
    ...declined.map(({ seq, why: reason }) => ({ seq, text: `did not fire: ${reason}` })),
  ].sort((a, b) => a.seq - b.seq)
  return `${rule} on ${on}: ${times}${why}\n${lines.map(({ seq, text }) => `  ${String(seq).padStart(5)} ${text}\n`).join("")}`
}
