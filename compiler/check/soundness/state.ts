/** What an execution of the net has come to. Every activation that ends is known by the number of the move that ended it: its *version*. */
import { initial, type JoinState } from "../../ir/join.ts"
import { Entries, noEntries } from "./entries.ts"
import type { Atom, Guards, Value } from "./guard.ts"
import { placeOf, type Cone, type Net, type NetRule } from "./net.ts"

export interface Activation {
  /** The rule that asked for it; "" for the start. */
  readonly by: string
  /** How many instances a fan-out has, which number the first of them has, and how many of them were done, or have ended otherwise. */
  readonly size: number
  readonly first: number
  readonly done: number
  readonly missing: number
  /** Leaves, as `r1.0`, for which it belongs to a round that has fired. */
  readonly absorbed?: ReadonlyArray<string>
  /** The session that it undoes. */
  readonly undoes?: string
  /** The move after which it was asked for; 0 for the start. */
  readonly since: number
}

/** Members of a set. */
export type Members = Entries<true>

/** A join, and what stands for it in the text of a state once that was asked for. */
export interface Marks extends JoinState<number> {
  text?: string
}

export interface State {
  /** Activations that wait at a place, the running one first. */
  readonly live: Entries<ReadonlyArray<Activation>>
  /** A token is the version of the activation whose result guards may read; 0 where none may, or there is none. */
  readonly joins: Entries<Marks>
  readonly counts: Entries<number>
  /** What guards were told, by `answerKey`. */
  readonly answers: Entries<Answer>
  /** The version of the last activation that was done, and of the last that ended, where rules ask for these. */
  readonly done: Entries<number>
  readonly ended: Entries<number>
  /** How the last activation of a place ended, where rules hear of those that never had one. */
  readonly status: Entries<"done" | "gone">
  readonly cancelled: Members
  /** Leaves on a fan-out that had fewer instances than they wait for. */
  readonly short: Members
  /** Events of the environment and time limits that have been used, agents that start or have. */
  readonly spent: Members
  readonly undo: Undo
  /** How many instances there have been, where a session fans out. */
  readonly fans: Entries<number>
  readonly over: boolean
}

/** What is undone, one after the other (runtime.md 4). */
export interface Undo {
  /** Sessions that were done and have not been undone since, as far as a rule undoes them; in the order of the alphabet. */
  readonly able: ReadonlyArray<string>
  /** Those still to be undone. */
  readonly queue: ReadonlyArray<string>
  readonly current?: string
}

export interface Answer {
  readonly atom: Atom
  readonly at: ReadonlyArray<number>
  readonly value: Value
}

/** What is the same throughout an exploration. */
export interface Game {
  readonly net: Net
  readonly cone: Cone
  readonly guards: Guards
  readonly listeners: ReadonlyMap<string, ReadonlyArray<NetRule>>
  /** Gates that can expire. */
  readonly limited: ReadonlySet<string>
  /** Places whose results some guard reads. */
  readonly read: ReadonlySet<string>
  /** Those of them that more than one rule reads. */
  readonly shared: ReadonlySet<string>
  /** Those of them that a rule may read without a token of theirs. */
  readonly byLatest: ReadonlySet<string>
  /** Those of which a rule asks for more than what they put out. */
  readonly byEnd: ReadonlySet<string>
  /** Leaves on them, and the rules that have any. */
  readonly readLeaves: ReadonlyArray<{ readonly rule: NetRule; readonly leaf: number; readonly place: string }>
  readonly readers: ReadonlySet<NetRule>
  /** Whether rules undo something. */
  readonly undoes: boolean
  /** Whether rules hear that a session was skipped, or something can be cancelled that others wait for. */
  readonly skips: boolean
  /** Sessions that fan out. */
  readonly fanned: ReadonlySet<string>
  /** Sizes of a fan-out that are worth telling apart. */
  readonly sizes: ReadonlyMap<string, ReadonlyArray<number>>
  /** Rounds of a bounded loop that are counted; then any number of them may follow. */
  readonly rounds: number
  /** A place or a case of which it matters how often it is come to: `place a`, `case r1.0`. */
  readonly goal: string | undefined
}

const nothing: State = {
  live: noEntries(),
  joins: noEntries(),
  counts: noEntries(),
  answers: noEntries(),
  done: noEntries(),
  ended: noEntries(),
  status: noEntries(),
  cancelled: noEntries(),
  short: noEntries(),
  spent: noEntries(),
  undo: { able: [], queue: [] },
  fans: noEntries(),
  over: false,
}

export const emptyState = (): State => nothing

/** Nothing has happened yet. */
export const firstState = (cone: Cone): State => ({ ...nothing, joins: Entries.fixed(cone.rules.map((rule) => [rule.id, initial<number>(rule.join)])) })

/** The parts of a state alone. Its maps are never changed, so two states may share them. */
export const stateOf = ({ live, joins, counts, answers, done, ended, status, cancelled, short, spent, undo, fans, over }: State): State => ({
  live,
  joins,
  counts,
  answers,
  done,
  ended,
  status,
  cancelled,
  short,
  spent,
  undo,
  fans,
  over,
})

export const withEntry = <V>(entries: Entries<V>, key: string, value: V): Entries<V> => entries.with(key, value)
export const withoutEntry = <V>(entries: Entries<V>, key: string): Entries<V> => entries.without(key)
export const withMember = (set: Members, member: string): Members => (set.has(member) ? set : set.with(member, true))
export const withoutMember = (set: Members, member: string): Members => set.without(member)

export const joinOf = (state: State, rule: NetRule): JoinState<number> => state.joins.get(rule.id) ?? initial(rule.join)

export const answerKey = ({ key }: Atom, at: ReadonlyArray<number>): string => (at.length === 0 ? key : `${key}@${at.join(",")}`)

/** The versions of each place that something may still read, oldest first. */
const versionsOf = (game: Game, state: State): ReadonlyMap<string, ReadonlyArray<number>> => {
  const found = new Map<string, Set<number>>()
  const add = (place: string, version: number): void => {
    if (version > 0) found.set(place, (found.get(place) ?? new Set()).add(version))
  }
  for (const { rule, leaf, place } of game.readLeaves) for (const token of state.joins.get(rule.id)?.leaves[leaf]?.tokens ?? []) add(place, token)
  state.done.keys().forEach((place, at) => game.byLatest.has(place) && add(place, state.done.values()[at] ?? 0))
  state.ended.keys().forEach((place, at) => add(place, state.ended.values()[at] ?? 0))
  return new Map([...found].map(([place, versions]) => [place, [...versions].sort((a, b) => a - b)]))
}

const queueText = (place: string, queue: ReadonlyArray<Activation>): string => {
  let text = place
  for (const { by, size, done, missing, absorbed = [], undoes = "" } of queue)
    text += `<${by}.${size - done - missing}.${done}.${missing}${undoes}${absorbed.join()}`
  return text
}
const pair = (key: string, value: number | string): string => `${key},${value}`
const key = (member: string): string => member

type Rank = (place: string, version: number) => number

const joinText = (game: Game, rule: NetRule, join: Marks, rank: Rank): string => {
  const marks = (): string => {
    let text = ""
    join.leaves.forEach(({ tokens, owed, passed }, leaf) => {
      if (tokens.length === 0 && owed === 0 && !passed) return
      const event = rule.leaves.find((each) => each.leaf === leaf)?.event
      const place = event === undefined ? undefined : placeOf(event)
      text += `${leaf}:${tokens.map((token) => (place === undefined ? 0 : rank(place, token))).join(".")}/${owed}${passed ? "p" : ""} `
    })
    return text
  }
  return game.readers.has(rule) ? marks() : (join.text ??= marks())
}

/** The state without what nothing can ask for any more, and as a text: from two states of one text the same can happen. */
export const settleState = (game: Game, state: State): { readonly state: State; readonly text: string } => {
  const versions = game.read.size === 0 ? new Map<string, ReadonlyArray<number>>() : versionsOf(game, state)
  const rank: Rank = (place, version) => (version === 0 ? 0 : (versions.get(place)?.indexOf(version) ?? -1) + 1)
  const answers: Array<string> = []
  let kept = state.answers
  state.answers.values().forEach(({ atom, at, value }, index) => {
    const ranks = atom.reads.map((place, read) => rank(place, at[read] ?? 0))
    if (ranks.some((each, read) => each === 0 && (at[read] ?? 0) > 0)) kept = withoutEntry(kept, state.answers.keys()[index] ?? "")
    else answers.push(`${atom.key}@${ranks.join(",")}=${String(value)}`)
  })
  let text = state.live.text(queueText)
  game.cone.rules.forEach((rule, at) => {
    const join = state.joins.values()[at]
    const marks = join === undefined ? "" : joinText(game, rule, join, rank)
    if (marks !== "") text += `|${at}(${marks}`
  })
  const latest = (place: string, version: number): string => `${place}${rank(place, version)}`
  text += `|${state.counts.text(pair)}|${answers.sort().join("&")}|${state.done.printed(latest)}|${state.ended.printed(latest)}`
  text += `|${state.status.text(pair)}|${state.cancelled.text(key)}|${state.short.text(key)}|${state.spent.text(key)}`
  const { able, queue, current = "" } = state.undo
  if (able.length > 0 || queue.length > 0 || current !== "") text += `|${able.join()}/${queue.join()}/${current}`
  return { state: kept === state.answers ? state : { ...state, answers: kept }, text }
}
