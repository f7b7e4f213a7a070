/** What runs left that were killed before they could end: agents without anybody, found by the marks they carry (Linux). */
import * as Effect from "effect/Effect"
import { markedRuns } from "#sdk"
import type { JournalShape, RunEntry } from "#runtime"
import { stopOrphans } from "#runtime/engine/stop-orphans.ts"

/** Runs that did not end and that no living process runs, all or the one named. Their agents are stopped first, so that nobody works beside them. */
export const abandonedRuns = async (journal: JournalShape, only?: string): Promise<ReadonlyArray<RunEntry>> => {
  const abandoned = (await Effect.runPromise(journal.runs())).filter(
    ({ run, ended, alive }) => !ended && alive === undefined && (only === undefined || run === only),
  )
  if (abandoned.length === 0) return abandoned
  const busy = markedRuns()
  await Effect.runPromise(
    Effect.forEach(
      abandoned.filter(({ run }) => busy.has(run)),
      // whoever takes one up meanwhile has agents of a later epoch
      ({ run, epoch }) => stopOrphans({ run, epoch: epoch + 1 }),
      { discard: true },
    ),
  )
  return abandoned
}
