/** Starts a run: what was given is checked, the run is written down, then it is driven. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { JournalError } from "../journal/journal.ts"
import { initialState } from "../machine/index.ts"
import { randomBytes, runId } from "../platform/run-id.ts"
import { beginningOf, InvalidStart } from "./beginning.ts"
import { driveRun } from "./drive-run.ts"
import { makePlaces } from "./places.ts"
import type { RunHandle, RunOptions } from "./run.ts"

/** Fails when what was given does not fit the fleet or the run cannot be written down; everything later is in the result. */
export const startRun = (options: RunOptions): Effect.Effect<RunHandle, JournalError | InvalidStart, Scope.Scope> =>
  Effect.gen(function* () {
    const { ir, journal, root } = options
    const beginning = beginningOf(ir, options)
    if (beginning instanceof InvalidStart) return yield* Effect.fail(beginning)
    const clock = yield* Clock.Clock
    const startedAt = clock.currentTimeMillisUnsafe()
    const run = options.run ?? runId(startedAt, randomBytes(8))
    const lease = yield* journal.create({ run, ir, root, startedAt, ...beginning })
    const places = makePlaces(run, ir, root, options.workspaces)
    return yield* driveRun({ options, run, lease, state: { ...initialState(ir), at: startedAt }, places, records: 0, first: [{ type: "run.begun", run, ...beginning }] })
  })
