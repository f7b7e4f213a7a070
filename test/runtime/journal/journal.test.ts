import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterEach, beforeEach, describe } from "vitest"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { JournalError, JournalRecord, JournalShape } from "../../../runtime/journal/journal.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import { makeSqliteJournal } from "../../../runtime/journal/sqlite.ts"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fleetwright-journal-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const file = () => join(folder, ".fleetwright", "state.db")
const about = { run: "r1", fleet: "f", ir: "abc", startedAt: 5 }
const pause = (at: number): JournalRecord => ({
  fact: { type: "pause", at, reason: "naïve “quotes” \u0000" },
  events: [{ seq: at, run: "r1", at, type: "run.paused", reason: "x" }],
})
const end: JournalRecord = {
  fact: { type: "cancel", at: 9, target: { kind: "fleet" }, reason: { code: "user" } },
  events: [{ seq: 9, run: "r1", at: 9, type: "run.ended", status: "cancelled", usage: { usd: 0, tokens: 0 } }],
}

const kinds: ReadonlyArray<readonly [string, () => Effect.Effect<JournalShape, JournalError, Scope.Scope>]> = [
  ["memory", () => Effect.sync(makeMemoryJournal)],
  ["sqlite", () => makeSqliteJournal(file())],
]

for (const [kind, make] of kinds) {
  describe(`${kind} journal`, () => {
    it.effect("gives back what was written, from any record on", () =>
      Effect.gen(function* () {
        const journal = yield* make()
        const lease = yield* journal.create(about)
        yield* journal.append(lease, [pause(1), pause(2)])
        yield* journal.append(lease, [pause(3)])
        assert.deepStrictEqual(yield* journal.read("r1"), [pause(1), pause(2), pause(3)])
        assert.deepStrictEqual(yield* journal.read("r1", 2), [pause(3)])
      }),
    )
    it.effect("knows which runs ended", () =>
      Effect.gen(function* () {
        const journal = yield* make()
        const lease = yield* journal.create(about)
        assert.deepStrictEqual(yield* journal.runs(), [{ ...about, ended: false }])
        yield* journal.append(lease, [end])
        assert.deepStrictEqual(yield* journal.runs(), [{ ...about, ended: true }])
      }),
    )
    it.effect("refuses a writer whose run was taken over, and writes nothing of it", () =>
      Effect.gen(function* () {
        const journal = yield* make()
        const stale = yield* journal.create(about)
        const fresh = yield* journal.claim("r1")
        const error = yield* Effect.flip(journal.append(stale, [pause(1)]))
        assert.strictEqual(error.reason, "stale_writer")
        yield* journal.append(fresh, [pause(2)])
        assert.deepStrictEqual(yield* journal.read("r1"), [pause(2)])
      }),
    )
    it.effect("types what goes wrong", () =>
      Effect.gen(function* () {
        const journal = yield* make()
        yield* journal.create(about)
        assert.strictEqual((yield* Effect.flip(journal.create(about))).reason, "run_exists")
        assert.strictEqual((yield* Effect.flip(journal.read("nope"))).reason, "unknown_run")
        assert.strictEqual((yield* Effect.flip(journal.claim("nope"))).reason, "unknown_run")
      }),
    )
  })
}

describe("state.db", () => {
  it.effect("survives being closed, and stays out of git", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const journal = yield* makeSqliteJournal(file())
          yield* journal.append(yield* journal.create(about), [pause(1)])
        }),
      )
      const journal = yield* makeSqliteJournal(file())
      assert.deepStrictEqual(yield* journal.read("r1"), [pause(1)])
      assert.strictEqual(readFileSync(join(folder, ".fleetwright", ".gitignore"), "utf8"), "*\n")
    }),
  )
  it.effect("fences across two connections", () =>
    Effect.gen(function* () {
      const one = yield* makeSqliteJournal(file())
      const two = yield* makeSqliteJournal(file())
      const stale = yield* one.create(about)
      yield* two.claim("r1")
      assert.strictEqual((yield* Effect.flip(one.append(stale, [pause(1)]))).reason, "stale_writer")
    }),
  )
  it.effect("of a later version is refused and left as it is", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(makeSqliteJournal(file()))
      const db = new DatabaseSync(file())
      db.exec("PRAGMA user_version = 99")
      db.close()
      assert.strictEqual((yield* Effect.flip(makeSqliteJournal(file()))).reason, "newer_schema")
    }),
  )
})
