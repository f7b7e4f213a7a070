/** One step of the net: an event is put on the leaves that name it, and rules fire, in the order written, until none is enabled. */
import { enabled, fire, put, settle, type Consumed, type JoinState } from "../../ir/join.ts"
import type { Action, EventPattern, FailureKind, SessionEvent } from "../../ir/model.ts"
import type { Atom, Value } from "./guard.ts"
import { placeOf, type NetLeaf, type NetRule } from "./net.ts"
import { skipsOf } from "./skips.ts"
import { answerKey, joinOf, stateOf, withEntry, withMember, withoutEntry, withoutMember, type Game, type State } from "./state.ts"

/** Tokens on a leaf, and activations that wait at a place: more of them are not followed, and nothing is decided then. */
const most = 64
/** Firings that follow from one move, for each rule, and ways in which their guards turn out. */
const firingsOfRule = 4
const mostWays = 500

/** What a guard asked and was told. */
export interface Told {
  readonly atom: Atom
  readonly value: Value
  /** The versions of what the atom reads. */
  readonly at: ReadonlyArray<number>
}

export type Draft = { -readonly [Part in keyof State]: State[Part] } & {
  /** The move that is being made. */
  readonly now: number
  readonly agenda: Set<NetRule>
  /** Ends that no rule hears of before those that fire now have fired. */
  readonly unheard: Array<{ readonly place: string; readonly outcome: Outcome; readonly version: number }>
  readonly notes: Array<string>
  readonly told: Array<Told>
  /** Places whose running activation was cancelled. */
  readonly stopped: Array<string>
  /** Places at which this move has let the next activation run. */
  readonly next: Set<string>
  /** Those whose agent had not started yet. */
  readonly unstarted: Array<string>
  readonly fired: Array<string>
  readonly doubles: Array<{ readonly session: string; readonly rules: readonly [string, string] }>
  /** Something failed, was cancelled or skipped, and what follows for others has not been looked at. */
  broke: boolean
  /** More piled up than is followed. */
  capped: boolean
  /** It has come to the goal for the second time. */
  again: boolean
}

/** How an activation ends; `tokens` is how many instances of a fan-out did so, `others` how many of them were done instead. */
export interface Outcome {
  readonly event: "done" | "failed" | "cancelled" | "skipped" | "approved" | "rejected" | "expired" | "selected"
  readonly kind?: FailureKind | "other"
  readonly tokens: number
  readonly others?: number
}

export const draftOf = (state: State, now: number): Draft => ({
  ...stateOf(state),
  now,
  agenda: new Set(),
  unheard: [],
  notes: [],
  told: [],
  stopped: [],
  next: new Set(),
  unstarted: [],
  fired: [],
  doubles: [],
  broke: false,
  capped: false,
  again: false,
})

const branchOf = (draft: Draft): Draft => ({
  ...draft,
  now: draft.now,
  agenda: new Set(draft.agenda),
  unheard: [...draft.unheard],
  notes: [...draft.notes],
  told: [...draft.told],
  stopped: [...draft.stopped],
  next: new Set(draft.next),
  unstarted: [...draft.unstarted],
  fired: [...draft.fired],
  doubles: [...draft.doubles],
  broke: draft.broke,
  capped: draft.capped,
  again: draft.again,
})

const ends: ReadonlySet<SessionEvent> = new Set<SessionEvent>(["done", "failed", "cancelled", "settled", "skipped"])

const hears = (event: EventPattern, outcome: Outcome): boolean => {
  if (event.source === "gate") return event.event === outcome.event
  if (event.source === "human") return outcome.event === "selected"
  if (event.source !== "session") return false
  if (event.event === "settled") return true
  if (event.event !== outcome.event) return false
  return event.kinds === undefined || (outcome.kind !== undefined && outcome.kind !== "other" && event.kinds.includes(outcome.kind))
}

const isEmpty = ({ leaves }: JoinState<number>): boolean => leaves.every(({ tokens }) => tokens.length === 0)

export const putToken = (draft: Draft, rule: NetRule, { leaf }: NetLeaf, version = 0): void => {
  const state = joinOf(draft, rule)
  if ((state.leaves[leaf]?.tokens.length ?? 0) >= most) {
    draft.capped = true
    return
  }
  if (rule.rule.within !== undefined && isEmpty(state)) draft.spent = withoutMember(draft.spent, `within ${rule.id}`)
  draft.joins = withEntry(draft.joins, rule.id, put(rule.join, state, leaf, version))
  draft.agenda.add(rule)
}

const settleLeaf = (draft: Draft, rule: NetRule, { leaf }: NetLeaf): void => {
  draft.joins = withEntry(draft.joins, rule.id, settle(rule.join, joinOf(draft, rule), leaf))
}

const hearsStart = (game: Game, place: string): boolean =>
  (game.listeners.get(place) ?? []).some((rule) =>
    rule.leaves.some(({ event }) => event.source === "session" && event.session === place && event.event === "started"),
  )

/** A session starts when its agent does, which takes its time; one that ended `done` stays, and its next activation is no new start. */
const begin = (game: Game, draft: Draft, place: string): void => {
  if (!draft.spent.has(`open ${place}`) && hearsStart(game, place)) draft.spent = withMember(draft.spent, `starting ${place}`)
}

export const isStarting = (state: State, place: string): boolean => state.spent.has(`starting ${place}`)

/** The agent of a place is there. Nothing fires yet. */
export const start = (game: Game, draft: Draft, place: string): void => {
  draft.spent = withoutMember(draft.spent, `starting ${place}`)
  draft.spent = withMember(draft.spent, `open ${place}`)
  for (const rule of game.listeners.get(place) ?? [])
    for (const leaf of rule.leaves)
      if (placeOf(leaf.event) === place && leaf.event.source === "session" && leaf.event.event === "started") putToken(draft, rule, leaf)
}

/** Whether it has come to the goal. */
export const hasCome = (state: State): boolean => state.spent.has("goal")

const come = ({ goal }: Game, draft: Draft, name: string): void => {
  if (name !== goal) return
  draft.again ||= hasCome(draft)
  draft.spent = withMember(draft.spent, "goal")
}

export const activate = (game: Game, draft: Draft, place: string, by: string, size = 1): void => {
  if (!game.cone.places.has(place) || (by !== "" && game.cone.given.has(place))) return
  come(game, draft, `place ${place}`)
  const queue = draft.live.get(place) ?? []
  for (const rule of new Set(queue.map((each) => each.by)))
    if (rule !== by && rule !== "" && by !== "") draft.doubles.push({ session: place, rules: [rule, by] })
  if (queue.length >= most) {
    draft.capped = true
    return
  }
  if (size === 0) {
    draft.unheard.push({ place, outcome: { event: "done", tokens: 0 }, version: 0 })
    return
  }
  draft.live = withEntry(draft.live, place, [...queue, { by, size, since: draft.now }])
  if (queue.length === 0) begin(game, draft, place)
}

/** The running activation of a place ends. Nothing fires yet: see `playOut`. */
export const endPlace = (game: Game, draft: Draft, place: string, outcome: Outcome): void => {
  if (outcome.event === "cancelled") return cancel(game, draft, place)
  tell(game, draft, place, outcome, leave(game, draft, place, outcome))
}

/** The running activation makes room for the next. Gives the version that rules may read. */
const leave = (game: Game, draft: Draft, place: string, outcome: Outcome): number => {
  const rest = (draft.live.get(place) ?? []).slice(1)
  if (rest.length > 0) draft.live = withEntry(draft.live, place, rest)
  else draft.live = withoutEntry(draft.live, place)
  const good = outcome.event === "done" || outcome.event === "selected"
  const read = game.read.has(place)
  if (read) {
    draft.ended = withEntry(draft.ended, place, draft.now)
    if (good) draft.done = withEntry(draft.done, place, draft.now)
  }
  if (!place.startsWith("gate ") && place !== "human") {
    if (game.skips) draft.status = withEntry(draft.status, place, good ? "done" : "gone")
    if (!good) {
      draft.broke = true
      draft.spent = withoutMember(draft.spent, `open ${place}`)
    }
  }
  draft.spent = withoutMember(draft.spent, `starting ${place}`)
  if (rest.length > 0) {
    draft.next.add(place)
    begin(game, draft, place)
  }
  return read && good ? draft.now : 0
}

/** Tokens that a leaf gets of an end; undefined when the end is not what it waits for. */
const tokensFor = (leaf: NetLeaf, outcome: Outcome): number | "short" | undefined => {
  const { event, fanned, each, count } = leaf
  if (!fanned) return hears(event, outcome) ? 1 : undefined
  if (outcome.event === "skipped") return undefined
  const heard =
    (hears(event, outcome) ? outcome.tokens : 0) +
    (outcome.others !== undefined && hears(event, { event: "done", tokens: outcome.others }) ? outcome.others : 0)
  if (each) return heard
  if (count === undefined) return heard === outcome.tokens + (outcome.others ?? 0) ? 1 : undefined
  return heard >= count ? 1 : heard > 0 ? "short" : undefined
}

/** The rules hear how an activation ended. */
const tell = (game: Game, draft: Draft, place: string, outcome: Outcome, version: number): void => {
  for (const rule of game.listeners.get(place) ?? [])
    for (const leaf of rule.leaves) {
      if (placeOf(leaf.event) !== place) continue
      const tokens = tokensFor(leaf, outcome)
      if (tokens === "short") draft.short = withMember(draft.short, `${rule.id}.${leaf.leaf}`)
      else if (tokens !== undefined) for (let i = 0; i < tokens; i++) putToken(draft, rule, leaf, rule.reads.has(place) ? version : 0)
      else if (leaf.event.source !== "session" || ends.has(leaf.event.event)) settleLeaf(draft, rule, leaf)
    }
}

const cancelled: Outcome = { event: "cancelled", tokens: 1 }
const skipped: Outcome = { event: "skipped", tokens: 1 }

const cancel = (game: Game, draft: Draft, place: string): void => {
  const running = draft.live.get(place)?.[0]
  // what begins and is cancelled with one move was never asked anything
  if (running !== undefined && running.since < draft.now && !draft.next.has(place)) (isStarting(draft, place) ? draft.unstarted : draft.stopped).push(place)
  while (draft.live.has(place)) {
    draft.cancelled = withMember(draft.cancelled, place)
    const version = leave(game, draft, place, cancelled)
    draft.unheard.push({ place, outcome: cancelled, version })
  }
}

interface Firing {
  readonly rule: NetRule
  readonly consumed: ReadonlyArray<Consumed<number>>
  /** What its guards were told. */
  readonly own: ReadonlyMap<string, Value>
}

/** The version of what an atom reads: that of the token which fired the rule, else the latest. */
const versionOf = (draft: Draft, { rule, consumed }: Firing, { ofSession }: Atom, place: string): number => {
  if (ofSession) return draft.ended.get(place) ?? 0
  const token = consumed.findLast(({ leaf }) => rule.leaves.some((each) => each.leaf === leaf && placeOf(each.event) === place))?.tokens.at(-1)
  return token === undefined || token === 0 ? (draft.done.get(place) ?? 0) : token
}

const known =
  (draft: Draft, firing: Firing) =>
  (atom: Atom): Value | undefined => {
    const key = answerKey(
      atom,
      atom.reads.map((place) => versionOf(draft, firing, atom, place)),
    )
    return firing.own.get(key) ?? draft.answers.get(key)?.value
  }

/** Once for every answer. */
const ask = (game: Game, draft: Draft, firing: Firing, atom: Atom): ReadonlyArray<readonly [Draft, Firing]> => {
  const at = atom.reads.map((place) => versionOf(draft, firing, atom, place))
  const key = answerKey(atom, at)
  // an answer that nobody else can ask for is forgotten with the firing
  const kept = !atom.fleeting && (atom.reads.length === 0 || atom.reads.some((place) => game.shared.has(place) || game.byLatest.has(place)))
  return atom.domain.map((value) => {
    const branch = branchOf(draft)
    if (kept) branch.answers = withEntry(branch.answers, key, { atom, at, value })
    branch.told.push({ atom, value, at })
    branch.notes.push(atom.label.includes("guard") ? `${atom.label} is ${String(value)}` : `${atom.label} = ${printValue(value)}`)
    return [branch, { ...firing, own: new Map([...firing.own, [key, value]]) }]
  })
}

const printValue = (value: Value): string => (typeof value === "string" && value.startsWith("\u0000") ? "something else" : String(value))

const sessionsOf = ({ rule, consumed }: Firing): ReadonlySet<string> =>
  new Set(consumed.flatMap(({ leaf }) => rule.leaves.flatMap((each) => (each.leaf === leaf ? (placeOf(each.event) ?? []) : []))))

const perform = (game: Game, draft: Draft, firing: Firing, action: Action, size = 1): ReadonlyArray<Draft> => {
  const { rule } = firing
  switch (action.kind) {
    case "send":
    case "retry": {
      const send = (into: Draft): Draft => {
        for (const target of action.kind === "send" ? action.to : [action.session]) activate(game, into, target, rule.id, size)
        return into
      }
      if (action.max === undefined) return [send(draft)]
      const { count: limit, then } = action.max
      const count = draft.counts.get(action.id) ?? 0
      const past = (from: Draft): ReadonlyArray<Draft> => (then === undefined ? [from] : perform(game, from, firing, then))
      if (count >= limit) return past(draft)
      if (count >= game.rounds) return [...past(branchOf(draft)), send(draft)]
      draft.counts = withEntry(draft.counts, action.id, count + 1)
      return [send(draft)]
    }
    case "for": {
      const sizes = game.sizes.get(action.send.to[0] ?? "")
      if (sizes === undefined) return perform(game, draft, firing, action.send)
      const length = game.guards.lengthOf(action.list.expr, sizes, known(draft, firing))
      if ("value" in length) return perform(game, draft, firing, action.send, typeof length.value === "number" ? length.value : 1)
      return ask(game, draft, firing, length.ask).flatMap(([branch, told]) => perform(game, branch, told, action))
    }
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
        const spared = sessionsOf(firing)
        const places = [...draft.live.keys()].filter(
          (place) => !spared.has(place) && !rule.targets.has(place) && !place.startsWith("gate ") && place !== "human",
        )
        for (const { id } of game.net.ir.sessions) if (places.includes(id)) cancel(game, draft, id)
      }
      return [draft]
    }
    case "complete":
    case "fail":
      draft.over = true
      return [draft]
    case "sequence":
      return action.actions.reduce<ReadonlyArray<Draft>>(
        (drafts, step) => drafts.flatMap((each) => (each.over ? [each] : perform(game, each, firing, step))),
        [draft],
      )
    default:
      return [draft]
  }
}

const performCase = (game: Game, draft: Draft, firing: Firing, number: number): ReadonlyArray<Draft> => {
  const { id, cases } = firing.rule.rule
  const action = cases[number]?.action
  come(game, draft, `case ${id}.${number}`)
  return action === undefined ? [draft] : perform(game, draft, firing, action)
}

/** The first case whose guard holds, once for every way the guards can turn out. */
const choose = (game: Game, draft: Draft, firing: Firing, from = 0): ReadonlyArray<Draft> => {
  for (let i = from; i < firing.rule.rule.cases.length; i++) {
    const one = firing.rule.rule.cases[i]
    if (one === undefined) continue
    if (one.guard === undefined) return performCase(game, draft, firing, i)
    const result = game.guards.evaluate(one.guard.expr, known(draft, firing))
    if ("ask" in result) return ask(game, draft, firing, result.ask).flatMap(([branch, told]) => choose(game, branch, told, i))
    if (result.value === true) return performCase(game, draft, firing, i)
  }
  return [draft]
}

const fireRule = (game: Game, draft: Draft, rule: NetRule): ReadonlyArray<Draft> => {
  const { state, consumed, losers } = fire(rule.join, joinOf(draft, rule))
  draft.joins = withEntry(draft.joins, rule.id, state)
  draft.fired.push(rule.id)
  // the time of a round counts from its first token
  if (rule.rule.within !== undefined) {
    if (isEmpty(state)) draft.spent = withMember(draft.spent, `within ${rule.id}`)
    else draft.spent = withoutMember(draft.spent, `within ${rule.id}`)
  }
  const drafts = choose(game, draft, { rule, consumed, own: new Map() })
  // as in a run: first what the rule does, then the losers
  for (const loser of losers) {
    const event = rule.leaves.find(({ leaf }) => leaf === loser)?.event
    if (event?.source === "session") for (const each of drafts) if (!each.over) cancel(game, each, event.session)
  }
  return drafts
}

/** Fires what is enabled until nothing is; several drafts when guards or people decide. */
export const playOut = (game: Game, begin: Draft): ReadonlyArray<Draft> => {
  const finished: Array<Draft> = []
  const work = [begin]
  for (let draft = work.pop(); draft !== undefined; draft = work.pop()) {
    // with rounds that are not counted, what is sent and cancelled at once could go on for ever
    draft.capped ||= draft.fired.length > firingsOfRule * (game.cone.rules.length + 1) || finished.length + work.length > mostWays
    if (draft.over || draft.capped) {
      finished.push(draft)
      continue
    }
    let next: NetRule | undefined
    for (const rule of draft.agenda) {
      if (!enabled(rule.join, joinOf(draft, rule))) draft.agenda.delete(rule)
      else if (next === undefined || rule.order < next.order) next = rule
    }
    if (next !== undefined) {
      work.push(...[...fireRule(game, draft, next)].reverse())
      continue
    }
    const unheard = draft.unheard.shift()
    if (unheard !== undefined) tell(game, draft, unheard.place, unheard.outcome, unheard.version)
    else if (draft.broke && game.skips) {
      const { skipped: gone, status } = skipsOf(game, draft)
      draft.status = status
      draft.broke = gone.length > 0
      for (const place of gone) draft.unheard.push({ place, outcome: skipped, version: 0 })
    } else {
      finished.push(draft)
      continue
    }
    work.push(draft)
  }
  return finished
}

/** What happens when a join has not held in time. */
export const expire = (game: Game, draft: Draft, rule: NetRule): ReadonlyArray<Draft> => {
  const { within } = rule.rule
  draft.spent = withMember(draft.spent, `within ${rule.id}`)
  return within === undefined ? [draft] : perform(game, draft, { rule, consumed: [], own: new Map() }, within.otherwise).flatMap((each) => playOut(game, each))
}
