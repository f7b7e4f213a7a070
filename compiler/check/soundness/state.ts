/** What an execution of the net has come to. Every activation that ends is known by the number of the move that ended it: its *version*. */
import { initial, type JoinState } from "../../ir/join.ts"
import type { Atom, Guards, Value } from "./guard.ts"
import { placeOf, type Cone, type Net, type NetRule } from "./net.ts"

export interface Activation {
  /** The rule that asked for it; "" for the start. */
  readonly by: string
  /** How many instances a fan-out has. */
  readonly size: number
  /** The move after which it was asked for; 0 for the start. */
  readonly since: number
}

export interface State {
  /** Activations that wait at a place, the running one first. */
  readonly live: ReadonlyMap<string, ReadonlyArray<Activation>>
  /** A token is the version of the activation whose result guards may read; 0 where none may, or there is none. */
  readonly joins: ReadonlyMap<string, JoinState<number>>
  readonly counts: ReadonlyMap<string, number>
  /** What guards were told, by `answerKey`. */
  readonly answers: ReadonlyMap<string, Answer>
  /** The version of the last activation that was done, and of the last that ended: of places that guards read. */
  readonly done: ReadonlyMap<string, number>
  readonly ended: ReadonlyMap<string, number>
  /** How the last activation of a place ended, where rules hear of those that never had one. */
  readonly status: ReadonlyMap<string, "done" | "gone">
  readonly cancelled: ReadonlySet<string>
  /** Leaves on a fan-out that had fewer instances than they wait for. */
  readonly short: ReadonlySet<string>
  /** Events of the environment and time limits that have been used, agents that start or have. */
  readonly spent: ReadonlySet<string>
  readonly over: boolean
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
  /** Whether rules hear that a session was skipped, or something can be cancelled that others wait for. */
  readonly skips: boolean
  /** Sizes of a fan-out that are worth telling apart. */
  readonly sizes: ReadonlyMap<string, ReadonlyArray<number>>
  /** Rounds of a bounded loop that are counted; then any number of them may follow. */
  readonly rounds: number
  /** A place or a case of which it matters how often it is come to: `place a`, `case r1.0`. */
  readonly goal: string | undefined
}

const nothing: State = {
  live: new Map(),
  joins: new Map(),
  counts: new Map(),
  answers: new Map(),
  done: new Map(),
  ended: new Map(),
  status: new Map(),
  cancelled: new Set(),
  short: new Set(),
  spent: new Set(),
  over: false,
}

export const emptyState = (): State => nothing

/** The parts of a state alone. Its maps are never changed, so two states may share them. */
export const stateOf = ({ live, joins, counts, answers, done, ended, status, cancelled, short, spent, over }: State): State => ({
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
  over,
})

export const withEntry = <V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> => new Map(map).set(key, value)
export const withoutEntry = <V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> => {
  if (!map.has(key)) return map
  const rest = new Map(map)
  rest.delete(key)
  return rest
}
export const withMember = (set: ReadonlySet<string>, member: string): ReadonlySet<string> => (set.has(member) ? set : new Set(set).add(member))
export const withoutMember = (set: ReadonlySet<string>, member: string): ReadonlySet<string> => {
  if (!set.has(member)) return set
  const rest = new Set(set)
  rest.delete(member)
  return rest
}

export const joinOf = (state: State, rule: NetRule): JoinState<number> => state.joins.get(rule.id) ?? initial(rule.join)

export const answerKey = ({ key }: Atom, at: ReadonlyArray<number>): string => (at.length === 0 ? key : `${key}@${at.join(",")}`)

/** The versions of each place that something may still read, oldest first. */
const versionsOf = (game: Game, state: State): ReadonlyMap<string, ReadonlyArray<number>> => {
  const found = new Map<string, Set<number>>()
  const add = (place: string, version: number): void => {
    if (version > 0) found.set(place, (found.get(place) ?? new Set()).add(version))
  }
  for (const rule of game.cone.rules)
    for (const { leaf, event } of rule.leaves) {
      const place = placeOf(event)
      if (place !== undefined && game.read.has(place)) for (const token of state.joins.get(rule.id)?.leaves[leaf]?.tokens ?? []) add(place, token)
    }
  for (const [place, version] of state.done) if (game.byLatest.has(place)) add(place, version)
  for (const [place, version] of state.ended) add(place, version)
  return new Map([...found].map(([place, versions]) => [place, [...versions].sort((a, b) => a - b)]))
}

const textsOf = new WeakMap<object, string>()
/** The text of a part of the state, made once: most parts stay as they are from one state to the next. */
const remembered = <P extends object>(part: P, text: (part: P) => string): string => {
  const known = textsOf.get(part)
  if (known !== undefined) return known
  const made = text(part)
  textsOf.set(part, made)
  return made
}

const inOrder = <V>(map: ReadonlyMap<string, V>): ReadonlyArray<readonly [string, V]> =>
  map.size < 2 ? [...map] : [...map].sort(([a], [b]) => (a < b ? -1 : 1))
const liveText = (live: State["live"]): string => {
  let text = ""
  for (const [place, queue] of inOrder(live)) text += `${place}<${queue.map(({ by, size }) => `${by}.${size}`).join(",")};`
  return text
}
const pairs = (map: ReadonlyMap<string, number | string>): string => (map.size === 0 ? "" : inOrder(map).join(","))
const members = (set: ReadonlySet<string>): string => (set.size === 0 ? "" : [...set].sort().join(","))

type Rank = (place: string, version: number) => number

const joinText = (game: Game, rule: NetRule, join: JoinState<number>, rank: Rank): string => {
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
  return rule.leaves.some(({ event }) => game.read.has(placeOf(event) ?? "")) ? marks() : remembered(join, marks)
}

/** The state without what nothing can ask for any more, and as a text: from two states of one text the same can happen. */
export const settleState = (game: Game, state: State): { readonly state: State; readonly text: string } => {
  const versions = game.read.size === 0 ? new Map<string, ReadonlyArray<number>>() : versionsOf(game, state)
  const rank: Rank = (place, version) => (version === 0 ? 0 : (versions.get(place)?.indexOf(version) ?? -1) + 1)
  const answers: Array<string> = []
  let kept = state.answers
  for (const [key, { atom, at, value }] of state.answers) {
    const ranks = atom.reads.map((place, index) => rank(place, at[index] ?? 0))
    if (ranks.some((each, index) => each === 0 && (at[index] ?? 0) > 0)) kept = withoutEntry(kept, key)
    else answers.push(`${atom.key}@${ranks.join(",")}=${String(value)}`)
  }
  let text = remembered(state.live, liveText)
  for (const rule of game.cone.rules) {
    const join = state.joins.get(rule.id)
    const marks = join === undefined ? "" : joinText(game, rule, join, rank)
    if (marks !== "") text += `${rule.id}(${marks})`
  }
  const latest = (map: ReadonlyMap<string, number>): string =>
    map.size === 0
      ? ""
      : inOrder(map)
          .map(([place, version]) => `${place}${rank(place, version)}`)
          .join(",")
  text += `|${remembered(state.counts, pairs)}|${answers.sort().join("&")}|${latest(state.done)}|${latest(state.ended)}`
  text += `|${remembered(state.status, pairs)}|${remembered(state.cancelled, members)}|${remembered(state.short, members)}|${remembered(state.spent, members)}`
  return { state: kept === state.answers ? state : { ...state, answers: kept }, text }
}
