/**
 * A run's state as text and back: snapshots bound how many facts must be folded again. What is read back behaves the same, fact by fact.
 * The text is ours: whoever keeps it keeps it with the hash of the IR and sees to it that it is whole.
 */
import { List, Map as PersistentMap } from "immutable"
import { queueOf, readyEntries, type Ready } from "./ready-queue.ts"
import { newSession, type Compensation, type Fan, type SessionState, type State } from "./state.ts"

/** Raised when the shape of the state changes: older snapshots are then of no use, the journal still is. */
const version = 5

type Plain<T> = T extends PersistentMap<infer K, infer V> ? ReadonlyArray<readonly [K, V]> : T extends List<infer V> ? ReadonlyArray<V> : T

type Encoded<T> = { readonly [K in keyof T]: Plain<T[K]> }

interface Snapshot extends Omit<Encoded<State>, "sessions" | "fans" | "ready" | "compensation"> {
  readonly version: number
  readonly sessions: ReadonlyArray<Encoded<SessionState>>
  readonly fans: ReadonlyArray<readonly [string, Encoded<Fan>]>
  readonly ready: { readonly entries: ReadonlyArray<Ready>; readonly puts: number }
  readonly compensation: Encoded<Compensation>
}

const sorted = <V>(map: PersistentMap<string, V>): ReadonlyArray<readonly [string, V]> => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
const numbered = <V>(map: PersistentMap<number, V>): ReadonlyArray<readonly [number, V]> => [...map].sort(([a], [b]) => a - b)

/** The same state gives the same text. */
export const encodeState = (state: State): string => {
  const snapshot: Snapshot = {
    ...state,
    version,
    sessions: sorted(state.sessions).map(([, session]) => ({ ...session, waiting: session.waiting.toArray() })),
    live: sorted(state.live),
    fans: sorted(state.fans).map(([id, fan]) => [id, { ...fan, waiting: fan.waiting.toArray() }]),
    ready: { entries: readyEntries(state.ready), puts: state.ready.puts },
    joins: numbered(state.joins),
    withins: numbered(state.withins),
    counters: sorted(state.counters),
    held: state.held.toArray(),
    requests: sorted(state.requests),
    runRequests: sorted(state.runRequests),
    timers: sorted(state.timers),
    holding: sorted(state.holding),
    costs: sorted(state.costs),
    failures: sorted(state.failures),
    finished: state.finished.toArray(),
    compensation: { ...state.compensation, queue: state.compensation.queue.toArray() },
  }
  return JSON.stringify(snapshot)
}

/** Undefined for text of another version, and for text that is no snapshot. */
export const decodeState = (text: string): State | undefined => {
  const snapshot = parse(text)
  if (snapshot?.version !== version) return undefined
  const { version: _known, ...plain } = snapshot
  return {
    ...plain,
    sessions: PersistentMap(
      plain.sessions.map((session) => [session.id, { ...newSession(session.id, session.declared), ...session, waiting: List(session.waiting) }] as const),
    ),
    live: PersistentMap(plain.live),
    fans: PersistentMap(plain.fans.map(([id, fan]) => [id, { ...fan, waiting: List(fan.waiting) }] as const)),
    ready: queueOf(plain.ready.entries, plain.ready.puts),
    joins: PersistentMap(plain.joins),
    withins: PersistentMap(plain.withins),
    counters: PersistentMap(plain.counters),
    held: List(plain.held),
    requests: PersistentMap(plain.requests),
    runRequests: PersistentMap(plain.runRequests),
    timers: PersistentMap(plain.timers),
    holding: PersistentMap(plain.holding),
    costs: PersistentMap(plain.costs),
    failures: PersistentMap(plain.failures),
    finished: List(plain.finished),
    compensation: { ...plain.compensation, queue: List(plain.compensation.queue) },
  }
}

const parse = (text: string): Snapshot | undefined => {
  try {
    const snapshot: Snapshot | null = JSON.parse(text)
    return typeof snapshot === "object" && snapshot !== null ? snapshot : undefined
  } catch {
    return undefined
  }
}
