/** One move of the net: activations begin and end, and what happened is put on the leaves that name it. What fires then is in fire.ts. */
import { put, settle, type Consumed, type JoinState } from "../../ir/join.ts"
import type { EventPattern, FailureKind, SessionEvent } from "../../ir/model.ts"
import type { Atom, Value } from "./guard.ts"
import { placeOf, type NetLeaf, type NetRule, type PlainJoin } from "./net.ts"
import { joinOf, stateOf, withEntry, withMember, withoutEntry, withoutMember, type Activation, type Game, type State } from "./state.ts"

/** Tokens on a leaf, and activations that wait at a place: more of them are not followed, and nothing is decided then. */
const most = 64

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
  readonly unheard: Array<{ readonly place: string; readonly outcome: Outcome; readonly version: number; readonly of?: Batch }>
  readonly notes: Array<string>
  readonly told: Array<Told>
  /** Places whose running activation was cancelled. */
  readonly stopped: Array<string>
  /** Sessions for which it is over that they are undone, and whether that worked. */
  readonly undone: Array<{ readonly session: string; readonly worked: boolean }>
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
  /** The run was paused. */
  paused: boolean
}

/** How an activation ends; `tokens` is how many instances of a fan-out did so, `others` how many of them were done instead, `at` which of those that wait. */
export interface Outcome {
  readonly event: "done" | "failed" | "cancelled" | "skipped" | "approved" | "rejected" | "expired" | "selected"
  readonly kind?: FailureKind | "other"
  readonly tokens: number
  readonly others?: number
  readonly at?: number
}

/** What of a fan-out has ended before. */
type Batch = Pick<Activation, "size" | "done" | "missing" | "absorbed">
const whole: Batch = { size: 1, done: 0, missing: 0 }

export const draftOf = (state: State, now: number): Draft => ({
  ...stateOf(state),
  now,
  agenda: new Set(),
  unheard: [],
  notes: [],
  told: [],
  stopped: [],
  undone: [],
  next: new Set(),
  unstarted: [],
  fired: [],
  doubles: [],
  broke: false,
  capped: false,
  again: false,
  paused: false,
})

export const branchOf = (draft: Draft): Draft => ({
  ...draft,
  now: draft.now,
  agenda: new Set(draft.agenda),
  unheard: [...draft.unheard],
  notes: [...draft.notes],
  told: [...draft.told],
  stopped: [...draft.stopped],
  undone: [...draft.undone],
  next: new Set(draft.next),
  unstarted: [...draft.unstarted],
  fired: [...draft.fired],
  doubles: [...draft.doubles],
  broke: draft.broke,
  capped: draft.capped,
  again: draft.again,
  paused: draft.paused,
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

export const isEmpty = ({ leaves }: JoinState<number>): boolean => leaves.every(({ tokens }) => tokens.length === 0)

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

export const come = ({ goal }: Game, draft: Draft, name: string): void => {
  if (name !== goal) return
  draft.again ||= hasCome(draft)
  draft.spent = withMember(draft.spent, "goal")
}

/** It waits for so many instances of one fan-out, or for all of them. */
const isCounted = ({ fanned, each }: NetLeaf): boolean => fanned && !each

/** A fan-out pays what leaves owe to rounds that have fired. */
const absorb = (game: Game, draft: Draft, place: string): ReadonlyArray<string> => {
  const absorbed: Array<string> = []
  for (const rule of game.listeners.get(place) ?? [])
    for (const leaf of rule.leaves) {
      if (!isCounted(leaf) || placeOf(leaf.event) !== place || (joinOf(draft, rule).leaves[leaf.leaf]?.owed ?? 0) === 0) continue
      settleLeaf(draft, rule, leaf)
      absorbed.push(`${rule.id}.${leaf.leaf}`)
    }
  return absorbed
}

/**
 * A round that fires without a leaf takes the first fan-out that it would have waited for: one that was too small, else one that is live. Which of
 * the two began first is not followed, and neither is which one a token is of that such a round takes away.
 */
export const absorbOwed = (draft: Draft, rule: NetRule, before: JoinState<number>, consumed: ReadonlyArray<Consumed<number>>): void => {
  for (const leaf of rule.leaves) {
    if (!isCounted(leaf) || consumed.some((each) => each.leaf === leaf.leaf)) continue
    const place = placeOf(leaf.event) ?? ""
    const key = `${rule.id}.${leaf.leaf}`
    const { owed = 0, passed = false, tokens = [] } = before.leaves[leaf.leaf] ?? {}
    const now = joinOf(draft, rule).leaves[leaf.leaf]
    const isOwed = (now?.owed ?? 0) > owed
    const isShort = draft.short.has(key)
    const queue = draft.live.get(place) ?? []
    const at = queue.findIndex(({ absorbed = [] }) => !absorbed.includes(key))
    const open = queue[at]
    const isPassedUsed = passed && now?.passed !== true
    const isDropped = (now?.tokens.length ?? 0) < tokens.length
    draft.capped ||= open !== undefined ? isPassedUsed || isDropped || (isOwed && isShort) : isDropped && (passed || isShort)
    if (!isOwed) continue
    if (isShort) draft.short = withoutMember(draft.short, key)
    else if (open !== undefined) draft.live = withEntry(draft.live, place, queue.with(at, { ...open, absorbed: [...(open.absorbed ?? []), key] }))
    else continue
    settleLeaf(draft, rule, leaf)
  }
}

export const activate = (game: Game, draft: Draft, place: string, by: string, size = 1, undoes?: string): void => {
  if (!game.cone.places.has(place) || (by !== "" && game.cone.given.has(place))) return
  come(game, draft, `place ${place}`)
  const absorbed = absorb(game, draft, place)
  if (size === 0) {
    draft.unheard.push({ place, outcome: { event: "done", tokens: 0 }, version: 0, of: { ...whole, size, absorbed } })
    return
  }
  const queue = draft.live.get(place) ?? []
  for (const rule of new Set(queue.map((each) => each.by)))
    if (rule !== by && rule !== "" && by !== "") draft.doubles.push({ session: place, rules: [rule, by] })
  if (queue.length >= most) {
    draft.capped = true
    return
  }
  draft.live = withEntry(draft.live, place, [
    ...queue,
    { by, size, first: draft.fans.get(place) ?? 0, done: 0, missing: 0, since: draft.now, absorbed, ...(undoes !== undefined && { undoes }) },
  ])
  if (game.fanned.has(place)) draft.fans = withEntry(draft.fans, place, (draft.fans.get(place) ?? 0) + size)
  if (queue.length === 0) begin(game, draft, place)
}

/** The running activation of a place ends. Nothing fires yet: see `playOut`. */
export const endPlace = (game: Game, draft: Draft, place: string, outcome: Outcome): void => {
  if (outcome.event === "cancelled") return cancel(game, draft, place)
  const of = draft.live.get(place)?.[outcome.at ?? 0]
  tell(game, draft, place, outcome, leave(game, draft, place, outcome), of)
}

/** It can be undone from now on. */
const markDone = (draft: Draft, session: string): void => {
  const { able } = draft.undo
  if (!able.includes(session)) draft.undo = { ...draft.undo, able: [...able, session].sort() }
}

/** The running activation makes room for the next. Gives the version that rules may read. */
const leave = (game: Game, draft: Draft, place: string, outcome: Outcome): number => {
  const queue = draft.live.get(place) ?? []
  const at = outcome.at ?? 0
  const ended = queue[at]
  const rest = queue.toSpliced(at, 1)
  if (ended !== undefined && remainingOf(ended) > outcome.tokens + (outcome.others ?? 0)) {
    const good = (outcome.event === "done" ? outcome.tokens : 0) + (outcome.others ?? 0)
    const part = { ...ended, done: ended.done + good, missing: ended.missing + (outcome.event === "done" ? 0 : outcome.tokens) }
    draft.live = withEntry(draft.live, place, queue.with(at, part))
    return game.read.has(place) && outcome.event === "done" ? draft.now : 0
  }
  if (rest.length > 0) draft.live = withEntry(draft.live, place, rest)
  else draft.live = withoutEntry(draft.live, place)
  const good = outcome.event === "done" || outcome.event === "selected"
  const read = game.read.has(place)
  if (ended?.undoes !== undefined) draft.undone.push({ session: ended.undoes, worked: good })
  if (good && game.undoes && game.net.undoing.by.has(place)) markDone(draft, place)
  if (game.byEnd.has(place)) draft.ended = withEntry(draft.ended, place, draft.now)
  if (good && game.byLatest.has(place)) draft.done = withEntry(draft.done, place, draft.now)
  if (!place.startsWith("gate ") && place !== "human") {
    if (game.skips) draft.status = withEntry(draft.status, place, good ? "done" : "gone")
    if (!good) {
      draft.broke = true
      draft.spent = withoutMember(draft.spent, `open ${place}`)
    }
  }
  // every end may decide that what waits for one that broke before waits in vain
  if (game.skips && draft.status.values().includes("gone")) draft.broke = true
  draft.spent = withoutMember(draft.spent, `starting ${place}`)
  if (rest.length > 0) {
    draft.next.add(place)
    begin(game, draft, place)
  }
  return read && good ? draft.now : 0
}

/** Instances that have not ended. */
export const remainingOf = ({ size, done, missing }: Batch): number => size - done - missing

/** Tokens that a leaf gets of an end; undefined when the end is not what it waits for. */
const tokensFor = (leaf: NetLeaf, outcome: Outcome, of: Batch): number | "short" | undefined => {
  const { event, fanned, each, count } = leaf
  if (!fanned) return hears(event, outcome) ? 1 : undefined
  if (outcome.event === "skipped") return undefined
  const { tokens, others = 0 } = outcome
  const hearsDone = hears(event, { event: "done", tokens: 1 })
  const now = (hears(event, outcome) ? tokens : 0) + (hearsDone ? others : 0)
  if (each) return now
  const before = (hearsDone ? of.done : 0) + (hears(event, { ...outcome, event: "failed" }) ? of.missing : 0)
  const isLast = remainingOf(of) <= tokens + others
  if (count === undefined) return before + now === of.size ? 1 : isLast ? undefined : 0
  if (before < count && before + now >= count) return 1
  return before >= count || !isLast ? 0 : before + now > 0 ? "short" : undefined
}

/**
 * A fan-out that came to nothing waits, in a join that may fire without it, for the round that takes it. How many wait is not followed, and a
 * later one that comes to something must not have it forgotten.
 */
const isOneOfSeveral = (draft: Draft, rule: NetRule, leaf: NetLeaf, tokens: number | "short" | undefined): boolean => {
  if (!isCounted(leaf) || tokens === 0 || !mayOwe(rule.join)) return false
  const passed = joinOf(draft, rule).leaves[leaf.leaf]?.passed === true
  return passed || (typeof tokens !== "number" && draft.short.has(`${rule.id}.${leaf.leaf}`))
}

/** It can fire while some of its leaves have nothing. */
const mayOwe = (join: PlainJoin): boolean => join.kind !== "event" && (join.kind !== "all" || join.of.some(mayOwe))

/** The rules hear how an activation ended. */
export const tell = (game: Game, draft: Draft, place: string, outcome: Outcome, version: number, of: Batch = whole): void => {
  for (const rule of game.listeners.get(place) ?? [])
    for (const leaf of rule.leaves) {
      if (placeOf(leaf.event) !== place) continue
      if (of.absorbed?.includes(`${rule.id}.${leaf.leaf}`) === true) continue
      const tokens = tokensFor(leaf, outcome, of)
      draft.capped ||= outcome.event !== "skipped" && isOneOfSeveral(draft, rule, leaf, tokens)
      if (tokens === "short") draft.short = withMember(draft.short, `${rule.id}.${leaf.leaf}`)
      else if (tokens !== undefined) for (let i = 0; i < tokens; i++) putToken(draft, rule, leaf, rule.reads.has(place) ? version : 0)
      else if (leaf.event.source !== "session" || ends.has(leaf.event.event)) settleLeaf(draft, rule, leaf)
    }
}

const cancelled: Outcome = { event: "cancelled", tokens: 1 }

export const cancel = (game: Game, draft: Draft, place: string): void => {
  const running = draft.live.get(place)?.[0]
  // what begins and is cancelled with one move was never asked anything
  if (running !== undefined && running.since < draft.now && !draft.next.has(place)) (isStarting(draft, place) ? draft.unstarted : draft.stopped).push(place)
  while (draft.live.has(place)) {
    draft.cancelled = withMember(draft.cancelled, place)
    const version = leave(game, draft, place, cancelled)
    draft.unheard.push({ place, outcome: cancelled, version })
  }
}
