/** What could fire if tokens never ran out and every guard could hold: cheap, and never too little. */
import type { EventPattern } from "../../ir/model.ts"
import { actionsOf, visitActions } from "./actions.ts"
import { canHold, placeOf, type Net } from "./net.ts"

export interface Reach {
  readonly rules: ReadonlySet<string>
  readonly places: ReadonlySet<string>
}

/** Linear in the net but for joins, which are looked at once per member. `dead` rules are taken out. */
export const readReach = (net: Net, dead: ReadonlySet<string>): Reach => {
  const rules = new Set<string>()
  const places = new Set<string>()
  const work = [...net.start]
  work.push(...undoersOf(net))

  const unstarted = (event: EventPattern): boolean =>
    placeOf(event) === undefined || (event.source === "session" && (event.event === "skipped" || event.event === "settled"))
  const tryRule = (rule: Net["rules"][number]): void => {
    if (rules.has(rule.id) || dead.has(rule.id)) return
    const holds = rule.rule.within !== undefined || canHold(rule.join, (event) => unstarted(event) || places.has(placeOf(event) ?? ""))
    if (!holds) return
    rules.add(rule.id)
    work.push(...rule.targets)
  }
  for (const rule of net.rules) if (rule.leaves.some(({ event }) => unstarted(event)) || rule.rule.within !== undefined) tryRule(rule)
  for (let place = work.pop(); place !== undefined; place = work.pop()) {
    if (places.has(place)) continue
    places.add(place)
    net.listeners.get(place)?.forEach(tryRule)
  }
  return { rules, places }
}

/** Sessions that some rule has undo others. */
const undoersOf = (net: Net): ReadonlyArray<string> => {
  const undone = new Set<string>()
  for (const { rule } of net.rules) for (const action of actionsOf(rule)) visitActions(action, (inner) => inner.kind === "undo" && undone.add(inner.session))
  return net.ir.sessions.flatMap(({ id, compensate }) => (compensate !== undefined && undone.has(id) ? [compensate] : []))
}

/** Places that a rule's `undo` may lead to. Explorations do not follow it. */
export const undoingReach = (net: Net): ReadonlySet<string> => {
  const found = new Set<string>()
  const work = [...undoersOf(net)]
  for (let place = work.pop(); place !== undefined; place = work.pop()) {
    if (found.has(place)) continue
    found.add(place)
    for (const { targets } of net.listeners.get(place) ?? []) work.push(...targets)
  }
  return found
}
