/**
 * The state of one run: immutable, so an old state stays valid after a step. Collections that grow with the run are persistent maps.
 * Everything here follows from the IR and the facts; nothing is read from outside.
 */
import { List, Map as PersistentMap } from "immutable"
import type { Action, Ir, Json, PluginUse } from "#ir"
import type { CancelReason, Decision, Failure, RequestKind, SessionStatus, StopReason } from "./protocol.ts"
import type { ReadyQueue } from "./ready-queue.ts"
import { emptyQueue } from "./ready-queue.ts"
import type { RuleJoin, Token } from "./joins.ts"

/** What one send asks of a session: prompts run as consecutive turns, ending in one done, failed or cancelled. */
export interface Activation {
  readonly prompts: ReadonlyArray<string>
  /** Rule id, `start`, `user` or `compensate`. */
  readonly rule: string
  readonly from: ReadonlyArray<string>
  readonly fresh: boolean
  readonly priority?: number
  /** The branches of the sessions that triggered it, in trigger order, each once. */
  readonly sourceBranches?: ReadonlyArray<string>
  /** The session this activation undoes. */
  readonly undoes?: string
  /** What users said before it began. */
  readonly said?: ReadonlyArray<string>
}

/** US dollars and tokens. */
export interface Spend {
  readonly usd: number
  readonly tokens: number
}

export const nothingSpent: Spend = { usd: 0, tokens: 0 }

/** The activation a session works on. It always has all its fields, as a session has: thousands of one shape are quick to copy and to read. */
export interface Current {
  readonly activation: Activation
  /** Index of the prompt; the turn under way belongs to it. */
  readonly position: number
  readonly prompt: string
  readonly turn: number
  /** 0 until a driver was started for this turn. */
  readonly attempt: number
  /** Executions that failed, refused openings included. */
  readonly tries: number
  readonly askedAgain: boolean
  /** `session.started` was said for this activation. */
  readonly announced: boolean
  /** A turn is under way: its one terminal event is still to come. */
  readonly open: boolean
  /** The prompt is what a user said. */
  readonly byUser: boolean
  /** The question whether policies let the prompt pass. */
  readonly check: string | undefined
  /** The prompt that they let pass. */
  readonly cleared: string | undefined
  /** The question what follows: the turn is over, and the session is done once that is known. */
  readonly routing: string | undefined
  /** What users said while a turn ran that took no messages: the prompts of the turns to come. */
  readonly later: ReadonlyArray<string>
  /** What users said to the attempt under way. */
  readonly given: ReadonlyArray<string>
  /** What they said before the turn began, or to attempts that broke off: whether those had heard it is not known, so the next one is told. */
  readonly owed: ReadonlyArray<string>
  /** Processes that died while they were at this turn. */
  readonly losses: number
  /** The agent waits for its service and holds no permit (`waits`), or has waited and took one for the rest of its turn, whether or not it was free (`back`). */
  readonly parked: "waits" | "back" | undefined
  /** The sessions whose messages are all of its prompt. */
  readonly heard: ReadonlyArray<string>
  /** What agents said to it and its prompt has, until the turn begins. */
  readonly brings: ReadonlyArray<Mail>
  /** The last line of `text`, as far as it may be a message to another agent. */
  readonly line: string
  /** Kept back from the run's budget for the turn, and what the turn has spent. */
  readonly reserved: Spend
  readonly spent: Spend
  readonly text: string
  readonly timers: ReadonlyArray<string>
  /** Milliseconds left of the timeout while a request is open. */
  readonly timeoutLeft: number | undefined
  readonly lastSeen: number
  /** Idle spells (milliseconds) already told. */
  readonly idled: ReadonlyArray<number>
}

/** What the agent of another session said to this one. */
export interface Mail {
  readonly from: string
  readonly text: string
}

export interface Addressed extends Mail {
  readonly to: string
}

export interface Result {
  readonly text: string
  readonly output?: Json
  readonly stop: StopReason
}

export type DriverState = "none" | "opening" | "open"

export interface SessionState {
  readonly id: string
  readonly declared: string
  readonly index: number | undefined
  /** The fan-out an instance belongs to, by the id of its first instance. */
  readonly batch: string | undefined
  readonly status: SessionStatus
  readonly driver: DriverState
  /** Openings that were closed and whose end has not come back: what is heard until then is theirs. */
  readonly closing: number
  /** A turn that was interrupted or cancelled and that the driver has not ended yet: the next one waits for that. */
  readonly stopping: { readonly turn: number; readonly attempt: number; readonly timer: string } | undefined
  readonly permit: boolean
  readonly waiting: List<Activation>
  /** For its next prompt. */
  readonly mail: ReadonlyArray<Mail>
  readonly current: Current | undefined
  /** Turns started. */
  readonly turns: number
  readonly attempts: number
  readonly result: Result | undefined
  readonly lastPrompt: string
  /** The prompts of the latest activation that ended. */
  readonly lastPrompts: ReadonlyArray<string> | undefined
  readonly error: Failure | undefined
  readonly branch: string | undefined
  /** The name by which the conversation can be continued. */
  readonly resume: string | undefined
  readonly takesMessages: boolean
  readonly cancelsTurns: boolean
  /** When its first turn began: its wall time counts from there. */
  readonly begunAt: number | undefined
  readonly usd: number
  readonly tokens: number
  /** Highest cumulative figures of the driver's conversation. */
  readonly seen: { readonly usd: number; readonly tokens: number }
  /** Open ones, oldest first. */
  readonly requests: ReadonlyArray<string>
  /** Questions whose answers the agent has not got, oldest first: it gets them in that order. */
  readonly questions: ReadonlyArray<{ readonly request: string; readonly agentRequest: string; readonly reply?: Json }>
  /** The entry of the ready queue that counts; older ones are void. */
  readonly ticket: number
  /** Compensation was tried: it happens once. */
  readonly undone: boolean
}

export interface RequestState {
  readonly id: string
  readonly kind: RequestKind
  readonly session?: string
  readonly agentRequest?: string
  readonly gate?: string
  readonly rule?: string
  readonly candidates?: ReadonlyArray<string>
  readonly timer?: string
  /** What fired the rule that asks a routing plugin. */
  readonly tokens?: ReadonlyArray<Token>
  readonly open: boolean
  /** It went unanswered. */
  readonly withdrawn?: boolean
  /** The routing plugin that is asked. */
  readonly plugin?: PluginUse
  /** How the session ended that it is asked about. */
  readonly stop?: string
  /** The answer decides whether the session is done with this, or has failed. */
  readonly settles?: Result
  /** The failure that an answer takes care of, by its key in `State.failures`. */
  readonly handles?: string
  /** What waits for policies to let it pass. */
  readonly delivery?: Action
  readonly message?: Addressed
  /** Somebody has to say what becomes of the session's turn, which was under way when the run stopped. */
  readonly review?: boolean
}

/** A send or retry whose delay has not passed. */
export interface Delivery {
  readonly target: string
  readonly activation: Activation
}

export type TimerPurpose =
  | { readonly kind: "retry" | "timeout" | "interrupt"; readonly session: string; readonly turn: number }
  | { readonly kind: "idle"; readonly session: string; readonly turn: number }
  | { readonly kind: "spell"; readonly session: string; readonly turn: number; readonly ms: number }
  | { readonly kind: "deliver"; readonly deliveries: ReadonlyArray<Delivery> }
  | { readonly kind: "fan"; readonly declared: string; readonly activations: ReadonlyArray<Activation>; readonly limit?: number }
  | { readonly kind: "expiry"; readonly request: string }
  | { readonly kind: "within"; readonly rule: number }
  | { readonly kind: "every"; readonly ms: number }
  | { readonly kind: "share"; readonly percent: number }
  | { readonly kind: "wall" }
  | { readonly kind: "sessionWall"; readonly session: string }

export interface Timer {
  readonly at: number
  readonly purpose: TimerPurpose
}

/** Instances of one fanned-out session. Indices continue over batches. */
export interface Fan {
  readonly next: number
  /** First index of the latest batch. */
  readonly first: number
  readonly live: number
  /** How many may live at once; absent: all. */
  readonly limit?: number
  readonly waiting: List<string>
}

export interface Ending {
  readonly status: "succeeded" | "failed" | "cancelled"
  readonly reason?: string
  /** The result of a run that succeeds. */
  readonly outputs?: { readonly [name: string]: Json }
  /** What becomes of the sessions that are live. */
  readonly live: { readonly cancel: CancelReason } | { readonly fail: Failure }
}

export interface Compensation {
  readonly queue: List<string>
  readonly current?: string
  readonly needsReview: boolean
}

export interface State {
  readonly phase: "new" | "running" | "undoing" | "ended"
  readonly paused: boolean
  /** A rule has paused it: people are to look before it goes on. */
  readonly pausedByRule?: true
  /** Something broke on which a session waits that may yet be activated: whatever happens next may decide that it is skipped. */
  readonly inDoubt: boolean
  /** The open breakpoint; `alone`: nobody else has paused the run, so answering it lets the run go on. */
  readonly stoppedAt?: { readonly request: string; readonly session: string; readonly alone: boolean }
  /** Sessions and instances to stop before. */
  readonly breakpoints: ReadonlyArray<string>
  /** Sessions with a permit whose turn the pause holds back. */
  readonly held: List<string>
  readonly run: string
  readonly seq: number
  readonly at: number
  readonly begunAt: number
  readonly policed?: ReadonlyArray<Decision["boundary"]>
  readonly task?: string
  readonly inputs: { readonly [name: string]: Json }
  readonly sessions: PersistentMap<string, SessionState>
  /** Sessions queued, starting, working, waiting or between attempts. */
  readonly live: PersistentMap<string, true>
  readonly fans: PersistentMap<string, Fan>
  /** Sessions of which nothing will be fanned out, since it was skipped or cancelled; that was told. */
  readonly skippedFans: ReadonlyArray<string>
  readonly ready: ReadyQueue
  readonly permits: number
  readonly joins: PersistentMap<number, RuleJoin>
  readonly withins: PersistentMap<number, string>
  readonly counters: PersistentMap<string, number>
  readonly requests: PersistentMap<string, RequestState>
  /** Open requests of the run itself (gates, selections, routing): they hold it open. */
  readonly runRequests: PersistentMap<string, true>
  readonly requestCount: number
  readonly timers: PersistentMap<string, Timer>
  readonly timerCount: number
  /** Timers that hold the run open. */
  readonly holding: PersistentMap<string, true>
  readonly usd: number
  readonly tokens: number
  readonly turns: number
  /** Kept back for the turns under way. */
  readonly reserved: Spend
  /** What ended turns cost, by declared session. */
  readonly costs: PersistentMap<string, Spend & { readonly turns: number }>
  readonly percentsTold: ReadonlyArray<number>
  readonly selection: Json
  /** Failures no rule has handled, by the key their tokens carry. */
  readonly failures: PersistentMap<string, { readonly session: string; readonly error: Failure; readonly seq: number }>
  readonly routeFailure?: string
  /** Declared or instance ids that finished and may be undone, in order of finishing. */
  readonly finished: List<string>
  readonly compensation: Compensation
  readonly ending?: Ending
}

/** The state before `run.begun`. */
export const initialState = (ir: Ir): State => ({
  phase: "new",
  paused: false,
  inDoubt: false,
  breakpoints: [],
  held: List(),
  run: "",
  seq: 0,
  at: 0,
  begunAt: 0,
  inputs: {},
  sessions: PersistentMap(ir.sessions.filter((session) => !session.instances).map((session) => [session.id, newSession(session.id, session.id)] as const)),
  live: PersistentMap(),
  fans: PersistentMap(),
  skippedFans: [],
  ready: emptyQueue,
  permits: 0,
  joins: PersistentMap(),
  withins: PersistentMap(),
  counters: PersistentMap(),
  requests: PersistentMap(),
  runRequests: PersistentMap(),
  requestCount: 0,
  timers: PersistentMap(),
  timerCount: 0,
  holding: PersistentMap(),
  usd: 0,
  tokens: 0,
  turns: 0,
  reserved: nothingSpent,
  costs: PersistentMap(),
  percentsTold: [],
  selection: null,
  failures: PersistentMap(),
  finished: List(),
  compensation: { queue: List(), needsReview: false },
})

/** One for all that hold nothing. */
const none: ReadonlyArray<never> = []
const noActivations: List<Activation> = List()

export const newSession = (id: string, declared: string, instance?: { readonly index: number; readonly batch: string }): SessionState => ({
  id,
  declared,
  index: instance?.index,
  batch: instance?.batch,
  status: "pending",
  driver: "none",
  closing: 0,
  stopping: undefined,
  permit: false,
  waiting: noActivations,
  mail: none,
  current: undefined,
  turns: 0,
  attempts: 0,
  result: undefined,
  lastPrompt: "",
  lastPrompts: undefined,
  error: undefined,
  branch: undefined,
  resume: undefined,
  takesMessages: true,
  cancelsTurns: true,
  begunAt: undefined,
  usd: 0,
  tokens: 0,
  seen: nothingSpent,
  requests: none,
  questions: none,
  ticket: 0,
  undone: false,
})

/** The activation that the session begins with its next turn. */
export const newCurrent = (session: SessionState, activation: Activation, at: number): Current => ({
  activation,
  position: 0,
  prompt: activation.prompts[0] ?? "",
  turn: session.turns + 1,
  attempt: 0,
  tries: 0,
  askedAgain: false,
  announced: false,
  open: false,
  byUser: activation.rule === "user",
  check: undefined,
  cleared: undefined,
  routing: undefined,
  later: none,
  given: none,
  owed: activation.said ?? none,
  losses: 0,
  parked: undefined,
  heard: none,
  brings: none,
  line: "",
  reserved: nothingSpent,
  spent: nothingSpent,
  text: "",
  timers: none,
  timeoutLeft: undefined,
  lastSeen: at,
  idled: none,
})
