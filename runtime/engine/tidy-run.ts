/** What a run left that had ended while its process was killed before it had cleaned up: agents, and workspaces nobody needs any more. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { JournalError, JournalRecord } from "../journal/journal.ts"
import { foldRun, irOf } from "./fold-run.ts"
import { formerOf } from "./held-places.ts"
import { makeLateWork } from "./late-work.ts"
import { makePlaces } from "./places.ts"
import { adoptPlaces, type ResumeOptions } from "./resume-run.ts"
import { stopOrphans } from "./stop-orphans.ts"

/** Nothing of the run is decided anew, its records stay, and work that is committed now is added. Fails with `run_alive` while its process is still at it. */
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
    const { held, state } = yield* foldRun(journal, run, ir, { anyway: true })
    const left = new Map([...held].map(([session, place]) => [session, { ...place, released: true }]))
    const places = makePlaces(run, ir, root, workspaces, formerOf(run, held, forkedFrom !== undefined))
    const at = Math.max(state.at, yield* Clock.currentTimeMillis)
    const lateWork = makeLateWork(held, () => {})
    places.onCommitted(lateWork.note)
    yield* adoptPlaces(ir, left, places)
    const late = lateWork.left().map((fact): JournalRecord => ({ fact: { ...fact, at }, events: [] }))
    if (late.length > 0) yield* journal.append(lease, late)
    yield* journal.release(lease)
  })
