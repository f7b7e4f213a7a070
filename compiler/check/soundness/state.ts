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
  readonly live: Map<string, ReadonlyArray<Activation>>
  /** A token is the version of the activation whose result guards may read; 0 where none may, or there is none. */
  readonly joins: Map<string, JoinState<number>>
  readonly counts: Map<string, number>
  /** What guards were told, by `answerKey`. */
  readonly answers: Map<string, Answer>
  /** The version of the last activation that was done, and of the last that ended: of places that guards read. */
  readonly done: Map<string, number>
  readonly ended: Map<string, number>
  /** How the last activation of a place ended, where rules hear of those that never had one. */
  readonly status: Map<string, "done" | "gone">
  readonly cancelled: Set<string>
  /** Leaves on a fan-out that had fewer instances than they wait for. */
  readonly short: Set<string>
  /** Events of the environment and time limits that have been used, agents that start or have. */
  readonly spent: Set<string>
  over: boolean
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
}

export const emptyState = (): State => ({
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
})

export const copyOf = (state: State): State => ({
  live: new Map(state.live),
  joins: new Map(state.joins),
  counts: new Map(state.counts),
  answers: new Map(state.answers),
  done: new Map(state.done),
  ended: new Map(state.ended),
  status: new Map(state.status),
  cancelled: new Set(state.cancelled),
  short: new Set(state.short),
  spent: new Set(state.spent),
  over: state.over,
})

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

const sorted = <V>(map: ReadonlyMap<string, V>): ReadonlyArray<readonly [string, V]> => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
const listed = (set: ReadonlySet<string>): string => (set.size === 0 ? "" : [...set].sort().join(","))

/** Forgets what nothing can ask for any more, and gives the state as a text: equal texts are states from which the same can happen. */
export const settleState = (game: Game, state: State): string => {
  const versions = game.read.size === 0 ? new Map<string, ReadonlyArray<number>>() : versionsOf(game, state)
  const rank = (place: string, version: number): number => (version === 0 ? 0 : (versions.get(place)?.indexOf(version) ?? -1) + 1)
  const answers: Array<string> = []
  for (const [key, { atom, at, value }] of state.answers) {
    const ranks = atom.reads.map((place, index) => rank(place, at[index] ?? 0))
    if (ranks.some((each, index) => each === 0 && (at[index] ?? 0) > 0)) state.answers.delete(key)
    else answers.push(`${atom.key}@${ranks.join(",")}=${String(value)}`)
  }
  let text = ""
  for (const [place, queue] of sorted(state.live)) text += `${place}<${queue.map(({ by, size }) => `${by}.${size}`).join(",")};`
  for (const rule of game.cone.rules) {
    const join = state.joins.get(rule.id)
    if (join === undefined) continue
    let marks = ""
    join.leaves.forEach(({ tokens, owed, passed }, leaf) => {
      if (tokens.length === 0 && owed === 0 && !passed) return
      const event = rule.leaves.find((each) => each.leaf === leaf)?.event
      const place = event === undefined ? undefined : placeOf(event)
      marks += `${leaf}:${tokens.map((token) => (place === undefined ? 0 : rank(place, token))).join(".")}/${owed}${passed ? "p" : ""} `
    })
    if (marks !== "") text += `${rule.id}(${marks})`
  }
  const latest = (map: ReadonlyMap<string, number>): string =>
    sorted(map)
      .map(([place, version]) => `${place}${rank(place, version)}`)
      .join(",")
  text += `|${sorted(state.counts).join(",")}|${answers.sort().join("&")}|${latest(state.done)}|${latest(state.ended)}`
  return `${text}|${sorted(state.status).join(",")}|${listed(state.cancelled)}|${listed(state.short)}|${listed(state.spent)}`
}
