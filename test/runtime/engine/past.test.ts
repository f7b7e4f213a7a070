/** What can be made of a run's past: folded from a snapshot, compared, begun anew from a moment in it. */
import { describe } from "vitest"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { WorkspaceRequest } from "#sdk"
import { fleet, followUp, saysOk, session } from "./fleet.ts"
import { foldRun, snapshotOf } from "../../../runtime/engine/fold-run.ts"
import { forkRun } from "../../../runtime/engine/fork-run.ts"
import { replayRun } from "../../../runtime/engine/replay-run.ts"
import type { AnyWorkspaceProvider } from "../../../runtime/engine/run.ts"
import { startRun } from "../../../runtime/engine/start-run.ts"
import type { JournalShape } from "../../../runtime/journal/journal.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import { initialState, step } from "../../../runtime/machine/index.ts"
import { encodeState } from "../../../runtime/machine/state-codec.ts"

/** `a`, `b`, and both again. */
const ir = fleet(
  [session("a"), session("b")],
  [
    followUp(1, "a", "b"),
    { ...followUp(2, "b", "a"), cases: [{ action: { kind: "send", id: "r2.0", to: ["a"], bySubtask: false, fresh: false, max: { count: 1 } } }] },
  ],
)

/** Branches named after run and session; each turn leaves a commit. */
const branches = (asked: Array<string>): AnyWorkspaceProvider => ({
  isolated: true,
  acquire: ({ run, session: id, from }: WorkspaceRequest<never>) =>
    Effect.sync(() => {
      asked.push(`${run} ${id} from ${from.kind === "branch" ? from.branch : "base"}`)
      const branch = `${run}/${id}`
      return { path: "/nowhere", branch, snapshot: async () => ({ branch, commit: "c" }), diff: async () => "", release: async () => ({}) }
    }),
})

const options = (journal: JournalShape, asked: Array<string> = []) => ({ journal, drivers: { fake: saysOk }, workspaces: { none: branches(asked) }, env: {} })

const ran = (journal: JournalShape) => Effect.flatMap(startRun({ ...options(journal), ir, run: "old", root: "/" }), (handle) => handle.result)

describe("the past of a run", () => {
  it.live("is folded from a snapshot to the same state, whatever the moment it was taken", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      yield* ran(journal)
      const whole = encodeState((yield* foldRun(journal, "old", ir)).state)
      const records = yield* journal.read("old")
      const lease = yield* journal.claim("old")
      let state = initialState(ir)
      for (const [at, { fact }] of records.entries()) {
        state = step(ir, state, fact).state
        yield* journal.keepSnapshot(lease, snapshotOf(ir, { state, held: new Map(), records: at + 1 }))
        const folded = yield* foldRun(journal, "old", ir)
        assert.strictEqual(encodeState(folded.state), whole)
        assert.strictEqual(folded.records, records.length)
      }
      // One of another fleet is none.
      yield* journal.keepSnapshot(lease, snapshotOf({ ...ir, hash: "1".repeat(64) }, { state: initialState(ir), held: new Map(), records: 1 }))
      assert.strictEqual(encodeState((yield* foldRun(journal, "old", ir)).state), whole)
    }),
  )

  it.live("is compared with what was written down", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      yield* ran(journal)
      const records = yield* journal.read("old")
      assert.deepStrictEqual(yield* replayRun(journal, "old"), { facts: records.length, events: records.flatMap(({ events }) => events).length })
      const changed = records.map((record, at) => (at === 2 ? { ...record, events: record.events.slice(1) } : record))
      const { difference } = yield* replayRun({ ...journal, read: () => Effect.succeed(changed) }, "old")
      assert.strictEqual(difference?.record, 2)
      const cut = records.filter((_, at) => at !== 2)
      assert.strictEqual((yield* Effect.flip(foldRun({ ...journal, read: () => Effect.succeed(cut) }, "old", ir))).reason, "damaged")
    }),
  )

  it.live("is where a new run begins, on the branches of the other", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      yield* ran(journal)
      const before = yield* journal.read("old")
      const at = before.flatMap(({ events }) => events).find((event) => event.type === "session.done" && event.session === "b")?.seq ?? 0
      const asked: Array<string> = []
      const handle = yield* forkRun({ ...options(journal, asked), run: "old", at, newRun: "new" })
      assert.strictEqual((yield* handle.result).status, "succeeded")
      assert.deepStrictEqual(asked, ["new a from old/a", "new b from old/b"])
      const events = (yield* journal.read("new")).flatMap((record) => record.events)
      assert.isTrue(events.every((event, index) => event.run === "new" && event.seq === index + 1))
      assert.deepStrictEqual(
        events.flatMap((event) => (event.type === "session.done" ? [event.session] : [])),
        ["a", "b", "a", "b"],
      )
      assert.deepStrictEqual((yield* journal.about("new")).forkedFrom, { run: "old", seq: at })
      assert.deepStrictEqual(yield* journal.read("old"), before)
      for (const wrong of [0, 1.5, 1000, before.flatMap((record) => record.events).length]) {
        assert.strictEqual((yield* Effect.flip(forkRun({ ...options(journal), run: "old", at: wrong })))._tag, "NotForkable")
      }
    }),
  )
})
