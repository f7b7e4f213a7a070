/** What a run left that had ended while its process was killed before it had cleaned up: agents, and workspaces nobody needs any more. */
import * as Effect from "effect/Effect"
import type { JournalError } from "../journal/journal.ts"
import { foldRun, irOf } from "./fold-run.ts"
import { formerOf } from "./held-places.ts"
import { makePlaces } from "./places.ts"
import { adoptPlaces, type ResumeOptions } from "./resume-run.ts"
import { stopOrphans } from "./stop-orphans.ts"

/** Nothing of the run is decided anew, and its records stay as they are. Fails with `run_alive` while its process is still at it. */
export const tidyRun = ({
  run,
  journal,
  workspaces,
  stopLeft = stopOrphans,
}: Pick<ResumeOptions, "run" | "journal" | "workspaces" | "stopLeft">): Effect.Effect<void, JournalError> =>
  Effect.gen(function* () {
    const lease = yield* journal.claim(run)
    yield* stopLeft(lease)
    const ir = yield* irOf(journal, run)
    const { root, forkedFrom } = yield* journal.origin(run)
    const { held } = yield* foldRun(journal, run, ir, { anyway: true })
    const left = new Map([...held].map(([session, place]) => [session, { ...place, released: true }]))
    yield* adoptPlaces(ir, left, makePlaces(run, ir, root, workspaces, formerOf(run, held, forkedFrom !== undefined)))
    yield* journal.release(lease)
  })
