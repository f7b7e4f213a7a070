/** A journal in a file of its own that goes with the scope: simulations whose commands come as from another process. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { JournalError, JournalShape } from "./journal.ts"
import { makeSqliteJournal } from "./sqlite.ts"

/** Whoever held a run in it is gone: the processes of a simulation come one after the other. */
export const makeTemporaryJournal: Effect.Effect<JournalShape, JournalError, Scope.Scope> = Effect.flatMap(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "fleetwright-simulation-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
  ),
  (folder) => makeSqliteJournal(join(folder, "state.db"), { isAlive: () => false }),
)
