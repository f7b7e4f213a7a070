import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { describe } from "vitest"
import { bestEffort } from "../../../runtime/journal/best-effort.ts"
import { JournalError, type JournalShape } from "../../../runtime/journal/journal.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import { startRun } from "../../../runtime/engine/start-run.ts"
import { loggedWorkspaces, pipeline, saysOk } from "../engine/fleet.ts"

const failing = (reason: JournalError["reason"], from: number): JournalShape & { readonly written: () => number } => {
  const inner = makeMemoryJournal()
  let appends = 0
  return {
    ...inner,
    written: () => appends,
    append: (...args) => (++appends > from ? Effect.fail(new JournalError({ reason, message: "disk full" })) : inner.append(...args)),
  }
}

const run = (journal: JournalShape) =>
  Effect.gen(function* () {
    const handle = yield* startRun({ ir: pipeline(3), drivers: { fake: saysOk }, workspaces: { none: loggedWorkspaces([]) }, journal, root: "/" })
    return { id: handle.id, result: yield* handle.result }
  })

describe("a journal that is not needed", () => {
  it.live("is lost once, and the run goes on", () =>
    Effect.gen(function* () {
      const inner = failing("io", 2)
      const lost: Array<string> = []
      const journal = bestEffort(inner, ({ message }) => lost.push(message))
      const { id, result } = yield* run(journal)
      assert.strictEqual(result.status, "succeeded")
      assert.deepStrictEqual(lost, ["disk full"])
      // What stands is a whole beginning: nothing is written after a gap.
      assert.strictEqual(inner.written(), 3)
      const seqs = (yield* journal.read(id)).flatMap((record) => record.events).map(({ seq }) => seq)
      assert.deepStrictEqual(
        seqs,
        seqs.map((_, index) => index + 1),
      )
      assert.isAbove(seqs.length, 0)
    }),
  )

  it.live("is not missed when it cannot even take the run", () =>
    Effect.gen(function* () {
      const lost: Array<string> = []
      const broken: JournalShape = { ...makeMemoryJournal(), create: () => Effect.fail(new JournalError({ reason: "io", message: "read only" })) }
      const { result } = yield* run(bestEffort(broken, ({ message }) => lost.push(message)))
      assert.strictEqual(result.status, "succeeded")
      assert.deepStrictEqual(lost, ["read only"])
    }),
  )

  it.live("still stops a run that another process took over", () =>
    Effect.gen(function* () {
      const { result } = yield* run(
        bestEffort(failing("stale_writer", 2), () => {
          throw new Error("nothing is lost")
        }),
      )
      assert.strictEqual(result.status, "failed")
    }),
  )

  it.live("is needed when nobody said that it is not", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* run(failing("io", 2))).result.status, "failed")
      const broken: JournalShape = { ...makeMemoryJournal(), create: () => Effect.fail(new JournalError({ reason: "io", message: "read only" })) }
      assert.isTrue(Exit.isFailure(yield* Effect.exit(run(broken))))
    }),
  )
})
