/** What can be seen of a run: which rules fired, which joins wait for ever, which sessions two rules activated at once. */
import { leavesOf, type Ir, type Rule } from "#ir"
import { readNet } from "../../../compiler/check/soundness/net.ts"
import { undoneAnyway } from "../../../compiler/check/soundness/reach.ts"
import type { Replayed } from "./replay.ts"

export type Events = Replayed["events"]
export const ended = (events: Events) => events.find((event) => event.type === "run.ended")
export const completed = (events: Events): boolean => events.some((event) => event.type === "route.fired" && event.action === "complete")
export const firedIn = (events: Events): ReadonlySet<string> => new Set(events.flatMap((event) => (event.type === "route.fired" ? [event.rule] : [])))

/** The join of the rule holds a part of what it waits for. An empty fan-out satisfies what waits for all of it. */
export const holds = (ir: Ir, { state }: Pick<Replayed, "state">, at: number): boolean => {
  const rule = ir.rules[at]
  const leaves = rule === undefined ? [] : leavesOf(rule.join)
  return (
    state.joins.get(at)?.leaves.some(({ tokens, batches }, number) => {
      const leaf = leaves[number]
      const isAll = leaf?.kind === "instances" && leaf.want.kind === "all"
      return tokens.length > 0 || batches.some(({ fired, count, size }) => !fired && (count > 0 || (isAll && size === 0)))
    }) === true
  )
}

/** Rules whose join holds a part of what it waits for when nothing is left to come. */
export const stuck = (ir: Ir, played: Replayed): ReadonlyArray<string> => {
  const undone = undoneAnyway(readNet(ir))
  const taken = new Set(played.events.flatMap((event) => (event.type === "session.cancelled" || event.type === "session.skipped" ? [event.session] : [])))
  return ir.rules
    .filter((rule, at) => isOfDones(rule, undone) && !waitsFor(rule).some((session) => taken.has(session)) && holds(ir, played, at))
    .map(({ id }) => id)
}
const waitsFor = ({ join }: Rule): ReadonlyArray<string> => leavesOf(join).flatMap((leaf) => (leaf?.event.source === "session" ? [leaf.event.session] : []))

/** Joins of what may also never come without a failure are the failures' business. */
const isOfDones = ({ join }: Rule, undone: ReadonlySet<string>): boolean =>
  (leavesOf(join).length > 1 || join.kind === "instances") &&
  leavesOf(join).every((leaf) => {
    if (leaf?.event.source !== "session") return false
    const { session, event } = leaf.event
    return event === "compensated" ? undone.has(session) : ["done", "settled", "started"].includes(event)
  })

/** Who lost by the firing that is told there. */
const losersAt = (events: Events, at: number): ReadonlySet<string> => {
  const next = events.findIndex(({ type }, later) => later > at && (type.startsWith("route.") || type === "session.queued"))
  return new Set(
    events
      .slice(at, next === -1 ? undefined : next)
      .flatMap((event) => (event.type === "session.cancelled" && event.reason.code === "race_lost" ? [event.session] : [])),
  )
}

/** Of an instance, the session that it is one of. */
const declaredOf = (session: string): string => session.replace(/\[\d+\]$/, "")

/** Sessions that two different rules had activated at once. */
export const doubled = ({ start, sessions }: Pick<Ir, "start" | "sessions">, events: Events): ReadonlyArray<string> => {
  const undoers = new Map(sessions.map(({ id, compensate }) => [id, compensate]))
  const live = new Map<string, ReadonlyArray<string>>(start.map((session) => [session, ["start"]]))
  const found: Array<string> = []
  for (const [at, event] of events.entries()) {
    // what a loser had is gone when the action comes
    if (event.type.startsWith("route.")) for (const session of losersAt(events, at)) live.delete(session)
    const undoer = event.type === "session.compensating" ? undoers.get(declaredOf(event.session)) : undefined
    if (undoer !== undefined) live.set(undoer, [...(live.get(undoer) ?? []), "start"])
    if (event.type === "route.fired")
      for (const session of event.to.map(declaredOf)) {
        const waiting = live.get(session) ?? []
        if (waiting.some((rule) => rule !== event.rule && rule !== "start")) found.push(session)
        live.set(session, [...waiting, event.rule])
      }
    const lost = event.type === "session.cancelled" && event.reason.code === "race_lost"
    if (event.type === "session.done" || event.type === "session.failed" || (event.type === "session.cancelled" && !lost)) {
      const session = declaredOf(event.session)
      live.set(session, (live.get(session) ?? []).slice(1))
    }
  }
  return found
}
