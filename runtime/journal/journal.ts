/**
 * Where runs are written down before anybody sees them. One record is one fact with the events the machine made of it:
 * the facts replay the machine, the events are read by whoever lags or comes later.
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type { Ir, Json } from "#ir"
import type { Fact, FleetEvent, Rejection } from "../machine/protocol.ts"

export interface JournalRecord {
  readonly fact: Fact
  readonly events: ReadonlyArray<FleetEvent>
}

/**
 * `stale_writer`: another engine took the run over. `run_alive`: a living process runs it. `newer_schema`: the file was written by a
 * later version of fleetwright. `older_run`: it was written by an earlier one that did not keep what is asked for.
 */
export class JournalError extends Data.TaggedError("JournalError")<{
  readonly reason: "stale_writer" | "run_alive" | "newer_schema" | "older_run" | "unknown_run" | "run_exists" | "damaged" | "io"
  readonly message: string
}> {}

/** What a run is made of besides its records: enough to take it up again without any file. */
export interface NewRun {
  readonly run: string
  readonly ir: Ir
  /** The directory of the fleet file: absolute. */
  readonly root: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly inputs: { readonly [name: string]: Json }
  readonly task?: string
  readonly forkedFrom?: ForkPoint
}

export interface ForkPoint {
  readonly run: string
  readonly seq: number
}

export type RunOutcome = Extract<FleetEvent, { readonly type: "run.ended" }>["status"]

export interface RunEntry {
  readonly run: string
  readonly fleet: string
  /** SHA-256 of the IR the run executes. */
  readonly ir: string
  readonly root: string
  readonly startedAt: number
  readonly ended: boolean
  /** How it ended. */
  readonly status?: RunOutcome
  /** The id of the living process that runs it, or that cleans up after its end. */
  readonly alive?: number
  /** Its process died before it had given the run back. */
  readonly abandoned: boolean
  readonly forkedFrom?: ForkPoint
  /** Of the lease that was given last. */
  readonly epoch: number
  readonly records: number
  /** The hash of the last record: what an audit must arrive at. */
  readonly head: string
}

/** The right to write one run; taking it takes it from whoever held it before. */
export interface Lease {
  readonly run: string
  readonly epoch: number
}

/** The state after the first `records` records, as the machine's codec writes it. */
export interface StateSnapshot {
  readonly records: number
  readonly state: Json
}

/** A record as it is stored: its texts, and the hash that covers them and every record before. */
export interface StoredRecord {
  readonly fact: string
  readonly events: string
  readonly hash: string
}

export interface JournalShape {
  /** Writes a new run down; the lease it gives is the first. */
  readonly create: (run: NewRun) => Effect.Effect<Lease, JournalError>
  /** Takes over a run that exists and that no living process runs: a writer with an older lease is refused from now on. */
  readonly claim: (run: string) => Effect.Effect<Lease, JournalError>
  /** Gives the run back, for anybody to claim. Nothing happens when it was taken over before. */
  readonly release: (lease: Lease) => Effect.Effect<void, JournalError>
  /** All of the records, with the answers to the commands they came from, or none. */
  readonly append: (lease: Lease, records: ReadonlyArray<JournalRecord>, answers?: ReadonlyArray<CommandAnswer>) => Effect.Effect<void, JournalError>
  /** Records in the order written; `from` counts records from 0. */
  readonly read: (run: string, from?: number) => Effect.Effect<ReadonlyArray<JournalRecord>, JournalError>
  /** The same as they are stored, for an audit. */
  readonly stored: (run: string) => Effect.Effect<ReadonlyArray<StoredRecord>, JournalError>
  /** What the run was started with. Its IR comes as it was stored: whoever runs it decodes it. */
  readonly origin: (run: string) => Effect.Effect<Omit<NewRun, "ir"> & { readonly ir: unknown }, JournalError>
  /** Oldest first. */
  readonly runs: () => Effect.Effect<ReadonlyArray<RunEntry>, JournalError>
  readonly about: (run: string) => Effect.Effect<RunEntry, JournalError>
  /** Keeps the state so that a replay need not begin at the beginning; one for each run. */
  readonly keepSnapshot: (lease: Lease, snapshot: StateSnapshot) => Effect.Effect<void, JournalError>
  readonly snapshot: (run: string) => Effect.Effect<StateSnapshot | undefined, JournalError>
  /** Absent where no other process can reach the journal. */
  readonly control?: ControlChannel
}

export interface ControlCommand {
  readonly id: number
  /** As somebody wrote it: whoever obeys it looks at it first. */
  readonly command: Json
}

export interface CommandAnswer {
  readonly id: number
  /** Absent: accepted. */
  readonly rejection?: Rejection
}

/** How a process talks to the one that runs a fleet (docs/decisions/0015-control-channel.md). */
export interface ControlChannel {
  /** `command` is written as JSON. */
  readonly ask: (run: string, command: { readonly type: string }) => Effect.Effect<number, JournalError>
  readonly answerTo: (id: number) => Effect.Effect<CommandAnswer | undefined, JournalError>
  /** Takes a command back; false when it was answered before. */
  readonly withdraw: (id: number) => Effect.Effect<boolean, JournalError>
  /** Commands not answered, after the one with this id. Fails with `stale_writer` once the run was taken over. */
  readonly pending: (lease: Lease, after: number) => Effect.Effect<ReadonlyArray<ControlCommand>, JournalError>
  /** Answers commands that changed nothing. */
  readonly answer: (answers: ReadonlyArray<CommandAnswer>) => Effect.Effect<void, JournalError>
  /** Says that the owner of the lease lives, for those that cannot look at its process. */
  readonly beat: (lease: Lease) => Effect.Effect<void, JournalError>
}

/** The journal of a program that uses Effect: what `startRun` and its like write to. */
export class Journal extends Context.Service<Journal, JournalShape>()("fleetwright/runtime/Journal") {}
