/** What an exploration of a cone has to tell apart, read off its rules. */
import { visitActions, actionsOf } from "./actions.ts"
import { placeOf, hasRace, type Cone, type Net, type NetRule, type PlainJoin } from "./net.ts"
import type { Game } from "./state.ts"

export interface GameOptions {
  /** Sessions may also fail or be cancelled, and the outside world may raise any event once. */
  readonly failures: boolean
  /** Rounds of bounded loops that are counted. */
  readonly rounds: number
  readonly goal?: string | undefined
}

/** Sizes of every fan-out that are worth telling apart, where rules count instances or hear each. */
const sizesOf = (cone: Cone): ReadonlyMap<string, ReadonlyArray<number>> => {
  const sizes = new Map<string, Set<number>>()
  for (const { leaves } of cone.rules)
    for (const { event, each, count } of leaves) {
      const place = placeOf(event)
      if (place === undefined || (!each && count === undefined)) continue
      const known = sizes.get(place) ?? new Set([1, 0, 2])
      if (count !== undefined) for (const size of [count - 1, count]) known.add(size)
      sizes.set(place, known)
    }
  return new Map([...sizes].map(([place, known]) => [place, [...known]]))
}

/** The places whose `done` is consumed whenever the rule fires. */
const alwaysConsumed = (rule: NetRule): ReadonlySet<string> => {
  const places = new Set<string>()
  const visit = (join: PlainJoin): void => {
    if (join.kind === "event") {
      const { event } = join
      if (event.source === "session" && event.event === "done" && rule.leaves.filter((leaf) => placeOf(leaf.event) === event.session).length === 1)
        places.add(event.session)
    } else if (join.kind === "all") join.of.forEach(visit)
  }
  visit(rule.join)
  return rule.rule.within === undefined ? places : new Set()
}

export const gameOf = (net: Net, cone: Cone, { failures, rounds, goal }: GameOptions): Game => {
  const listeners = new Map<string, Array<NetRule>>()
  const readBy = new Map<string, number>()
  const byLatest = new Set<string>()
  const byEnd = new Set<string>()
  let cancels = false
  for (const rule of cone.rules) {
    const consumed = alwaysConsumed(rule)
    for (const each of rule.readsEnds) byEnd.add(each)
    for (const read of rule.reads) {
      readBy.set(read, (readBy.get(read) ?? 0) + 1)
      if (!consumed.has(read)) byLatest.add(read)
    }
    for (const place of new Set(rule.leaves.map(({ event }) => placeOf(event))))
      if (place !== undefined) {
        const list = listeners.get(place)
        if (list === undefined) listeners.set(place, [rule])
        else list.push(rule)
      }
    cancels ||= hasRace(rule.rule.join)
    for (const action of actionsOf(rule.rule)) visitActions(action, (inner) => (cancels ||= inner.kind === "cancel" && inner.target.kind !== "fleet"))
  }
  const hearsSkips = cone.rules.some(({ leaves }) =>
    leaves.some(({ event }) => event.source === "session" && (event.event === "skipped" || event.event === "settled") && !net.start.has(event.session)),
  )
  const readLeaves = cone.rules.flatMap((rule) =>
    rule.leaves.flatMap(({ leaf, event }) => {
      const place = placeOf(event)
      return place !== undefined && readBy.has(place) ? [{ rule, leaf, place }] : []
    }),
  )
  return {
    net,
    cone,
    guards: net.guards,
    listeners,
    limited: net.limitedGates,
    read: new Set(readBy.keys()),
    shared: new Set([...readBy].filter(([, count]) => count > 1).map(([read]) => read)),
    byLatest,
    byEnd,
    readLeaves,
    undoes: cone.rules.some(({ undoes }) => undoes.size > 0),
    readers: new Set(readLeaves.map(({ rule }) => rule)),
    skips: cancels || (failures && hearsSkips),
    fanned: net.fanned,
    sizes: sizesOf(cone),
    rounds,
    goal,
  }
}
