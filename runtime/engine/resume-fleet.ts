/** `resumeRun` for programs that use Promises. */
import * as Effect from "effect/Effect"
import type { OpenRequest, ResumedRun, ResumeOptions } from "./resume-run.ts"
import { resumeRun } from "./resume-run.ts"
import { fleetOf, type Fleet } from "./start-fleet.ts"

export interface ResumedFleet extends Fleet {
  readonly pending: ReadonlyArray<OpenRequest>
}

/** Rejects with `NotResumable` or with `JournalError`: then nothing was touched that a living process needs. */
export const resumeFleet = async (options: ResumeOptions): Promise<ResumedFleet> => {
  let pending: ReadonlyArray<OpenRequest> = []
  const resumed = Effect.tap(resumeRun(options), (handle: ResumedRun) => Effect.sync(() => { pending = handle.pending }))
  const fleet = await fleetOf(resumed)
  return { ...fleet, pending }
}
