/** The default journal: `.fleetwright/state.db`, SQLite over `node:sqlite` in WAL mode; one process writes, many read. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"
import type { Fact, FleetEvent } from "../machine/protocol.ts"
import { Journal, JournalError, type JournalShape, type Lease } from "./journal.ts"
import { migrate } from "./sqlite-schema.ts"

const busyTimeoutMs = 5000

const attempt = <A>(f: () => A): Effect.Effect<A, JournalError> =>
  Effect.try({
    try: f,
    catch: (cause) =>
      cause instanceof JournalError ? cause : new JournalError({ reason: "io", message: cause instanceof Error ? cause.message : String(cause) }),
  })

const openDatabase = (file: string): DatabaseSync => {
  const folder = dirname(file)
  mkdirSync(folder, { recursive: true })
  try {
    // Nothing of ours may land in the user's index; a `.gitignore` that is there already is the user's.
    writeFileSync(join(folder, ".gitignore"), "*\n", { flag: "wx" })
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error
  }
  const db = new DatabaseSync(file, { timeout: busyTimeoutMs })
  try {
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON")
    migrate(db)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Opens (and creates or migrates) the database; it is closed with the scope. */
export const makeSqliteJournal = (file: string): Effect.Effect<JournalShape, JournalError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(attempt(() => openDatabase(file)), (db) => Effect.sync(() => db.close())),
    (db): JournalShape => {
      const statements = new Map<string, StatementSync>()
      const prepared = (sql: string): StatementSync => {
        const known = statements.get(sql)
        if (known !== undefined) return known
        const fresh = db.prepare(sql)
        statements.set(sql, fresh)
        return fresh
      }
      const row = (sql: string, ...args: ReadonlyArray<SQLInputValue>) => prepared(sql).get(...args)
      const write = (sql: string, ...args: ReadonlyArray<SQLInputValue>) => {
        const statement = prepared(sql)
        // Node 26 throws after the write when the last row id does not fit a number.
        statement.setReadBigInts(true)
        statement.run(...args)
      }
      const transaction = <A>(f: () => A): A => {
        db.exec("BEGIN IMMEDIATE")
        try {
          const result = f()
          db.exec("COMMIT")
          return result
        } catch (error) {
          db.exec("ROLLBACK")
          throw error
        }
      }
      const epochOf = (run: string): number => {
        const found = row("SELECT epoch FROM runs WHERE run = ?", run)
        if (found === undefined) throw new JournalError({ reason: "unknown_run", message: `no run ${run}` })
        return Number(found["epoch"])
      }
      return {
        create: ({ run, fleet, ir, startedAt }) =>
          attempt(() =>
            transaction((): Lease => {
              if (row("SELECT 1 FROM runs WHERE run = ?", run) !== undefined) {
                throw new JournalError({ reason: "run_exists", message: `run ${run} exists` })
              }
              write("INSERT INTO runs (run, fleet, ir, started_at) VALUES (?, ?, ?, ?)", run, fleet, ir, startedAt)
              return { run, epoch: 1 }
            }),
          ),
        claim: (run) =>
          attempt(() =>
            transaction((): Lease => {
              const epoch = epochOf(run) + 1
              write("UPDATE runs SET epoch = ? WHERE run = ?", epoch, run)
              return { run, epoch }
            }),
          ),
        append: (lease, records) =>
          attempt(() =>
            transaction(() => {
              if (epochOf(lease.run) !== lease.epoch) {
                throw new JournalError({ reason: "stale_writer", message: `run ${lease.run} was taken over by another process` })
              }
              let position = Number(row("SELECT coalesce(max(position), -1) AS last FROM records WHERE run = ?", lease.run)?.["last"] ?? -1)
              for (const { fact, events } of records) {
                write("INSERT INTO records (run, position, fact, events) VALUES (?, ?, ?, ?)", lease.run, ++position, JSON.stringify(fact), JSON.stringify(events))
                if (events.at(-1)?.type === "run.ended") write("UPDATE runs SET ended = 1 WHERE run = ?", lease.run)
              }
            }),
          ),
        read: (run, from = 0) =>
          attempt(() => {
            epochOf(run)
            return prepared("SELECT fact, events FROM records WHERE run = ? AND position >= ? ORDER BY position").all(run, from).map((found) => ({
              fact: JSON.parse(String(found["fact"])) as Fact,
              events: JSON.parse(String(found["events"])) as ReadonlyArray<FleetEvent>,
            }))
          }),
        runs: () =>
          attempt(() =>
            prepared("SELECT run, fleet, ir, started_at, ended FROM runs ORDER BY started_at, run").all().map((found) => ({
              run: String(found["run"]),
              fleet: String(found["fleet"]),
              ir: String(found["ir"]),
              startedAt: Number(found["started_at"]),
              ended: Number(found["ended"]) === 1,
            })),
          ),
      }
    },
  )

/** `file` is usually `<root>/.fleetwright/state.db`; its folder is created and kept out of git. */
export const layerSqlite = (file: string): Layer.Layer<Journal, JournalError> => Layer.effect(Journal, makeSqliteJournal(file))
