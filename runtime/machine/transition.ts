/**
 * One step under way. It starts from a state that it never touches, gathers changes, events and commands, and is committed to a new state.
 * `now` is a shallow copy, so a step costs what it changes; the maps in it are persistent and taken as mutable only for the step's length.
 */
import type { Ir } from "#ir"
import type { Command, EventBody, Fact, FleetEvent, Rejection } from "./protocol.ts"
import type { Plan } from "./plan.ts"
import { planOf } from "./plan.ts"
import type { Occurrence } from "./occurrence.ts"
import type { Current, Ending, SessionState, State } from "./state.ts"

export interface Step {
  readonly state: State
  readonly events: ReadonlyArray<FleetEvent>
  readonly commands: ReadonlyArray<Command>
  readonly rejection?: Rejection
}

type Draft = { -readonly [K in keyof State]: State[K] }

/** So much follows from one fact in no fleet that ends: rules that set each other off at once, for ever, must not stop the world. */
const mostOccurrences = 100_000

export class Transition {
  readonly ir: Ir
  readonly plan: Plan
  /** Everything but the sessions, which are reached by the methods below. */
  readonly now: Omit<Draft, "sessions">
  readonly at: number
  /** What happened in this step, in order; the rules have seen those before `routed`. */
  readonly occurrences: Array<Occurrence> = []
  private routed = 0
  /** A session failed, was cancelled or skipped: somebody may now wait in vain. */
  upstreamBroke = false
  /** Compensating activations that ended in this step, by what they undid. */
  readonly undone: Array<{ readonly session: string; readonly outcome: "done" | "failed" | "cancelled" }> = []
  rejection: Rejection | undefined
  private readonly events: Array<FleetEvent> = []
  private readonly commands: Array<Command> = []
  /** The one copy of the state: `now`, and the sessions as the step found them. */
  private readonly draft: Draft
  /** The sessions it has changed: most steps change one of thousands, several times. */
  private readonly changed = new Map<string, SessionState>()

  constructor(ir: Ir, state: State, fact: Fact) {
    this.ir = ir
    this.plan = planOf(ir)
    this.at = fact.at > state.at ? fact.at : state.at
    this.draft = { ...state, at: this.at, live: state.live.asMutable() }
    this.now = this.draft
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
    if (this.routed > mostOccurrences) this.end({ status: "failed", reason: "the rules set each other off without end", live: { cancel: { code: "run_ended" } } })
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

  /** The step is over: nothing may be changed any more. */
  commit(): Step {
    this.allSessions()
    this.draft.live = this.draft.live.asImmutable()
    return { state: this.draft, events: this.events, commands: this.commands, ...(this.rejection === undefined ? {} : { rejection: this.rejection }) }
  }
}
