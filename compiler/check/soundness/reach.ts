/** What could fire if tokens never ran out and every guard could hold: cheap, and never too little. */
import type { EventPattern } from "../../ir/model.ts"
import { canHold, isCompensated, placeOf, type Net, type NetRule } from "./net.ts"

export interface Reach {
  readonly rules: ReadonlySet<string>
  readonly places: ReadonlySet<string>
  /** Sessions that rules undo. */
  readonly undone: ReadonlySet<string>
}

/** Linear in the net but for joins, which are looked at once per member. `dead` rules are taken out. */
export const readReach = (net: Net, dead: ReadonlySet<string>): Reach => reachOf(net, dead, () => true)

/** `comes`: whether the event is one to reckon with. */
const reachOf = (net: Net, dead: ReadonlySet<string>, comes: (event: EventPattern) => boolean): Reach => {
  const rules = new Set<string>()
  const places = new Set<string>()
  const work = [...net.start, ...net.undoing.ofInstances]
  /** Sessions that some rule undoes, whether they have run or not. */
  const asked = new Set<string>()
  const undone = new Set<string>()

  const unstarted = (event: EventPattern): boolean =>
    comes(event) && (placeOf(event) === undefined || (event.source === "session" && (event.event === "skipped" || event.event === "settled")))
  const canCome = (event: EventPattern): boolean =>
    comes(event) && (isCompensated(event) ? undone.has(event.session) || isUnknownUndoing(net, event) : unstarted(event) || places.has(placeOf(event) ?? ""))
  const tryRule = (rule: NetRule): void => {
    if (rules.has(rule.id) || dead.has(rule.id)) return
    const holds = rule.rule.within !== undefined || canHold(rule.join, canCome)
    if (!holds) return
    rules.add(rule.id)
    work.push(...rule.targets)
    for (const session of rule.undoes) {
      asked.add(session)
      tryUndo(session)
    }
  }
  const tryUndo = (session: string): void => {
    const by = net.undoing.by.get(session)
    if (by === undefined || !asked.has(session) || !places.has(session) || undone.has(session)) return
    undone.add(session)
    work.push(by)
    net.listeners.get(session)?.forEach(tryRule)
  }
  for (const rule of net.rules) if (rule.leaves.some(({ event }) => unstarted(event)) || rule.rule.within !== undefined) tryRule(rule)
  for (let place = work.pop(); place !== undefined; place = work.pop()) {
    if (places.has(place)) continue
    places.add(place)
    net.listeners.get(place)?.forEach(tryRule)
    tryUndo(place)
  }
  return { rules, places, undone }
}

/** Of instances, which is not followed; or of a session that says nothing about how, which is told of elsewhere. */
export const isUnknownUndoing = (net: Net, event: EventPattern): boolean =>
  isCompensated(event) && !net.undoing.by.has(event.session) && (!net.undoable.has(event.session) || net.undoing.instances.has(event.session))

/** It comes though nothing fails, and cannot always be later than something else. */
export const comesAnyway = (event: EventPattern): boolean =>
  event.source === "session" ? !["failed", "asked"].includes(event.event) : ["fleet", "gate", "human"].includes(event.source)

/** Sessions that may be undone though nothing fails. */
export const undoneAnyway = (net: Net): ReadonlySet<string> => (net.undoing.rules.length === 0 ? new Set() : reachOf(net, new Set(), comesAnyway).undone)

/** Places that a rule which undoes instances may lead to. Explorations do not follow it. */
export const undoingReach = (net: Net): ReadonlySet<string> => {
  const found = new Set<string>()
  const isOfInstances = ({ event }: NetRule["leaves"][number]): boolean => isCompensated(event) && net.undoing.instances.has(event.session)
  const work = [...net.undoing.ofInstances, ...net.rules.flatMap(({ leaves, targets }) => (leaves.some(isOfInstances) ? [...targets] : []))]
  for (let place = work.pop(); place !== undefined; place = work.pop()) {
    if (found.has(place)) continue
    found.add(place)
    for (const { targets } of net.listeners.get(place) ?? []) work.push(...targets)
  }
  return found
}
