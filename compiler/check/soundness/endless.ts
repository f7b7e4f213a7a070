/** Fleets of which no execution ends (language.md 5, never-ends): by a timer that repeats, or by people who are asked again whatever they answer. */
import { components } from "../../ir/components.ts"
import type { Action, Rule } from "../../ir/model.ts"
import { actionsOf, mayEndRun, targetsOf, visitActions } from "./actions.ts"
import { canHold, coneOf, placeOf, type Cone, type Net, type NetRule } from "./net.ts"
import type { Reach } from "./reach.ts"
import type { Found } from "./search.ts"

export type Ends =
  | { readonly kind: "never"; readonly rule: string; readonly scenario: string }
  /** The rule that closes a loop of which it is not known whether every answer leads back into it. */
  | { readonly kind: "undecided"; readonly rule: string }

/**
 * A timer that repeats and always starts something keeps the run going until a rule, or what it spends, ends it. Whether such a rule is ever
 * asked for is not looked at: nobody is accused without proof.
 */
const endlessTimer = (net: Net, reach: Reach): Ends | undefined => {
  const budget = net.ir.budget ?? {}
  if (net.rules.some((rule) => reach.rules.has(rule.id) && mayEndRun(rule.rule))) return undefined
  const spends = (budget.usd ?? budget.tokens ?? budget.turns) !== undefined
  const timer = net.rules.find(
    ({ join, rule, targets }) => canHold(join, ({ source }) => source === "every") && startsAnyway(rule) && !(spends && ![...targets].every(isPeople)),
  )
  return timer === undefined ? undefined : { kind: "never", rule: timer.id, scenario: "the timer fires again and again, and no rule says complete or fail" }
}

/** Whatever its guards say, and however often it has fired, it starts something. */
const startsAnyway = ({ cases }: Rule): boolean =>
  cases.at(-1)?.guard === undefined &&
  cases.every(({ action }) => {
    let starts = false
    visitActions(action, (inner, certain) => (starts ||= certain && !isBounded(inner) && targetsOf(inner).length > 0))
    return starts
  })

const isBounded = (action: Action): boolean => (action.kind === "send" || action.kind === "retry") && action.max !== undefined

/** The places that a rule starts as often as it fires. */
const unboundedTargets = ({ undoing }: Net, rule: NetRule): ReadonlyArray<string> => {
  const targets: Array<string> = []
  for (const action of actionsOf(rule.rule))
    visitActions(action, (inner) => {
      if (inner.kind === "gate") targets.push(`gate ${inner.gate}`)
      else if (inner.kind === "select") targets.push("human")
      else if (inner.kind === "undo") targets.push(inner.session, ...[undoing.by.get(inner.session) ?? []].flat())
      else if ((inner.kind === "send" || inner.kind === "retry") && inner.max === undefined)
        targets.push(...(inner.kind === "send" ? inner.to : [inner.session]))
    })
  return targets
}

const isPeople = (place: string): boolean => place === "human" || place.startsWith("gate ")

interface Loop {
  readonly places: ReadonlySet<string>
  readonly rules: ReadonlyArray<NetRule>
}

/** Loops that go on as long as people answer. */
const loopsOf = (net: Net, reach: Reach): ReadonlyArray<Loop> => {
  const next = new Map<string, Array<string>>()
  const alive = net.rules.filter(({ id }) => reach.rules.has(id))
  for (const rule of alive)
    for (const { event } of rule.leaves) {
      const place = placeOf(event)
      if (place !== undefined) next.set(place, [...(next.get(place) ?? []), ...unboundedTargets(net, rule)])
    }
  if (![...next.keys()].some(isPeople)) return []
  return components([...next.keys()], (place) => next.get(place) ?? []).flatMap((places) => {
    const [first = ""] = places
    if (![...places].some(isPeople) || (places.size === 1 && next.get(first)?.includes(first) !== true)) return []
    const rules = alive.filter(
      (rule) => rule.leaves.some(({ event }) => places.has(placeOf(event) ?? "")) && unboundedTargets(net, rule).some((target) => places.has(target)),
    )
    return [{ places, rules }]
  })
}

/** `run` explores a cone, the newest state first, until an end is found. */
export const findEndless = (net: Net, reach: Reach, run: (cone: Cone) => Found): Ends | undefined => {
  const budget = net.ir.budget ?? {}
  if (budget.wallMs !== undefined) return undefined
  const timer = endlessTimer(net, reach)
  if (timer !== undefined) return timer
  const spends = (budget.usd ?? budget.tokens ?? budget.turns) !== undefined
  const enders = net.rules.filter((rule) => reach.rules.has(rule.id) && (rule.ends || mayEndRun(rule.rule)))
  for (const { places, rules } of loopsOf(net, reach)) {
    const last = rules.at(-1)
    if (last === undefined || (spends && ![...places].every(isPeople))) continue
    // what ends the run from elsewhere, or cancels, may be the way out
    const found = run(coneOf(net, { rules: [...rules, ...enders], places: [...places] }, () => false))
    if (found.ended) continue
    if (!found.complete) return { kind: "undecided", rule: last.id }
    return { kind: "never", rule: last.id, scenario: `${[...places].sort().join(" and ")}: whatever people answer, they are asked again` }
  }
  return undefined
}
