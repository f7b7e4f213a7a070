/** One step of the net: an event is put on the leaves that name it, and rules fire, in the order written, until none is enabled. */
import { enabled, fire, initial, put, settle, type JoinState } from "../../ir/join.ts"
import type { Action, EventPattern, FailureKind, SessionEvent } from "../../ir/model.ts"
import type { Atom, Guards, Value } from "./guard.ts"
import { placeOf, type Cone, type NetLeaf, type NetRule } from "./net.ts"

/** Tokens and queued activations beyond these say nothing new; only a loop without a bound gets there. */
const mostTokens = 3
const mostQueued = 3
/** Rounds of a bounded loop that are played; more of them repeat what two showed. */
const mostRounds = 2

export interface State {
  /** Rules whose activations wait at a place, the running one first; "" for the start. */
  readonly live: Map<string, ReadonlyArray<string>>
  readonly joins: Map<string, JoinState<0>>
  readonly counts: Map<string, number>
  readonly answers: Map<string, Value>
  readonly cancelled: Set<string>
  /** Environment events and time limits that have been used. */
  readonly spent: Set<string>
  over: boolean
}

export interface Draft extends State {
  readonly agenda: Set<NetRule>
  /** Activations cancelled by what fires: no rule hears of them before those that fire now have fired. */
  readonly unheard: Array<string>
  readonly notes: Array<string>
  readonly told: Array<readonly [asked: string, value: Value]>
  readonly fired: Array<string>
  readonly doubles: Array<{ readonly session: string; readonly rules: readonly [string, string] }>
}

/** How an activation ends; `tokens` is how many instances of a fan-out did so. */
export interface Outcome {
  readonly event: "done" | "failed" | "cancelled" | "approved" | "rejected" | "expired" | "selected"
  readonly kind?: FailureKind | "other"
  readonly tokens: number
}

export interface Game {
  readonly cone: Cone
  readonly guards: Guards
  readonly listeners: ReadonlyMap<string, ReadonlyArray<NetRule>>
  /** Gates that can expire. */
  readonly limited: ReadonlySet<string>
  /** Sessions whose outputs more than one rule asks about. */
  readonly shared: ReadonlySet<string>
  readonly asked: Map<string, Atom>
}

export const draftOf = (state: State): Draft => ({
  live: new Map(state.live),
  joins: new Map(state.joins),
  counts: new Map(state.counts),
  answers: new Map(state.answers),
  cancelled: new Set(state.cancelled),
  spent: new Set(state.spent),
  over: state.over,
  agenda: new Set(),
  unheard: [],
  notes: [],
  told: [],
  fired: [],
  doubles: [],
})

const branchOf = (draft: Draft): Draft => ({
  ...draftOf(draft),
  agenda: new Set(draft.agenda),
  unheard: [...draft.unheard],
  notes: [...draft.notes],
  told: [...draft.told],
  fired: [...draft.fired],
  doubles: [...draft.doubles],
})

export const joinOf = (state: State, rule: NetRule): JoinState<0> => state.joins.get(rule.id) ?? initial(rule.join)

const ends: ReadonlySet<SessionEvent> = new Set<SessionEvent>(["done", "failed", "cancelled", "settled", "skipped"])

const hears = (event: EventPattern, outcome: Outcome): boolean => {
  if (event.source === "gate") return event.event === outcome.event
  if (event.source === "human") return outcome.event === "selected"
  if (event.source !== "session") return false
  if (event.event === "settled") return true
  if (event.event !== outcome.event) return false
  return event.kinds === undefined || (outcome.kind !== undefined && outcome.kind !== "other" && event.kinds.includes(outcome.kind))
}

export const putToken = (draft: Draft, rule: NetRule, { leaf }: NetLeaf): void => {
  const state = joinOf(draft, rule)
  if ((state.leaves[leaf]?.tokens.length ?? 0) >= mostTokens) return
  draft.joins.set(rule.id, put(rule.join, state, leaf, 0))
  draft.agenda.add(rule)
}

const settleLeaf = (draft: Draft, rule: NetRule, { leaf }: NetLeaf): void => {
  draft.joins.set(rule.id, settle(rule.join, joinOf(draft, rule), leaf))
}

const hearsStart = (game: Game, place: string): boolean =>
  (game.listeners.get(place) ?? []).some((rule) =>
    rule.leaves.some(({ event }) => event.source === "session" && event.session === place && event.event === "started"),
  )

/** A session starts when its agent does, which takes its time; one that ended `done` stays, and its next activation is no new start. */
const begin = (game: Game, draft: Draft, place: string): void => {
  if (!draft.spent.has(`open ${place}`) && hearsStart(game, place)) draft.spent.add(`starting ${place}`)
}

export const isStarting = (state: State, place: string): boolean => state.spent.has(`starting ${place}`)

/** The agent of a place is there. Nothing fires yet. */
export const start = (game: Game, draft: Draft, place: string): void => {
  draft.spent.delete(`starting ${place}`)
  draft.spent.add(`open ${place}`)
  for (const rule of game.listeners.get(place) ?? [])
    for (const leaf of rule.leaves)
      if (placeOf(leaf.event) === place && leaf.event.source === "session" && leaf.event.event === "started") putToken(draft, rule, leaf)
}

export const activate = (game: Game, draft: Draft, place: string, by: string): void => {
  if (!game.cone.places.has(place) || (by !== "" && game.cone.given.has(place))) return
  const queue = draft.live.get(place) ?? []
  for (const rule of new Set(queue)) if (rule !== by && rule !== "" && by !== "") draft.doubles.push({ session: place, rules: [rule, by] })
  if (queue.length >= mostQueued) return
  draft.live.set(place, [...queue, by])
  if (queue.length === 0) begin(game, draft, place)
}

/** The running activation of a place ends. Nothing fires yet: see `playOut`. */
export const endPlace = (game: Game, draft: Draft, place: string, outcome: Outcome): void => {
  leave(game, draft, place, outcome)
  tell(game, draft, place, outcome)
}

/** The running activation makes room for the next. */
const leave = (game: Game, draft: Draft, place: string, outcome: Outcome): void => {
  const rest = (draft.live.get(place) ?? []).slice(1)
  if (rest.length > 0) draft.live.set(place, rest)
  else draft.live.delete(place)
  if (outcome.event !== "done") draft.spent.delete(`open ${place}`)
  for (const key of [...draft.answers.keys()]) if (game.asked.get(key)?.reads.includes(place)) draft.answers.delete(key)
  draft.spent.delete(`starting ${place}`)
  if (rest.length > 0) begin(game, draft, place)
}

/** The rules hear how an activation ended. */
const tell = (game: Game, draft: Draft, place: string, outcome: Outcome): void => {
  for (const rule of game.listeners.get(place) ?? [])
    for (const leaf of rule.leaves) {
      if (placeOf(leaf.event) !== place) continue
      if (hears(leaf.event, outcome)) for (let i = 0; i < (leaf.each ? outcome.tokens : 1); i++) putToken(draft, rule, leaf)
      else if (leaf.event.source !== "session" || ends.has(leaf.event.event)) settleLeaf(draft, rule, leaf)
    }
}

const cancelled: Outcome = { event: "cancelled", tokens: 1 }

const cancel = (game: Game, draft: Draft, place: string): void => {
  while (draft.live.has(place)) {
    draft.cancelled.add(place)
    leave(game, draft, place, cancelled)
    draft.unheard.push(place)
  }
}

const perform = (game: Game, draft: Draft, rule: NetRule, action: Action): ReadonlyArray<Draft> => {
  switch (action.kind) {
    case "send":
    case "retry": {
      if (action.max !== undefined) {
        const count = draft.counts.get(action.id) ?? 0
        if (count >= Math.min(action.max.count, mostRounds)) return action.max.then === undefined ? [draft] : perform(game, draft, rule, action.max.then)
        draft.counts.set(action.id, count + 1)
      }
      for (const target of action.kind === "send" ? action.to : [action.session]) activate(game, draft, target, rule.id)
      return [draft]
    }
    case "for":
      return perform(game, draft, rule, action.send)
    case "gate":
      activate(game, draft, `gate ${action.gate}`, rule.id)
      return [draft]
    case "select":
      activate(game, draft, "human", rule.id)
      return [draft]
    case "cancel": {
      const { target } = action
      if (target.kind === "fleet") draft.over = true
      else if (target.kind === "session") cancel(game, draft, target.session)
      else {
        const triggering = new Set(rule.leaves.map(({ event }) => placeOf(event)))
        for (const place of [...draft.live.keys()]) if (!triggering.has(place)) cancel(game, draft, place)
      }
      return [draft]
    }
    case "complete":
    case "fail":
      draft.over = true
      return [draft]
    case "sequence":
      return action.actions.reduce<ReadonlyArray<Draft>>(
        (drafts, step) => drafts.flatMap((each) => (each.over ? [each] : perform(game, each, rule, step))),
        [draft],
      )
    default:
      return [draft]
  }
}

const printValue = (value: Value): string => (typeof value === "string" && value.startsWith("\u0000") ? "something else" : String(value))

/** The first case whose guard holds, once for every way the guards can turn out. */
const choose = (game: Game, draft: Draft, rule: NetRule, from = 0, own: ReadonlyMap<string, Value> = new Map()): ReadonlyArray<Draft> => {
  for (let i = from; i < rule.rule.cases.length; i++) {
    const one = rule.rule.cases[i]
    if (one === undefined) continue
    if (one.guard === undefined) return perform(game, draft, rule, one.action)
    const answers = own.size === 0 ? draft.answers : new Map([...draft.answers, ...own])
    const result = game.guards.evaluate(one.guard.expr, answers)
    if ("value" in result) {
      if (result.value === true) return perform(game, draft, rule, one.action)
      continue
    }
    const atom = result.ask
    game.asked.set(atom.key, atom)
    // an answer that nobody else can ask about is forgotten with the firing
    const kept =
      rule.leaves.length > 1 ||
      atom.reads.some((read) => game.shared.has(read) || placeOf(rule.leaves[0]?.event ?? { source: "fleet" }) !== read) ||
      (atom.reads.length === 0 && !atom.key.includes('"op":"fleet"'))
    return atom.domain.flatMap((value) => {
      const branch = branchOf(draft)
      if (kept) branch.answers.set(atom.key, value)
      branch.told.push([atom.key, value])
      branch.notes.push(
        atom.label === "its guard"
          ? `${atom.reads.length === 0 ? "its guard" : `the guard on ${atom.reads.join(" and ")}`} is ${String(value)}`
          : `${atom.label} = ${printValue(value)}`,
      )
      return choose(game, branch, rule, i, new Map([...own, [atom.key, value]]))
    })
  }
  return [draft]
}

const fireRule = (game: Game, draft: Draft, rule: NetRule): ReadonlyArray<Draft> => {
  const { state, losers } = fire(rule.join, joinOf(draft, rule))
  draft.joins.set(rule.id, state)
  draft.fired.push(rule.id)
  const drafts = choose(game, draft, rule)
  // as in a run: first what the rule does, then the losers
  for (const loser of losers) {
    const event = rule.leaves.find(({ leaf }) => leaf === loser)?.event
    const place = event === undefined ? undefined : placeOf(event)
    if (place !== undefined) for (const each of drafts) if (!each.over) cancel(game, each, place)
  }
  return drafts
}

/** Fires what is enabled until nothing is; several drafts when guards or people decide. */
export const playOut = (game: Game, begin: Draft): ReadonlyArray<Draft> => {
  const finished: Array<Draft> = []
  const work = [begin]
  for (let draft = work.pop(); draft !== undefined; draft = work.pop()) {
    let next: NetRule | undefined
    if (!draft.over)
      for (const rule of draft.agenda) {
        if (!enabled(rule.join, joinOf(draft, rule))) draft.agenda.delete(rule)
        else if (next === undefined || rule.order < next.order) next = rule
      }
    const unheard = next === undefined && !draft.over ? draft.unheard.shift() : undefined
    if (unheard !== undefined) {
      tell(game, draft, unheard, cancelled)
      work.push(draft)
    } else if (next === undefined) finished.push(draft)
    else work.push(...[...fireRule(game, draft, next)].reverse())
  }
  return finished
}

/** What happens when a join has not held in time. */
export const expire = (game: Game, draft: Draft, rule: NetRule): ReadonlyArray<Draft> => {
  const { within } = rule.rule
  draft.spent.add(`within ${rule.id}`)
  return within === undefined ? [draft] : perform(game, draft, rule, within.otherwise).flatMap((each) => playOut(game, each))
}

/** The state as a text: equal texts are equal states. */
export const keyOf = (state: State): string => {
  const sorted = <V>(map: Map<string, V>): ReadonlyArray<readonly [string, V]> => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  const joins = sorted(state.joins).flatMap(([rule, { leaves }]) => {
    const marks = leaves.map((leaf) => `${leaf.tokens.length}.${leaf.owed}${leaf.passed ? "p" : ""}`).join(",")
    return /[1-9p]/.test(marks) ? [`${rule}:${marks}`] : []
  })
  return JSON.stringify([
    sorted(state.live),
    joins,
    sorted(state.counts),
    sorted(state.answers),
    [...state.cancelled].sort(),
    [...state.spent].sort(),
    state.over,
  ])
}
