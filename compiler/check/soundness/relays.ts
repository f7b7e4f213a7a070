/**
 * Relays: sessions that hand one activation around, so that at most one of them is live at a time. A relay is a cycle of places (or one
 * place alone) that is entered at most once in a run, and in which the end of one activation starts at most one other. Nothing in it can
 * be activated twice at once, whatever guards and counters say: it needs no exploration.
 */
import { components } from "../../ir/components.ts"
import type { Action } from "../../ir/model.ts"
import { actionsOf, targetsOf, visitActions } from "./actions.ts"
import { placeOf, type Net, type NetRule } from "./net.ts"

export interface Relays {
  /** The place is never activated while one of its relay is live. */
  readonly inRelay: (place: string) => boolean
  /** It is activated at most once in a run. */
  readonly atMostOnce: (place: string) => boolean
}

type Targets = ReadonlyArray<string>

/** Sequences of alternatives multiply; past this many nothing is decided here. */
const mostAlternatives = 32

/** The targets of an action, once for every way its counters can turn out; undefined when they cannot be told. */
const alternativesOf = (action: Action): ReadonlyArray<Targets> | undefined => {
  switch (action.kind) {
    case "send":
    case "retry":
      return action.max?.then === undefined ? [targetsOf(action)] : withTargets(alternativesOf(action.max.then), targetsOf(action))
    case "for":
      return alternativesOf(action.send)
    case "sequence": {
      let all: ReadonlyArray<Targets> = [[]]
      for (const step of action.actions) {
        const more = alternativesOf(step)
        if (more === undefined || all.length * more.length > mostAlternatives) return undefined
        all = all.flatMap((targets) => more.map((others) => [...targets, ...others]))
      }
      return all
    }
    case "select":
      return undefined
    default:
      return [targetsOf(action)]
  }
}

const withTargets = (others: ReadonlyArray<Targets> | undefined, targets: Targets): ReadonlyArray<Targets> | undefined => others && [targets, ...others]

/** What one firing may start, once for every case; undefined when it cannot be told. */
const outcomesOf = ({ rule }: NetRule): ReadonlyArray<Targets> | undefined => {
  const outcomes = rule.cases.map(({ action }) => alternativesOf(action))
  return rule.within !== undefined || outcomes.includes(undefined) ? undefined : outcomes.flatMap((each) => each ?? [])
}

const isEnd = ({ leaves }: NetRule): boolean =>
  leaves.every(
    ({ event, each, count }) =>
      !each &&
      count === undefined &&
      (event.source === "gate" || (event.source === "session" && ["done", "failed", "cancelled", "settled"].includes(event.event))),
  )

/** Linear in the net. */
export const readRelays = (net: Net): Relays => {
  const outcomes = new Map<NetRule, ReadonlyArray<Targets>>()
  /** Places that may be started in ways that are not followed here. */
  const loose = new Set<string>([...net.undoing.compensators, ...net.undoing.ofInstances])
  for (const rule of net.rules) {
    const known = isEnd(rule) ? outcomesOf(rule) : undefined
    if (known !== undefined) outcomes.set(rule, known)
    else for (const action of actionsOf(rule.rule)) visitActions(action, (inner) => targetsOf(inner).forEach((target) => loose.add(target)))
  }
  const places = new Set([...net.start, ...net.activators.keys(), ...net.listeners.keys()])
  const next = (place: string): Targets => (net.listeners.get(place) ?? []).flatMap(({ targets }) => [...targets])
  const relayOf = new Map<string, ReadonlySet<string>>()
  const single = new Set<ReadonlySet<string>>()
  const inRelay = (place: string): boolean => single.has(relayOf.get(place) ?? new Set())
  const isOnce = (place: string): boolean => inRelay(place) && relayOf.get(place)?.size === 1 && !next(place).includes(place)

  // each comes after those it leads to: turned around, a relay is known before those it enters
  for (const members of components([...places], next).toReversed()) {
    for (const place of members) relayOf.set(place, members)
    const count = (targets: Targets): number => targets.filter((target) => members.has(target)).length
    const most = (rule: NetRule): number => Math.max(0, ...(outcomes.get(rule) ?? []).map(count))
    const listening = (place: string): ReadonlyArray<NetRule> => net.listeners.get(place) ?? []

    /** The end of one activation starts at most one other. */
    const conserves = [...members].every((place) => {
      const inside = listening(place).filter((rule) => most(rule) > 0)
      return inside.length <= 1 && inside.every((rule) => rule.leaves.length === 1 && most(rule) === 1)
    })

    /** Entered at most once by all of these rules together. */
    const entersOnce = (rules: ReadonlyArray<NetRule>): boolean => {
      const [first] = rules
      if (first === undefined) return true
      if (rules.length === 1 && first.join.kind === "all" && first.join.of.every(({ kind }) => kind === "event"))
        return most(first) <= 1 && first.leaves.some(({ event }) => isOnce(placeOf(event) ?? ""))
      const sources = new Set(rules.map(({ leaves }) => (leaves.length === 1 && leaves[0] !== undefined ? placeOf(leaves[0].event) : undefined)))
      const relays = new Set([...sources].map((place) => (place === undefined ? undefined : relayOf.get(place))))
      const [relay] = relays
      if (relays.size > 1 || relay === undefined || !single.has(relay)) return false
      // whoever leaves a relay must not go on in it, or it could leave again
      const stays = (targets: Targets): boolean => targets.some((target) => relay.has(target))
      return [...sources].every((place) => {
        const here = rules.filter(({ leaves }) => placeOf(leaves[0]?.event ?? { source: "human" }) === place)
        const others = listening(place ?? "").filter((rule) => !here.includes(rule))
        return (
          here.reduce((sum, rule) => sum + most(rule), 0) <= 1 &&
          here.every((rule) => (outcomes.get(rule) ?? []).every((targets) => count(targets) === 0 || !stays(targets))) &&
          others.every((rule) => !(outcomes.get(rule) ?? []).some(stays))
        )
      })
    }

    const started = [...members].filter((place) => net.start.has(place)).length
    const entering = new Set(
      [...members].flatMap((place) => net.activators.get(place) ?? []).filter((rule) => !rule.leaves.some(({ event }) => members.has(placeOf(event) ?? ""))),
    )
    const entered = started === 0 ? entersOnce([...entering]) : started === 1 && entering.size === 0
    if (entered && conserves && ![...members].some((place) => loose.has(place))) single.add(members)
  }
  return { inRelay, atMostOnce: isOnce }
}
