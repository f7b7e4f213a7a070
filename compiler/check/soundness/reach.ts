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
  const undone = new Set<string>()
  for (const { rule } of net.rules) for (const action of actionsOf(rule)) visitActions(action, (inner) => inner.kind === "undo" && undone.add(inner.session))
  for (const { id, compensate } of net.ir.sessions) if (compensate !== undefined && undone.has(id)) work.push(compensate)

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
