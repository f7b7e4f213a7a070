/** Work that is committed when no turn ends with it is in the journal as well, once. */
import { describe } from "vitest"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { hashOf } from "#ir/hash.ts"
import { evidenceOf } from "#runtime/trust/evidence.ts"
import type { AnyDriver, AnyWorkspaceProvider } from "../../../runtime/engine/run.ts"
import { resumeRun } from "../../../runtime/engine/resume-run.ts"
import { startRun } from "../../../runtime/engine/start-run.ts"
import { tidyRun } from "../../../runtime/engine/tidy-run.ts"
import { JournalError, type JournalShape } from "../../../runtime/journal/journal.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import { fakeDriver, fleet, saysOk, session } from "./fleet.ts"

/** Places with a commit for each time that something was left in them. */
const workspaces = (left: { value: number }): { readonly none: AnyWorkspaceProvider } => ({
  none: {
    isolated: true,
    acquire: async ({ session: id }) => ({
      path: process.cwd(),
      branch: `own/${id}`,
      snapshot: async () => (left.value === 0 ? undefined : { branch: `own/${id}`, commit: `${id}-${left.value}` }),
      diff: async () => "",
      release: async () => ({}),
    }),
  },
})

const dies = fakeDriver((frame, _say, end) => {
  if (frame.type === "prompt") end(new Error("gone"))
})
const hangs = fakeDriver(() => {})

const { hash: _none, ...body } = fleet([session("s0", { effect: "pure" })])
const ir = { ...body, hash: hashOf(body) }

const start = (journal: JournalShape, driver: AnyDriver, left: { value: number }) =>
  startRun({
    ir,
    run: "r",
    drivers: { fake: driver },
    workspaces: workspaces(left),
    journal,
    root: process.cwd(),
    env: {},
  })

const commits = (journal: JournalShape) =>
  Effect.map(journal.read("r"), (records) =>
    records.flatMap(({ fact, events }) =>
      fact.type === "workspace.committed" ? [{ session: fact.session, branch: fact.branch, commit: fact.commit, events }] : [],
    ),
  )

const late = { session: "s0", branch: "own/s0", commit: "s0-1", events: [] }

describe("work that no turn ended with", () => {
  it.live("of a broken turn is in the journal, and in what it proves", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      const { status } = yield* (yield* start(journal, dies, { value: 1 })).result
      assert.strictEqual(status, "failed")
      assert.deepStrictEqual(yield* commits(journal), [late])
      const evidence = yield* evidenceOf(journal, yield* journal.about("r"))
      assert.deepStrictEqual([...evidence.commits], [["own/s0", "s0-1"]])
      assert.deepStrictEqual(evidence.sessions[0]?.branches, ["own/s0"])
    }),
  )

  it.live("of a cancelled one too, although the run has ended by then", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      const handle = yield* start(journal, hangs, { value: 1 })
      yield* handle.send({ type: "cancel", target: { kind: "fleet" }, reason: { code: "user" } })
      assert.strictEqual((yield* handle.result).status, "cancelled")
      assert.deepStrictEqual(yield* commits(journal), [late])
      assert.isTrue((yield* journal.about("r")).ended)
    }),
  )

  it.live("is not told of what a turn ended with", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      assert.strictEqual((yield* (yield* start(journal, saysOk, { value: 1 })).result).status, "succeeded")
      assert.deepStrictEqual(yield* commits(journal), [])
    }),
  )

  it.live("is told when it is found after the process died, and not a second time", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      const left = { value: 0 }
      const dying: JournalShape = {
        ...journal,
        append: (lease, records, answers) =>
          records.some(({ fact }) => fact.type === "turn.ended" || fact.type === "workspace.committed")
            ? Effect.fail(new JournalError({ reason: "io", message: "died" }))
            : journal.append(lease, records, answers),
      }
      yield* (yield* start(dying, dies, left)).result
      assert.deepStrictEqual(yield* commits(journal), [])
      left.value = 1
      const options = { run: "r", drivers: { fake: saysOk }, workspaces: workspaces(left), journal, env: {}, stopLeft: () => Effect.succeed([]) }
      yield* (yield* resumeRun(options)).result
      assert.deepStrictEqual(yield* commits(journal), [late])
      yield* tidyRun(options)
      assert.deepStrictEqual(yield* commits(journal), [late])
      left.value = 2
      yield* tidyRun(options)
      assert.deepStrictEqual(yield* commits(journal), [late, { ...late, commit: "s0-2" }])
    }),
  )
})
