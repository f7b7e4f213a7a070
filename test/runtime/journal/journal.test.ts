import * as fc from "fast-check"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterEach, beforeEach, describe } from "vitest"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Ir } from "#ir"
import { chainStart, verifyChain } from "../../../runtime/journal/chain.ts"
import type { JournalError, JournalRecord, JournalShape, NewRun } from "../../../runtime/journal/journal.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import { makeSqliteJournal } from "../../../runtime/journal/sqlite.ts"
import { readJson, writeJson } from "../../../runtime/journal/texts.ts"
import { fleet, session } from "../engine/fleet.ts"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fleetwright-journal-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const file = () => join(folder, ".fleetwright", "state.db")
const ir: Ir = fleet([session("a")])
const about: NewRun = { run: "r1", ir, root: "/somewhere", startedAt: 5, inputs: { x: 1 }, task: "go" }
const pause = (at: number): JournalRecord => ({
  fact: { type: "pause", at, reason: "naïve “quotes” \u0000" },
  events: [{ seq: at, run: "r1", at, type: "run.paused", reason: "x" }],
})
const end: JournalRecord = {
  fact: { type: "cancel", at: 9, target: { kind: "fleet" }, reason: { code: "user" } },
  events: [{ seq: 9, run: "r1", at: 9, type: "run.ended", status: "cancelled", usage: { usd: 0, tokens: 0 } }],
}

/** Whoever held a run is gone. */
const dead = { isAlive: () => false }

const kinds: ReadonlyArray<readonly [string, () => Effect.Effect<JournalShape, JournalError, Scope.Scope>]> = [
  ["memory", () => Effect.sync(makeMemoryJournal)],
  ["sqlite", () => makeSqliteJournal(file(), dead)],
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
        const [before] = yield* journal.runs()
        assert.deepInclude(before, { run: "r1", fleet: "test", ir: ir.hash, root: "/somewhere", startedAt: 5, ended: false, records: 0 })
        assert.notProperty(before, "status")
        yield* journal.append(lease, [end])
        assert.deepInclude(yield* journal.about("r1"), { ended: true, status: "cancelled", records: 1 })
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
    it.effect("gives back what the run was started with, its fleet included", () =>
      Effect.gen(function* () {
        const journal = yield* make()
        const forkedFrom = { run: "r0", seq: 7 }
        yield* journal.create({ ...about, forkedFrom })
        assert.deepStrictEqual(yield* journal.origin("r1"), { ...about, forkedFrom })
      }),
    )
    it.effect("keeps one snapshot, of who may write", () =>
      Effect.gen(function* () {
        const journal = yield* make()
        const lease = yield* journal.create(about)
        assert.isUndefined(yield* journal.snapshot("r1"))
        yield* journal.keepSnapshot(lease, { records: 1, state: { a: 1 } })
        yield* journal.keepSnapshot(lease, { records: 2, state: { a: "x".repeat(5000) } })
        assert.deepStrictEqual(yield* journal.snapshot("r1"), { records: 2, state: { a: "x".repeat(5000) } })
        yield* journal.claim("r1")
        assert.strictEqual((yield* Effect.flip(journal.keepSnapshot(lease, { records: 3, state: {} }))).reason, "stale_writer")
      }),
    )
    it.effect("chains its records", () =>
      Effect.gen(function* () {
        const journal = yield* make()
        const lease = yield* journal.create(about)
        yield* journal.append(lease, [pause(1), pause(2)])
        yield* journal.append(lease, [pause(3)])
        const stored = yield* journal.stored("r1")
        const start = chainStart("r1", ir.hash)
        assert.deepStrictEqual(verifyChain(start, stored, yield* journal.about("r1")), [])
        const [first, second, third] = stored
        if (first === undefined || second === undefined || third === undefined) return assert.fail("three records were written")
        const expected = yield* journal.about("r1")
        const faults = (...records: typeof stored) => verifyChain(start, records, expected).map(({ record }) => record)
        assert.deepStrictEqual(faults(first, { ...second, events: "[]" }, third), [1])
        assert.deepStrictEqual(faults(first, third), [1, 2])
        assert.deepStrictEqual(faults(first, second), [2])
        assert.deepStrictEqual(faults(second, first, third), [0, 1, 2])
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
      const one = yield* makeSqliteJournal(file(), dead)
      const two = yield* makeSqliteJournal(file(), dead)
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
  it.effect("of the first version is migrated, with a chain over what is there", () =>
    Effect.gen(function* () {
      mkdirSync(join(folder, ".fleetwright"))
      const db = new DatabaseSync(file())
      db.exec(firstVersion)
      const insert = db.prepare("INSERT INTO records VALUES (?, ?, ?, ?)")
      for (const [at, { fact, events }] of [pause(1), end].entries()) insert.run("old", at, JSON.stringify(fact), JSON.stringify(events))
      db.close()
      const journal = yield* makeSqliteJournal(file())
      assert.deepStrictEqual(yield* journal.read("old"), [pause(1), end])
      const entry = yield* journal.about("old")
      assert.deepInclude(entry, { ended: true, status: "cancelled", records: 2 })
      assert.deepStrictEqual(verifyChain(chainStart("old", "abc"), yield* journal.stored("old"), entry), [])
      assert.strictEqual((yield* Effect.flip(journal.origin("old"))).reason, "older_run")
    }),
  )
  it.effect("stores a large text once", () =>
    Effect.gen(function* () {
      const journal = yield* makeSqliteJournal(file())
      const large = "naïve ".repeat(10_000)
      const said: JournalRecord = {
        fact: { type: "user.sent", at: 1, session: "a", text: large },
        events: [{ seq: 1, run: "r1", at: 1, type: "message.queued", session: "a", text: large }],
      }
      const lease = yield* journal.create(about)
      for (let times = 0; times < 20; times++) yield* journal.append(lease, [said])
      assert.deepStrictEqual(yield* journal.read("r1", 19), [said])
      const db = new DatabaseSync(file(), { readOnly: true })
      const sizes = db
        .prepare("SELECT max(length(fact) + length(events)) AS record, (SELECT count(*) FROM texts WHERE length(text) > 50000) AS texts FROM records")
        .get()
      db.close()
      assert.isBelow(Number(sizes?.["record"]), 500)
      assert.strictEqual(Number(sizes?.["texts"]), 1)
    }),
  )
  it.effect("is claimed by nobody else while its owner lives", () =>
    Effect.gen(function* () {
      let alive: boolean | undefined = true
      const look = { self: { pid: 4711, born: "1", realm: "here" }, isAlive: () => alive }
      const journal = yield* makeSqliteJournal(file(), look)
      const lease = yield* journal.create(about)
      const refused = yield* Effect.flip(journal.claim("r1"))
      assert.strictEqual(refused.reason, "run_alive")
      assert.include(refused.message, "4711")
      assert.deepInclude(yield* journal.about("r1"), { alive: 4711, abandoned: false })
      alive = undefined
      assert.strictEqual((yield* Effect.flip(journal.claim("r1"))).reason, "run_alive", "it has just said that it lives")
      alive = true
      yield* journal.release(lease)
      assert.strictEqual((yield* journal.claim("r1")).epoch, 2)
      alive = false
      assert.isTrue((yield* journal.about("r1")).abandoned)
      assert.strictEqual((yield* journal.claim("r1")).epoch, 3)
    }),
  )
  it.effect("carries commands to the process that runs it, and their answers back", () =>
    Effect.gen(function* () {
      const { control: here, ...journal } = yield* makeSqliteJournal(file(), dead)
      const { control: there } = yield* makeSqliteJournal(file(), dead)
      if (here === undefined || there === undefined) return assert.fail("state.db has a control channel")
      const lease = yield* journal.create(about)
      const secret = { type: "pause", reason: "a secret" }
      const one = yield* there.ask("r1", secret)
      const two = yield* there.ask("r1", { type: "resume" })
      assert.deepStrictEqual(yield* here.pending(lease, 0), [
        { id: one, command: secret },
        { id: two, command: { type: "resume" } },
      ])
      assert.deepStrictEqual(yield* here.pending(lease, one), [{ id: two, command: { type: "resume" } }])
      yield* journal.append(lease, [pause(1)], [{ id: one }])
      assert.deepStrictEqual(yield* there.answerTo(one), { id: one })
      const db = new DatabaseSync(file(), { readOnly: true })
      assert.notInclude(JSON.stringify(db.prepare("SELECT * FROM commands").all()), "secret", "what was answered is forgotten")
      db.close()
      assert.isUndefined(yield* there.answerTo(two))
      yield* here.answer([{ id: two, rejection: { code: "run_ended", message: "over" } }])
      assert.deepStrictEqual(yield* there.answerTo(two), { id: two, rejection: { code: "run_ended", message: "over" } })
      assert.isFalse(yield* there.withdraw(two))
      assert.isTrue(yield* there.withdraw(yield* there.ask("r1", { type: "pause" })))
      assert.deepStrictEqual(yield* here.pending(lease, 0), [])
      yield* journal.claim("r1")
      assert.strictEqual((yield* Effect.flip(here.pending(lease, 0))).reason, "stale_writer")
      assert.strictEqual((yield* Effect.flip(there.ask("nope", { type: "pause" }))).reason, "unknown_run")
    }),
  )
  it.effect("forgets what was commanded in its files too, as soon as nobody reads", () =>
    Effect.gen(function* () {
      const { control: here, ...journal } = yield* makeSqliteJournal(file(), dead)
      const { control: there } = yield* makeSqliteJournal(file(), dead)
      if (here === undefined || there === undefined) return assert.fail("state.db has a control channel")
      const lease = yield* journal.create(about)
      const found = () => readdirSync(join(folder, ".fleetwright")).filter((name) => readFileSync(join(folder, ".fleetwright", name)).includes("a secret"))
      // longer than a page, so that some of it is on pages of its own
      const command = { type: "send", session: "a", text: "a secret ".repeat(2000) }
      const answered = yield* there.ask("r1", command)
      assert.deepStrictEqual(found(), ["state.db-wal"])
      yield* journal.append(lease, [pause(1)], [{ id: answered }])
      assert.deepStrictEqual(found(), [])
      const withdrawn = yield* there.ask("r1", command)
      assert.isTrue(yield* there.withdraw(withdrawn))
      assert.deepStrictEqual(found(), [])

      const reader = new DatabaseSync(file(), { readOnly: true })
      const read = yield* there.ask("r1", command)
      reader.exec("BEGIN")
      reader.prepare("SELECT * FROM commands").all()
      yield* here.answer([{ id: read }])
      yield* here.beat(lease)
      assert.deepStrictEqual(found(), ["state.db-wal"])
      reader.exec("COMMIT")
      yield* here.beat(lease)
      assert.deepStrictEqual(found(), [])
      reader.close()
    }),
  )
  it("any JSON comes back from beside its large texts", () => {
    const keys = fc.constantFrom("$text", "$data", "a", "__proto__")
    const texts = fc.oneof(
      fc.string(),
      fc.string({ minLength: 1 }).map((text) => text.repeat(3000)),
    )
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        texts,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(keys, tie("value"), { maxKeys: 3 }),
      ),
    }))
    fc.assert(
      fc.property(value, (json) => {
        const kept = new Map<string, string>()
        const written = writeJson(json, (hash, text) => kept.set(hash, text))
        const read = readJson(written, (hash) => kept.get(hash) ?? "lost")
        return JSON.stringify(read) === JSON.stringify(json)
      }),
      { numRuns: 300 },
    )
  })
})

const firstVersion = `
  CREATE TABLE runs (run TEXT PRIMARY KEY, fleet TEXT NOT NULL, ir TEXT NOT NULL, started_at INTEGER NOT NULL,
    epoch INTEGER NOT NULL DEFAULT 1, ended INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE TABLE records (run TEXT NOT NULL REFERENCES runs(run), position INTEGER NOT NULL, fact TEXT NOT NULL, events TEXT NOT NULL,
    PRIMARY KEY (run, position)) STRICT, WITHOUT ROWID;
  INSERT INTO runs VALUES ('old', 'f', 'abc', 5, 1, 1);
  PRAGMA user_version = 1`
