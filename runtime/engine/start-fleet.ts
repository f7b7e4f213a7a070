/** `startRun` for programs that use Promises. */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Ir } from "#ir"
import type { FleetEvent, Rejection } from "../machine/protocol.ts"
import type { Lagged, RunHandle, RunOptions, RunResult, UserCommand } from "./run.ts"
import { startRun } from "./start-run.ts"

export interface Fleet {
  readonly id: string
  /** The events from the first on, once for each who reads: `for await (const event of run.events)`, or `run.events({ buffer })` for another buffer. */
  readonly events: AsyncIterable<FleetEvent | Lagged> & ((options?: { readonly buffer?: number }) => AsyncIterable<FleetEvent | Lagged>)
  readonly send: (command: UserCommand) => Promise<Rejection | undefined>
  readonly result: Promise<RunResult>
  /** Cancels what still runs and waits until nothing of the run is left. Safe to call again. */
  readonly close: () => Promise<void>
}

/** Rejects with `InvalidStart` when inputs do not fit the fleet, with `JournalError` when the run cannot be written down. */
export const startFleet = (ir: Ir, options: Omit<RunOptions, "ir">): Promise<Fleet> => fleetOf(startRun({ ...options, ir }))

/** A run of its own scope, in Promises. Rejects with what the start fails with. */
export const fleetOf = async (start: Effect.Effect<RunHandle, unknown, Scope.Scope>): Promise<Fleet> => {
  const scope = await Effect.runPromise(Scope.make())
  const started = await Effect.runPromiseExit(Scope.provide(start, scope))
  if (Exit.isFailure(started)) {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    throw Cause.squash(started.cause)
  }
  const handle = started.value
  const closed = Deferred.makeUnsafe<void>()
  let closing = false
  const close = Effect.suspend(() => {
    if (closing) return Deferred.await(closed)
    closing = true
    return Effect.andThen(Scope.close(scope, Exit.void), Deferred.succeed(closed, undefined))
  })
  const events = (of?: { readonly buffer?: number }) => Stream.toAsyncIterable(handle.events(of))
  return {
    id: handle.id,
    events: Object.assign(events, { [Symbol.asyncIterator]: () => events()[Symbol.asyncIterator]() }),
    send: (command) => Effect.runPromise(handle.send(command)),
    result: Effect.runPromise(handle.result),
    close: async () => {
      await Effect.runPromise(close)
    },
  }
}
