/** `resumeRun` and `forkRun` for programs that use Promises. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { forkRun, type ForkOptions } from "./fork-run.ts"
import type { OpenRequest, ResumedRun, ResumeOptions } from "./resume-run.ts"
import { resumeRun } from "./resume-run.ts"
import { fleetOf, type Fleet } from "./start-fleet.ts"

export interface ResumedFleet extends Fleet {
  readonly pending: ReadonlyArray<OpenRequest>
}

/** Rejects with `NotResumable` or with `JournalError`: then nothing was touched that a living process needs. */
export const resumeFleet = (options: ResumeOptions): Promise<ResumedFleet> => withPending(resumeRun(options))

/** Rejects with `NotForkable` or with `JournalError`. */
export const forkFleet = (options: ForkOptions): Promise<ResumedFleet> => withPending(forkRun(options))

const withPending = async (start: Effect.Effect<ResumedRun, unknown, Scope.Scope>): Promise<ResumedFleet> => {
  let pending: ReadonlyArray<OpenRequest> = []
  const fleet = await fleetOf(
    Effect.tap(start, (handle) =>
      Effect.sync(() => {
        pending = handle.pending
      }),
    ),
  )
  return { ...fleet, pending }
}
