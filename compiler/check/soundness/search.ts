/** Exploration of one cone, breadth first, so that the first scenario found is a shortest one. */
import { possible } from "../../ir/join.ts"
import type { EventPattern, FailureKind } from "../../ir/model.ts"
import { privatePlaces } from "./commute.ts"
import type { Course, Move } from "./facts.ts"
import { gameOf } from "./game.ts"
import { isCompensated, placeOf, widthOf, type Cone, type Net, type NetRule } from "./net.ts"
import { isUnknownUndoing, undoneAnyway } from "./reach.ts"
import { expire, playOut } from "./fire.ts"
import { activate, draftOf, endPlace, hasCome, isStarting, putToken, remainingOf, start, type Draft, type Outcome, type Told } from "./play.ts"
import { emptyState, firstState, joinOf, settleState, stateOf, withMember, type Activation, type Game, type State } from "./state.ts"
import { canBeTold, isAboutRun } from "./witness.ts"

export interface SearchOptions {
  /** Sessions may also fail or be cancelled, and the outside world may raise any event once. */
  readonly failures: boolean
  /** Explore one order of independent ends only. */
  readonly reduce: boolean
  /** Most states. */
  readonly bound: number
  /** Rounds of a bounded loop that are counted; after them any number may follow, more than there may be. */
  readonly rounds?: number
  /** Whether a place runs exactly once in every execution without a failure. */
  readonly once: (place: string) => boolean
  readonly done?: (found: Found) => boolean
  /** Places of which it matters whether two are live at once; then `reduce` must be false, since an order left out may be the one. */
  readonly watch?: ReadonlySet<string>
  /** The newest state first: an end is found soon, a shortest scenario is not. */
  readonly deep?: boolean
  /** A place or a case of which it matters how often it is come to. */
  readonly goal?: Goal | undefined
  /** What went before: then the places where the cone starts have been activated, and nothing else is live. */
  readonly begin?: Node | undefined
}

export interface Scenario {
  readonly scenario: string
  readonly course: Course
}

export interface Found {
  readonly fired: Set<string>
  /** Rule to scenario. */
  readonly starved: Map<string, Scenario>
  readonly doubles: Map<string, { readonly rules: readonly [string, string] } & Scenario>
  /** Of the watched places, two that were live at once; every place at most once, as the second. */
  readonly together: Map<string, { readonly places: readonly [string, string] } & Scenario>
  /** What was found only where guards were told what nothing may be able to tell them: `fired r1`, `starved r1`, `double a`, `together a`. */
  readonly unsure: Set<string>
  /** Of the goal. */
  readonly goal: Arrivals
  /** Nothing was left to happen, or a rule ended the run. */
  ended: boolean
  /** All of it was explored. */
  complete: boolean
  /** Something was found only where more agents start at once than may. */
  crowded: boolean
  states: number
}

export interface Goal {
  readonly name: string
  /** What is activated with it. */
  readonly starts: ReadonlyArray<string>
}

/** How it is come to a goal. */
export interface Arrivals {
  /** More than once. */
  again: boolean
  /** An execution came to its end without it. */
  missed: boolean
  /** At all, whatever the inputs of the run are. */
  reached: boolean
  /** As `reached`, and nothing else is left to come. */
  alone: Node | undefined
}

/** Ways to come to a state that are followed, for each state of the bound. */
const arrivalsOfState = 3

export interface Node {
  readonly state: State
  readonly from: Node | undefined
  /** In words: the event, then what guards were told. */
  readonly step: ReadonlyArray<string>
  readonly move?: Move
  readonly told: ReadonlyArray<Told>
  readonly depth: number
  readonly paused: boolean
  /** On the way, more agents took their time to start than may work at once, so that nobody else would have got a place. */
  readonly crowded: boolean
}

/** `undone`: what is undone though nothing fails. */
const isFailureEvent = (rule: NetRule, leaf: number, undone: ReadonlySet<string>): boolean => {
  const event = rule.leaves.find((each) => each.leaf === leaf)?.event
  if (event === undefined) return false
  if (isCompensated(event)) return !undone.has(event.session)
  if (event.source === "session") return event.event !== "done" && event.event !== "settled" && event.event !== "started"
  return event.source === "idle" || event.source === "budget" || event.source === "every"
}

/** Raised by nothing that ends here. */
const isOutside = (net: Net, event: EventPattern): boolean =>
  event.source === "session"
    ? event.event === "asked" || isUnknownUndoing(net, event)
    : event.source === "idle" || event.source === "budget" || event.source === "every"

const outcomesOf = (game: Game, state: State, place: string, failures: boolean): ReadonlyArray<Outcome> => {
  if (place === "human") return [{ event: "selected", tokens: 1 }]
  if (place.startsWith("gate "))
    return (["approved", "rejected", ...(game.limited.has(place) ? ["expired" as const] : [])] as const).map((event) => ({ event, tokens: 1 }))
  const queue = state.live.get(place) ?? []
  return queue.flatMap((activation, at) => {
    // activations of one session come one after the other, fan-outs go on side by side where so many instances may live
    if (at > 0 && !(game.fanned.has(place) && waitingBefore(queue, at) < widthOf(game.net, queue.at(-1)?.by ?? "", place))) return []
    const size = remainingOf(activation)
    // where others hear of the first before the last has ended
    const sizes = size > 1 && game.sizes.has(place) ? [size, 1] : [size]
    return sizes.flatMap((tokens) => endsOf(game, place, tokens, failures).map((outcome) => (at === 0 ? outcome : { ...outcome, at })))
  })
}

const waitingBefore = (queue: ReadonlyArray<Activation>, at: number): number => queue.slice(0, at).reduce((sum, each) => sum + remainingOf(each), 0)

/** How so many instances may end. */
const endsOf = (game: Game, place: string, size: number, failures: boolean): ReadonlyArray<Outcome> => {
  const done: Outcome = { event: "done", tokens: size }
  if (!failures) return [done]
  const listeners = game.listeners.get(place) ?? []
  const kinds = new Set<FailureKind | "other">(["other"])
  for (const rule of listeners)
    for (const { event } of rule.leaves) if (event.source === "session" && event.session === place) event.kinds?.forEach((kind) => kinds.add(kind))
  const failed = [...kinds].flatMap((kind): ReadonlyArray<Outcome> => [
    { event: "failed", kind, tokens: size },
    ...(size > 1 ? [{ event: "failed" as const, kind, tokens: 1, others: size - 1 }] : []),
  ])
  // a person's cancelling is a failure by another name, unless a rule asks for one of the two, or for what is skipped then
  const named = game.skips || game.cone.rules.some(({ leaves }) => leaves.some(({ event }) => event.source === "session" && event.event === "cancelled"))
  return [done, ...failed, ...(named ? [{ event: "cancelled" as const, tokens: size }] : [])]
}

/** What guards were told on the way from `begin`. */
const toldTo = (node: Node, begin: Node | undefined): ReadonlyArray<Told> => {
  const told: Array<Told> = []
  for (let at: Node | undefined = node; at !== undefined && at !== begin; at = at.from) told.push(...at.told)
  return told
}

const courseOf = (node: Node | undefined): Course => {
  const moves: Array<Move> = []
  const told: Array<Told> = []
  const pauses: Array<number> = []
  for (let at = node; at !== undefined; at = at.from) {
    if (at.paused) pauses.push(at.depth)
    if (at.move !== undefined) moves.push(at.move)
    told.push(...at.told)
  }
  const state = node?.state ?? emptyState()
  const sessions = state.live.keys().filter((place) => !place.startsWith("gate ") && place !== "human")
  const starting = sessions.filter((place) => isStarting(state, place))
  return { moves: moves.reverse(), told, pauses: pauses.reverse(), live: sessions.filter((place) => !starting.includes(place)), starting }
}

/** Steps before the part that was explored which are told in words. */
const fewSteps = 20

const scenarioOf = (node: Node, begin: Node | undefined, last: ReadonlyArray<string>): Scenario => {
  const steps = [...last].reverse()
  const isLong = begin !== undefined && begin.depth > fewSteps
  for (let at: Node | undefined = node; at !== undefined && !(isLong && at === begin); at = at.from) if (at.step.length > 0) steps.push(at.step.join(", "))
  if (isLong) steps.push("…")
  return { scenario: steps.reverse().join(" → "), course: courseOf(node) }
}

/** `b`, `b and c`: what a half-satisfied join still lacks. */
const missingOf = (state: State, rule: NetRule): string => {
  const places = rule.leaves
    .filter(({ leaf }) => (joinOf(state, rule).leaves[leaf]?.tokens.length ?? 0) === 0)
    .map(
      ({ leaf, event }) =>
        `${state.short.has(`${rule.id}.${leaf}`) ? "more of " : ""}${placeOf(event) ?? event.source}${isCompensated(event) ? " to be undone" : ""}`,
    )
  return [...new Set(places)].join(" and ")
}

const isStarved = (state: State, rule: NetRule, undone: ReadonlySet<string>): boolean => {
  const join = joinOf(state, rule)
  const short = rule.leaves.some(({ leaf }) => state.short.has(`${rule.id}.${leaf}`))
  if (rule.rule.within !== undefined || (!short && (rule.leaves.length < 2 || !join.leaves.some(({ tokens }) => tokens.length > 0)))) return false
  // what was taken away, or skipped for that reason, was so on purpose
  const taken = (place: string): boolean => state.cancelled.has(place) || (state.status.get(place) === "gone" && !state.live.has(place))
  return !possible(
    rule.join,
    join,
    (leaf) => isFailureEvent(rule, leaf, undone) || rule.leaves.some((each) => each.leaf === leaf && taken(placeOf(each.event) ?? "")),
  )
}

/** An exploration that can be taken up again where it was left. */
export interface Exploration {
  /** Goes on until `done`, or until it has come to `bound` states in all. What was found before stays found. */
  readonly go: (bound: number, done?: (found: Found) => boolean) => Found
  /** Nothing is left to explore. */
  readonly isOver: () => boolean
}

/** Explores the cone from its start. */
export const search = (net: Net, cone: Cone, options: SearchOptions): Found => beginSearch(net, cone, options).go(options.bound, options.done)

export const beginSearch = (net: Net, cone: Cone, options: Omit<SearchOptions, "bound" | "done">): Exploration => {
  const { goal, begin: before } = options
  const { by: starter = "" } = cone
  const game = gameOf(net, cone, { failures: options.failures, rounds: options.rounds ?? Infinity, goal: goal?.name })
  const free = options.reduce && !game.skips ? privatePlaces(net, cone, game.listeners, options.once) : new Set<string>()
  const found: Found = {
    fired: new Set(),
    starved: new Map(),
    doubles: new Map(),
    together: new Map(),
    unsure: new Set(),
    goal: { again: false, missed: false, reached: false, alone: undefined },
    ended: false,
    complete: true,
    crowded: false,
    states: 0,
  }
  const outside = options.failures ? cone.rules.flatMap((rule) => rule.leaves.filter(({ event }) => isOutside(net, event)).map((leaf) => ({ rule, leaf }))) : []
  const undone = undoneAnyway(net)
  const limited = cone.rules.filter(({ rule }) => rule.within !== undefined)

  /** Places for agents, without those that agents beyond the cone take until they have started. */
  const room = net.ir.limits.parallel - net.heardStarts.filter((place) => !cone.places.has(place)).length
  const isCrowded = ({ live, spent }: State, mover: string): boolean =>
    net.heardStarts.length >= room && live.keys().filter((place) => place !== mover && spent.has(`starting ${place}`)).length >= room

  const seen = new Set<string>()
  const queue: Array<Node> = []
  let made = 0
  let isCapped = false
  /** Whether what guards were told on the way can be told. */
  const isSure = (node: Node, what: string): boolean => {
    const told = toldTo(node, before)
    found.crowded ||= node.crowded
    const sure = !node.crowded && told.every(({ atom }) => atom.reads.every((place) => cone.places.has(place))) && canBeTold(net, told)
    if (!sure) found.unsure.add(what)
    return sure
  }
  const watch = (node: Node, watched: ReadonlySet<string>): void => {
    const [first, ...others] = node.state.live.keys().filter((place) => watched.has(place))
    if (first === undefined) return
    for (const place of others)
      if (!found.together.has(place) && isSure(node, `together ${place}`))
        found.together.set(place, { places: [first, place], ...scenarioOf(node, before, []) })
  }
  const noteGoal = (node: Node, { name, starts }: Goal, again: boolean): void => {
    found.goal.again ||= again
    const { live, spent, over } = node.state
    if (again || over || !hasCome(node.state) || (node.from !== undefined && node.from !== before && hasCome(node.from.state))) return
    const isAlone =
      live.keys().every((place) => starts.includes(place)) &&
      live.values().every((queue) => queue.length === 1) &&
      limited.every(({ id }) => spent.has(`within ${id}`))
    if (found.goal.reached && (found.goal.alone !== undefined || !isAlone)) return
    const told = toldTo(node, before)
    if (told.some(isAboutRun) || !isSure(node, name)) return
    found.goal.reached = true
    if (isAlone) found.goal.alone ??= node
  }
  /** Whether the state is new. */
  const arrive = (draft: Draft, from: Node | undefined, event: string, move?: Move): boolean => {
    made += 1
    const { now: depth, notes, told, stopped, unstarted, fired, doubles, capped, paused } = draft
    isCapped ||= capped
    const { state, text } = settleState(game, stateOf(draft))
    const isOld = !state.over && seen.has(text) && fired.every((rule) => found.fired.has(rule)) && doubles.every(({ session }) => found.doubles.has(session))
    if (isOld && goal === undefined && options.watch === undefined) return false
    const node: Node = {
      state,
      from,
      step: event === "" ? notes : [event, ...notes],
      told,
      depth,
      paused,
      crowded: from !== undefined && (from.crowded || (move !== undefined && isCrowded(from.state, move.place))),
      ...(move !== undefined && { move: { ...move, ...(stopped.length > 0 && { stopped }), ...(unstarted.length > 0 && { unstarted }) } }),
    }
    for (const rule of fired) if (!found.fired.has(rule) && isSure(node, `fired ${rule}`)) found.fired.add(rule)
    for (const { session, rules } of doubles)
      if (!found.doubles.has(session) && isSure(node, `double ${session}`))
        found.doubles.set(session, { rules, ...scenarioOf(node, before, [`both activate ${session}`]) })
    // what comes after more than is followed would be made up
    if (capped) return false
    if (goal !== undefined) noteGoal(node, goal, draft.again)
    if (state.over) {
      found.ended = true
      return false
    }
    if (options.watch !== undefined) watch(node, options.watch)
    if (seen.has(text)) return false
    seen.add(text)
    queue.push(node)
    return true
  }

  const begin = draftOf(firstState(cone), before?.depth ?? 0)
  for (const place of cone.start) activate(game, begin, place, starter)
  for (const rule of cone.rules) for (const leaf of rule.leaves) if (leaf.event.source === "fleet") putToken(begin, rule, leaf)
  for (const draft of playOut(game, begin)) arrive(draft, before, "")

  const endOne = (node: Node, place: string): boolean => {
    let fresh = false
    const queue = node.state.live.get(place) ?? []
    const { since = 0, by = "" } = queue[0] ?? {}
    if (isStarting(node.state, place)) {
      const draft = draftOf(node.state, node.depth + 1)
      start(game, draft, place)
      for (const next of playOut(game, draft)) fresh = arrive(next, node, `${place} started`, { place, event: "started", tokens: 1, since, by }) || fresh
      if (!options.failures) return fresh
    }
    for (const outcome of outcomesOf(game, node.state, place, options.failures)) {
      // one whose agent does not start has failed
      if (outcome.event === "done" && isStarting(node.state, place)) continue
      const draft = draftOf(node.state, node.depth + 1)
      endPlace(game, draft, place, outcome)
      const tokens = outcome.tokens + (outcome.others ?? 0)
      const label = `${place} ${outcome.event}${tokens === 1 ? "" : ` (${tokens} instances)`}`
      const event = outcome.kind === undefined ? outcome.event : `${outcome.event}(${outcome.kind})`
      const { since: asked = 0, by: asker = "", first = 0, done = 0, missing = 0 } = queue[outcome.at ?? 0] ?? {}
      const failed = outcome.others === undefined ? {} : { failed: outcome.tokens }
      const move = { place, event, tokens, since: asked, by: asker, ...(game.fanned.has(place) && { first, before: done + missing }), ...failed }
      for (const next of playOut(game, draft)) fresh = arrive(next, node, label, move) || fresh
    }
    return fresh
  }

  const follow = (node: Node): void => {
    const { state, depth } = node
    const due = limited.filter((rule) => !state.spent.has(`within ${rule.id}`))
    for (const rule of due)
      for (const draft of expire(game, draftOf(state, depth + 1), rule))
        arrive(draft, node, `${rule.id} waits too long`, { place: `rule ${rule.id}`, event: "expired", tokens: 1, since: 0, by: "" })
    for (const { rule, leaf } of outside) {
      const mark = `${rule.id}.${leaf.leaf}`
      if (state.spent.has(mark)) continue
      const draft = draftOf(state, depth + 1)
      draft.spent = withMember(draft.spent, mark)
      putToken(draft, rule, leaf)
      const place = placeOf(leaf.event) ?? leaf.event.source
      for (const next of playOut(game, draft)) arrive(next, node, `${place} event`, { place, event: "event", tokens: 1, since: 0, by: "" })
    }
    if (state.live.size === 0) {
      if (due.length === 0) {
        found.ended = true
        if (goal !== undefined) found.goal.missed ||= !hasCome(state)
        for (const rule of cone.rules)
          if (!found.starved.has(rule.id) && isStarved(state, rule, undone) && isSure(node, `starved ${rule.id}`))
            found.starved.set(rule.id, scenarioOf(node, before, [`the join still waits for ${missingOf(state, rule)}`]))
      }
      return
    }
    const ample = state.live.keys().find((place) => free.has(place))
    // an order that leads nowhere new must not hide the others
    if (ample !== undefined && endOne(node, ample)) return
    for (const place of state.live.keys()) if (place !== ample) endOne(node, place)
  }

  let at = 0
  const isOver = (): boolean => at >= queue.length
  const go = (bound: number, done?: (found: Found) => boolean): Found => {
    while (!isOver() && done?.(found) !== true && seen.size <= bound && made <= arrivalsOfState * bound) {
      const node = options.deep === true ? queue.pop() : queue[at++]
      if (node !== undefined) follow(node)
    }
    found.states = seen.size
    found.complete = isOver() && !isCapped
    return found
  }
  return { go, isOver }
}
