/**
 * Where runs are written down before anybody sees them. One record is one fact with the events the machine made of it:
 * the facts replay the machine, the events are read by whoever lags or comes later.
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type { Fact, FleetEvent } from "../machine/protocol.ts"

export interface JournalRecord {
  readonly fact: Fact
  readonly events: ReadonlyArray<FleetEvent>
}

/** `stale_writer`: another engine took the run over. `newer_schema`: the file was written by a later version of fleetwright. */
export class JournalError extends Data.TaggedError("JournalError")<{
  readonly reason: "stale_writer" | "newer_schema" | "unknown_run" | "run_exists" | "io"
  readonly message: string
}> {}

export interface RunEntry {
  readonly run: string
  readonly fleet: string
  /** SHA-256 of the IR the run executes. */
  readonly ir: string
  readonly startedAt: number
  readonly ended: boolean
}

/** The right to write one run; taking it takes it from whoever held it before. */
export interface Lease {
  readonly run: string
  readonly epoch: number
}

export interface JournalShape {
  /** Writes a new run down; the lease it gives is the first. */
  readonly create: (entry: { readonly run: string; readonly fleet: string; readonly ir: string; readonly startedAt: number }) => Effect.Effect<Lease, JournalError>
  /** Takes over a run that exists: a writer with an older lease is refused from now on. */
  readonly claim: (run: string) => Effect.Effect<Lease, JournalError>
  /** All of the records or none. */
  readonly append: (lease: Lease, records: ReadonlyArray<JournalRecord>) => Effect.Effect<void, JournalError>
  /** Records in the order written; `from` counts records from 0. */
  readonly read: (run: string, from?: number) => Effect.Effect<ReadonlyArray<JournalRecord>, JournalError>
  /** Oldest first. */
  readonly runs: () => Effect.Effect<ReadonlyArray<RunEntry>, JournalError>
}

export class Journal extends Context.Service<Journal, JournalShape>()("fleetwright/runtime/Journal") {}
