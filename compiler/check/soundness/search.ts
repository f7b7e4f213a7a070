/** Breadth-first exploration of one cone, so that the first scenario found is a shortest one. */
import { enabled, possible } from "../../ir/join.ts"
import type { EventPattern, FailureKind } from "../../ir/model.ts"
import type { Move } from "./facts.ts"
import { placeOf, type Cone, type Net, type NetRule } from "./net.ts"
import {
  activate,
  draftOf,
  endPlace,
  expire,
  isStarting,
  joinOf,
  keyOf,
  playOut,
  putToken,
  start,
  type Draft,
  type Game,
  type Outcome,
  type State,
} from "./play.ts"

export interface SearchOptions {
  /** Sessions may also fail, and the outside world may raise any event once. */
  readonly failures: boolean
  /** Explore one order of independent ends only. */
  readonly reduce: boolean
  /** Most states. */
  readonly bound: number
  /** Whether a place runs exactly once in every execution without a failure. */
  readonly once: (place: string) => boolean
  readonly done?: (found: Found) => boolean
  /** Places of which it matters whether two are live at once; then `reduce` must be false, since an order left out may be the one. */
  readonly watch?: ReadonlySet<string>
}

export interface Scenario {
  readonly scenario: string
  readonly moves: ReadonlyArray<Move>
}

export interface Found {
  readonly fired: Set<string>
  /** Rule to scenario. */
  readonly starved: Map<string, Scenario>
  readonly doubles: Map<string, { readonly rules: readonly [string, string] } & Scenario>
  /** Of the watched places, two that were live at once; every place at most once, as the second. */
  readonly together: Map<string, { readonly places: readonly [string, string]; readonly scenario: string }>
  /** False when the bound was reached. */
  complete: boolean
  states: number
}

interface Node {
  readonly state: State
  readonly from: Node | undefined
  readonly step: string
  /** Absent for what nothing that ends brings about. */
  readonly move?: Move
}

const isFailureEvent = (rule: NetRule, leaf: number): boolean => {
  const event = rule.leaves.find((each) => each.leaf === leaf)?.event
  if (event === undefined) return false
  if (event.source === "session") return event.event !== "done" && event.event !== "settled" && event.event !== "started"
  return event.source === "idle" || event.source === "budget" || event.source === "every"
}

/** What is never activated can still be skipped, and so be settled. */
const isSettled = (event: EventPattern): boolean => event.source === "session" && event.event === "settled"

const outcomesOf = (game: Game, place: string, failures: boolean): ReadonlyArray<Outcome> => {
  if (place === "human") return [{ event: "selected", tokens: 1 }]
  if (place.startsWith("gate "))
    return (["approved", "rejected", ...(game.limited.has(place) ? ["expired" as const] : [])] as const).map((event) => ({ event, tokens: 1 }))
  const listeners = game.listeners.get(place) ?? []
  const fanned = listeners.some((rule) => rule.leaves.some((leaf) => leaf.each && placeOf(leaf.event) === place))
  const outcomes: Array<Outcome> = (fanned ? [1, 0, 2] : [1]).map((tokens) => ({ event: "done", tokens }))
  if (!failures) return outcomes
  const kinds = new Set<FailureKind | "other">(["other"])
  for (const rule of listeners)
    for (const { event } of rule.leaves) if (event.source === "session" && event.session === place) event.kinds?.forEach((kind) => kinds.add(kind))
  return [...outcomes, ...[...kinds].map((kind): Outcome => ({ event: "failed", kind, tokens: 1 }))]
}

/** Places whose ends commute with everything else that can happen in the cone. */
const privatePlaces = (cone: Cone, game: Game, once: (place: string) => boolean): ReadonlySet<string> => {
  const starters = new Map<string, number>(cone.start.map((place) => [place, 1]))
  const cancellable = new Set<string>()
  const readers = new Map<string, Array<NetRule>>()
  let cancelsAny = false
  for (const rule of cone.rules) {
    for (const target of rule.targets) if (!cone.given.has(target)) starters.set(target, (starters.get(target) ?? 0) + 1)
    for (const read of rule.reads) readers.set(read, [...(readers.get(read) ?? []), rule])
    if (rule.ends) {
      cancelsAny ||= rule.rule.join.kind === "event"
      for (const { event } of rule.leaves) cancellable.add(placeOf(event) ?? "")
    }
  }
  const cancels = cancelsAny && /"kind":"cancel"/.test(JSON.stringify(cone.rules.map(({ rule }) => rule)))
  const alone = (place: string): boolean => (starters.get(place) ?? 0) <= 1
  const hearsStart = (place: string): boolean =>
    (game.listeners.get(place) ?? []).some((rule) =>
      rule.leaves.some(({ event }) => event.source === "session" && event.session === place && event.event === "started"),
    )
  const quiet = (rule: NetRule, place: string): boolean => {
    if (rule.ends || rule.rule.within !== undefined || (rule.join.kind !== "event" && rule.join.kind !== "all")) return false
    if (rule.join.kind === "all" && !rule.join.of.every((child) => child.kind === "event")) return false
    if (!rule.leaves.every(({ event }) => event.source === "session" && event.event !== "started" && event.event !== "asked")) return false
    if (![...rule.targets].every((target) => !cone.places.has(target) || (alone(target) && !hearsStart(target)))) return false
    return rule.leaves.length === 1 ? [...rule.reads].every((read) => read === place) : [...rule.reads].every(once)
  }
  const result = new Set<string>()
  for (const place of cone.places) {
    if (cancels || cancellable.has(place) || !alone(place) || hearsStart(place) || place === "human") continue
    const listeners = game.listeners.get(place) ?? []
    if (listeners.every((rule) => quiet(rule, place)) && (readers.get(place) ?? []).every((rule) => listeners.includes(rule))) result.add(place)
  }
  return result
}

const scenarioOf = (node: Node | undefined, last: ReadonlyArray<string>): Scenario => {
  const steps = [...last].reverse()
  const moves: Array<Move> = []
  for (let at = node; at !== undefined; at = at.from) {
    if (at.step !== "") steps.push(at.step)
    if (at.move !== undefined) moves.push(at.move)
  }
  return { scenario: steps.reverse().join(" → "), moves: moves.reverse() }
}

/** `b`, `b and c`: what a half-satisfied join still lacks. */
const missingOf = (state: State, rule: NetRule): string => {
  const places = rule.leaves
    .filter(({ leaf }) => (joinOf(state, rule).leaves[leaf]?.tokens.length ?? 0) === 0)
    .map(({ event }) => placeOf(event) ?? event.source)
  return [...new Set(places)].join(" and ")
}

const isStarved = (state: State, rule: NetRule): boolean => {
  const join = joinOf(state, rule)
  if (rule.leaves.length < 2 || rule.rule.within !== undefined || !join.leaves.some(({ tokens }) => tokens.length > 0)) return false
  const cancelled = (leaf: number): boolean => rule.leaves.some((each) => each.leaf === leaf && state.cancelled.has(placeOf(each.event) ?? ""))
  const skipped = (leaf: number): boolean => state.cancelled.size > 0 && rule.leaves.some((each) => each.leaf === leaf && isSettled(each.event))
  return !possible(rule.join, join, (leaf) => isFailureEvent(rule, leaf) || cancelled(leaf) || skipped(leaf))
}

const watch = (found: Found, node: Node, watched: ReadonlySet<string>): void => {
  const [first, ...others] = [...node.state.live.keys()].filter((place) => watched.has(place))
  if (first === undefined) return
  for (const place of others) if (!found.together.has(place)) found.together.set(place, { places: [first, place], scenario: scenarioOf(node, []).scenario })
}

/** Explores the cone from its start. */
export const search = (net: Net, cone: Cone, options: SearchOptions): Found => {
  const listeners = new Map<string, Array<NetRule>>()
  const readBy = new Map<string, number>()
  for (const rule of cone.rules) {
    for (const read of rule.reads) readBy.set(read, (readBy.get(read) ?? 0) + 1)
    for (const place of new Set(rule.leaves.map(({ event }) => placeOf(event))))
      if (place !== undefined) {
        const list = listeners.get(place)
        if (list === undefined) listeners.set(place, [rule])
        else list.push(rule)
      }
  }
  const game: Game = {
    cone,
    guards: net.guards,
    listeners,
    limited: net.limitedGates,
    shared: new Set([...readBy].filter(([, count]) => count > 1).map(([read]) => read)),
    asked: new Map(),
  }
  const free = options.reduce ? privatePlaces(cone, game, options.once) : new Set<string>()
  const found: Found = { fired: new Set(), starved: new Map(), doubles: new Map(), together: new Map(), complete: true, states: 0 }
  const outside = options.failures
    ? cone.rules.flatMap((rule) =>
        rule.leaves
          .filter(({ leaf, event }) => (isFailureEvent(rule, leaf) && !(event.source === "session" && event.event === "failed")) || isSettled(event))
          .map((leaf) => ({ rule, leaf })),
      )
    : []
  const limited = cone.rules.filter(({ rule }) => rule.within !== undefined)

  const seen = new Set<string>()
  const queue: Array<Node> = []
  /** Whether the state is new. */
  const arrive = (draft: Draft, from: Node | undefined, event: string, ended?: Omit<Move, "answers">): boolean => {
    const step = [event, ...draft.notes].filter((text) => text !== "").join(", ")
    const { live, joins, counts, answers, cancelled, spent, over } = draft
    const node = {
      state: { live, joins, counts, answers, cancelled, spent, over },
      from,
      step,
      ...(ended !== undefined && { move: { ...ended, answers: draft.told } }),
    }
    for (const rule of draft.fired) found.fired.add(rule)
    for (const { session, rules } of draft.doubles)
      if (!found.doubles.has(session)) found.doubles.set(session, { rules, ...scenarioOf(node, [`both activate ${session}`]) })
    if (over) return false
    if (options.watch !== undefined) watch(found, node, options.watch)
    const key = keyOf(node.state)
    if (seen.has(key)) return false
    seen.add(key)
    queue.push(node)
    return true
  }

  const begin = draftOf({ live: new Map(), joins: new Map(), counts: new Map(), answers: new Map(), cancelled: new Set(), spent: new Set(), over: false })
  for (const place of cone.start) activate(game, begin, place, "")
  for (const rule of cone.rules) for (const leaf of rule.leaves) if (leaf.event.source === "fleet") putToken(begin, rule, leaf)
  for (const draft of playOut(game, begin)) arrive(draft, undefined, "")

  const endOne = (node: Node, place: string): boolean => {
    let fresh = false
    if (isStarting(node.state, place)) {
      const draft = draftOf(node.state)
      start(game, draft, place)
      for (const next of playOut(game, draft)) fresh = arrive(next, node, `${place} started`, { place, event: "started", tokens: 1 }) || fresh
      return fresh
    }
    for (const outcome of outcomesOf(game, place, options.failures)) {
      const draft = draftOf(node.state)
      endPlace(game, draft, place, outcome)
      const label = `${place} ${outcome.event}${outcome.tokens === 1 ? "" : ` (${outcome.tokens} instances)`}`
      for (const next of playOut(game, draft))
        fresh =
          arrive(next, node, label, {
            place,
            event: outcome.kind === undefined ? outcome.event : `${outcome.event}(${outcome.kind})`,
            tokens: outcome.tokens,
          }) || fresh
    }
    return fresh
  }

  for (let at = 0; at < queue.length; at++) {
    const node = queue[at]
    if (node === undefined || options.done?.(found) === true) break
    if (queue.length > options.bound) {
      found.complete = false
      break
    }
    const { state } = node
    const due = limited.filter((rule) => !state.spent.has(`within ${rule.id}`) && !enabled(rule.join, joinOf(state, rule)))
    if (options.failures || state.live.size === 0)
      for (const rule of due) for (const draft of expire(game, draftOf(state), rule)) arrive(draft, node, `${rule.id} waits too long`)
    for (const { rule, leaf } of outside) {
      const mark = `${rule.id}.${leaf.leaf}`
      if (state.spent.has(mark)) continue
      const draft = draftOf(state)
      draft.spent.add(mark)
      putToken(draft, rule, leaf)
      for (const next of playOut(game, draft)) arrive(next, node, `${placeOf(leaf.event) ?? leaf.event.source} event`)
    }
    if (state.live.size === 0) {
      if (due.length === 0)
        for (const rule of cone.rules)
          if (!found.starved.has(rule.id) && isStarved(state, rule))
            found.starved.set(rule.id, scenarioOf(node, [`the join still waits for ${missingOf(state, rule)}`]))
      continue
    }
    const ample = [...state.live.keys()].find((place) => free.has(place))
    // an order that leads nowhere new must not hide the others
    if (ample !== undefined && endOne(node, ample)) continue
    for (const place of state.live.keys()) if (place !== ample) endOne(node, place)
  }
  found.states = queue.length
  return found
}
