/** A run that ended, and whose process was killed before it had given its workspaces back. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { loggedWorkspaces, pipeline, saysOk } from "./fleet.ts"
import { startRun } from "../../../runtime/engine/start-run.ts"
import { tidyRun } from "../../../runtime/engine/tidy-run.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"

it.live("what a run left at its end is committed and given back, and its records stay", () =>
  Effect.gen(function* () {
    const log: Array<string> = []
    const journal = makeMemoryJournal()
    const workspaces = { none: loggedWorkspaces(log, process.cwd()) }
    yield* (yield* startRun({ ir: pipeline(2), run: "r", drivers: { fake: saysOk }, workspaces, journal, root: "/", env: {} })).result
    const before = yield* journal.read("r")
    log.length = 0
    yield* tidyRun({ run: "r", journal, workspaces })
    assert.deepStrictEqual(
      log.filter((line) => line.endsWith("s0")),
      ["acquire s0", "snapshot s0", "snapshot s0", "release s0"],
    )
    assert.deepStrictEqual(log.filter((line) => line.startsWith("release")).sort(), ["release s0", "release s1"])
    assert.deepStrictEqual(yield* journal.read("r"), before)
  }),
)
