/**
 * A state that steps change, one after the other, and what the step under way brought about. The state it started from is never touched, and
 * neither is one that `state` gave: so a run pays for a copy when somebody wants to keep its state, not with every fact.
 */
import type { Ir } from "#ir"
import type { Command, EventBody, Fact, FleetEvent, Rejection } from "./protocol.ts"
import type { Plan } from "./plan.ts"
import { planOf } from "./plan.ts"
import type { Occurrence } from "./occurrence.ts"
import type { Current, Ending, SessionState, State } from "./state.ts"

/** What follows from one fact. */
export interface Outcome {
  readonly events: ReadonlyArray<FleetEvent>
  readonly commands: ReadonlyArray<Command>
  readonly rejection?: Rejection
}

export interface Step extends Outcome {
  readonly state: State
}

type Draft = { -readonly [K in keyof State]: State[K] }

/** So much follows from one fact in no fleet that ends: rules that set each other off at once, for ever, must not stop the world. */
const mostOccurrences = 100_000

export class Transition {
  readonly ir: Ir
  readonly plan: Plan
  /** Everything but the sessions, which are reached by the methods below. */
  readonly now: Omit<Draft, "sessions">
  /** What happened in this step, in order; the rules have seen those before `routed`. */
  occurrences: Array<Occurrence> = []
  private routed = 0
  /** A session failed, was cancelled or skipped: somebody may now wait in vain. */
  upstreamBroke = false
  /** What the end of the run has withdrawn before somebody answered. */
  readonly unanswered = { gates: new Set<string>(), selection: false }
  /** Compensating activations that ended in this step, by what they undid. */
  readonly undone: Array<{ readonly session: string; readonly outcome: "done" | "failed" | "cancelled" }> = []
  rejection: Rejection | undefined
  private events: Array<FleetEvent> = []
  private commands: Array<Command> = []
  /** `now`, and the sessions as they were when somebody last wanted the state. */
  private readonly draft: Draft
  /** The sessions that have changed since. */
  private readonly changed = new Map<string, SessionState>()

  constructor(ir: Ir, state: State) {
    this.ir = ir
    this.plan = planOf(ir)
    this.draft = { ...state, live: state.live.asMutable() }
    this.now = this.draft
  }

  /** When the fact came that is followed up, in ms since the epoch. */
  get at(): number {
    return this.draft.at
  }

  begin(fact: Fact): void {
    if (fact.at > this.draft.at) this.draft.at = fact.at
    this.occurrences = []
    this.routed = 0
    this.rejection = undefined
    this.events = []
    this.commands = []
  }

  /** Nothing more follows from the fact. */
  outcome(): Outcome {
    const { events, commands, rejection } = this
    return rejection === undefined ? { events, commands } : { events, commands, rejection }
  }

  /** What the facts have come to so far. */
  state(): State {
    const sessions = this.allSessions()
    const live = this.draft.live.asImmutable()
    this.draft.live = live.asMutable()
    return { ...this.draft, sessions, live }
  }

  emit(body: EventBody): void {
    if (this.now.phase === "ended") return
    this.now.seq += 1
    this.events.push({ seq: this.now.seq, run: this.now.run, at: this.at, ...body })
  }

  command(command: Command): void {
    this.commands.push(command)
  }

  reject(code: Rejection["code"], message: string): void {
    this.rejection = { code, message }
  }

  /** The next thing that happened and has not reached the rules. */
  nextOccurrence(): Occurrence | undefined {
    const next = this.occurrences[this.routed]
    if (next === undefined) return undefined
    this.routed += 1
    if (this.routed > mostOccurrences)
      this.end({ status: "failed", reason: "the rules set each other off without end", live: { cancel: { code: "run_ended" } } })
    return next
  }

  /** The run is to end; the first reason stands. */
  end(ending: Ending): void {
    if (this.now.ending === undefined) this.now.ending = ending
  }

  session(id: string): SessionState | undefined {
    return this.changed.get(id) ?? this.draft.sessions.get(id)
  }

  /** Changes a session and gives what it became. */
  put(session: SessionState): SessionState {
    this.changed.set(session.id, session)
    return session
  }

  change(id: string, changes: Partial<SessionState>): void {
    const session = this.session(id)
    if (session !== undefined) this.changed.set(id, { ...session, ...changes })
  }

  changeCurrent(id: string, changes: Partial<Current>): void {
    const session = this.session(id)
    if (session?.current !== undefined) this.changed.set(id, { ...session, current: { ...session.current, ...changes } })
  }

  /** In no order that means anything. */
  allSessions(): State["sessions"] {
    const { changed, draft } = this
    if (changed.size > 0) draft.sessions = draft.sessions.withMutations((sessions) => changed.forEach((session, id) => sessions.set(id, session)))
    changed.clear()
    return draft.sessions
  }
}
