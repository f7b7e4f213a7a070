/**
 * What has certainly happened when a rule of an IR fires, read off the IR alone: the sessions that its join says, and those that every way to
 * them passes through. The greatest fixed point over the rules. Sets of sessions are bits of a bigint.
 */
import type { Action, EventPattern, Ir, Join } from "./model.ts"

export interface Certain {
  /** sessions that have certainly ended `done` */
  readonly done: (session: string) => boolean
  readonly failed: (session: string) => boolean
}

/** Of nothing it is certain that it has happened. */
export const nothingCertain: Certain = { done: () => false, failed: () => false }

/** What is certain when a rule with this join fires. */
export const certainIn = (ir: Ir): ((join: Join) => Certain) => {
  const bits = new Map(ir.sessions.map(({ id }, at) => [id, 1n << BigInt(at)]))
  const bitOf = (session: string): bigint => bits.get(session) ?? 0n
  const before = waysIn(ir, bitOf)
  const all = (1n << BigInt(ir.sessions.length)) - 1n
  const afterEvent = (event: EventPattern): bigint | undefined => certainAfter(event, before, bitOf)
  return (join) => {
    const done = combine(join, afterEvent) ?? all
    const failed = combine(join, (event) => (event.source === "session" && event.event === "failed" ? bitOf(event.session) : 0n)) ?? 0n
    return { done: (session) => (done & bitOf(session)) !== 0n, failed: (session) => (failed & bitOf(session)) !== 0n }
  }
}

/** What is certain when a session is activated, a gate opened, or a selection asked for; absent: no way there is known yet. */
type Before = ReadonlyMap<string, bigint>

const gatePlace = (gate: string): string => `gate ${gate}`
const selection = "a selection"

const placeOf = (event: EventPattern): string | undefined => {
  if (event.source === "session" || event.source === "idle") return event.session
  return event.source === "gate" ? gatePlace(event.gate) : event.source === "human" ? selection : undefined
}

/** `undefined` is everything: what never happens may promise anything. */
const certainAfter = (event: EventPattern, before: Before, bitOf: (session: string) => bigint): bigint | undefined => {
  const place = placeOf(event)
  if (place === undefined) return 0n
  const known = before.get(place)
  if (event.source !== "session") return known
  if (event.event === "done" || event.event === "compensated") return known === undefined ? undefined : known | bitOf(event.session)
  return ["started", "failed", "asked"].includes(event.event) ? known : 0n
}

const waysIn = (ir: Ir, bitOf: (session: string) => bigint): Before => {
  const before = new Map<string, bigint>()
  const listeners = new Map<string, Array<Ir["rules"][number]>>()
  for (const rule of ir.rules)
    for (const place of new Set(eventsOf(rule.join).flatMap((event) => placeOf(event) ?? []))) {
      const known = listeners.get(place)
      if (known === undefined) listeners.set(place, [rule])
      else known.push(rule)
    }
  const undone = new Map(ir.sessions.flatMap(({ id, compensate }) => (compensate === undefined ? [] : [[id, compensate] as const])))
  const waiting = new Set(ir.rules)
  const meet = (place: string, certain: bigint): void => {
    for (let [at, now]: [string | undefined, bigint] = [place, certain]; at !== undefined; now |= bitOf(at), at = undone.get(at)) {
      const known = before.get(at)
      if (known !== undefined && (known & now) === known) return
      before.set(at, known === undefined ? now : known & now)
      for (const rule of listeners.get(at) ?? []) waiting.add(rule)
    }
  }
  for (const id of ir.start) meet(id, 0n)
  // who routes beside the rules may begin anything at any time
  if (ir.mode.use !== "static" || ir.rules.some((rule) => actionsOf(rule).some(({ kind }) => kind === "use"))) for (const { id } of ir.sessions) meet(id, 0n)
  for (const rule of waiting) {
    waiting.delete(rule)
    const fired = combine(rule.join, (event) => certainAfter(event, before, bitOf))
    if (fired !== undefined) for (const { action } of rule.cases) for (const place of broughtAbout(action)) meet(place, fired)
    if (rule.within !== undefined) for (const place of broughtAbout(rule.within.otherwise)) meet(place, 0n)
  }
  return before
}

const eventsOf = (join: Join): ReadonlyArray<EventPattern> => (join.kind === "event" || join.kind === "instances" ? [join.event] : join.of.flatMap(eventsOf))

const actionsOf = ({ cases, within }: Ir["rules"][number]): ReadonlyArray<Action> => [
  ...cases.flatMap(({ action }) => actionsIn(action)),
  ...(within === undefined ? [] : actionsIn(within.otherwise)),
]

const actionsIn = (action: Action): ReadonlyArray<Action> => {
  if (action.kind === "sequence") return action.actions.flatMap(actionsIn)
  if (action.kind === "for") return actionsIn(action.send)
  if (action.kind !== "send" && action.kind !== "retry") return [action]
  return action.max?.then === undefined ? [action] : [action, ...actionsIn(action.max.then)]
}

const broughtAbout = (action: Action): ReadonlyArray<string> =>
  actionsIn(action).flatMap((each) => {
    if (each.kind === "send") return each.to
    if (each.kind === "retry") return [each.session]
    return each.kind === "gate" ? [gatePlace(each.gate)] : each.kind === "select" ? [selection] : []
  })

const combine = (join: Join, ofEvent: (event: EventPattern) => bigint | undefined): bigint | undefined => {
  if (join.kind === "event" || join.kind === "instances") return ofEvent(join.event)
  const members = join.of.map((member) => combine(member, ofEvent))
  return join.kind === "all" || (join.kind === "atLeast" && join.count >= members.length) ? union(members) : intersection(members)
}

const union = (sets: ReadonlyArray<bigint | undefined>): bigint | undefined =>
  sets.reduce((all, set) => (all === undefined || set === undefined ? undefined : all | set), 0n)

/** Of the sets that are known. */
const intersection = (sets: ReadonlyArray<bigint | undefined>): bigint | undefined =>
  sets.reduce((all, set) => (all === undefined || set === undefined ? (all ?? set) : all & set), undefined)
