/** What other processes can do to a run while it is driven, by way of its journal. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe } from "vitest"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { fakeDriver, fleet, loggedWorkspaces, session } from "./fleet.ts"
import { startRun } from "../../../runtime/engine/start-run.ts"
import type { CommandAnswer, ControlChannel, JournalShape } from "../../../runtime/journal/journal.ts"
import { makeSqliteJournal } from "../../../runtime/journal/sqlite.ts"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fleetwright-control-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Another process sees the same file; to it, whoever held a run is gone. */
const opened = () => makeSqliteJournal(join(folder, "state.db"), { isAlive: () => false })

const asks = fakeDriver((frame, say) => {
  if (frame.type === "prompt") say({ type: "agent", event: { kind: "cap.ask_user", ask_id: "x", prompt: "which?" } })
  else if (frame.type === "answer") say({ type: "turn.ended", end: { stop: "end_turn" }, text: JSON.stringify(frame.reply) })
})

const started = (journal: JournalShape, log: Array<string> = []) =>
  Effect.gen(function* () {
    const handle = yield* startRun({
      ir: fleet([session("a")]),
      run: "r",
      drivers: { fake: asks },
      workspaces: { none: loggedWorkspaces(log) },
      journal,
      root: "/",
      env: {},
    })
    yield* handle.events().pipe(
      Stream.takeUntil((event) => event.type === "request.opened"),
      Stream.runDrain,
    )
    return handle
  })

const answerTo = (control: ControlChannel, id: number): Effect.Effect<CommandAnswer, unknown> =>
  control.answerTo(id).pipe(
    Effect.flatMap((answer) => (answer === undefined ? Effect.fail("not yet") : Effect.succeed(answer))),
    Effect.retry(Schedule.spaced(20)),
  )

describe("a run that is driven here", () => {
  it.live("obeys who asks from elsewhere, once, and answers", () =>
    Effect.gen(function* () {
      const there = (yield* opened()).control
      const handle = yield* started(yield* opened())
      if (there === undefined) return assert.fail("state.db has a control channel")
      const ask = (command: { readonly type: string; readonly [key: string]: unknown }) => Effect.flatMap(there.ask("r", command), (id) => answerTo(there, id))
      assert.strictEqual((yield* ask({ type: "dance" })).rejection?.code, "invalid_reply")
      assert.strictEqual((yield* ask({ type: "reply", request: "q9", value: "x", by: "me" })).rejection?.code, "unknown_request")
      assert.isUndefined((yield* ask({ type: "reply", request: "q1", value: "x", by: "me" })).rejection)
      assert.strictEqual((yield* handle.result).status, "succeeded")
      const answers = (yield* Stream.runCollect(handle.events())).filter((event) => event.type === "request.answered")
      assert.deepStrictEqual(
        answers.map((event) => (event.type === "request.answered" ? event.reply : undefined)),
        ["x"],
      )
    }),
  )

  it.live("stops at once when another process takes it over, and writes nothing more", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const there = yield* opened()
      const handle = yield* started(yield* opened(), log)
      const before = yield* there.read("r")
      yield* there.claim("r")
      const result = yield* handle.result
      assert.strictEqual(result.status, "failed")
      assert.include(result.reason ?? "", "taken over")
      assert.deepStrictEqual(yield* handle.send({ type: "pause" }), {
        code: "run_stopped",
        message: "another process has taken run r over and drives it now: say it to that one",
      })
      assert.deepStrictEqual(yield* there.read("r"), before)
      // Its workspace is the other one's now.
      assert.deepStrictEqual(log, ["acquire a"])
    }),
  )
})
