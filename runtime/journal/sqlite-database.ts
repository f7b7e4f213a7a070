/** The file itself: opened once, statements prepared once, transactions all or nothing. */
import * as Effect from "effect/Effect"
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite"
import { JournalError, type Lease } from "./journal.ts"
import { migrate } from "./sqlite-schema.ts"

const busyTimeoutMs = 5000
/** Who only tidies up keeps nobody waiting. */
const tidyTimeoutMs = 20

export type Row = { readonly [column: string]: SQLOutputValue }

export interface Database {
  readonly row: (sql: string, ...args: ReadonlyArray<SQLInputValue>) => Row | undefined
  readonly rows: (sql: string, ...args: ReadonlyArray<SQLInputValue>) => ReadonlyArray<Row>
  /** Gives the number of rows that were changed. */
  readonly write: (sql: string, ...args: ReadonlyArray<SQLInputValue>) => number
  readonly transaction: <A>(f: () => A) => A
  /** Outside of transactions. What was overwritten or deleted leaves the files too: at once, or with a later `tidy` when others read just now. */
  readonly forget: () => void
  /** Does what `forget` could not do yet. */
  readonly tidy: () => void
  readonly close: () => void
}

const openFile = (file: string): DatabaseSync => {
  const folder = dirname(file)
  mkdirSync(folder, { recursive: true })
  try {
    // Nothing of ours may land in the user's index; a `.gitignore` that is there already is the user's.
    writeFileSync(join(folder, ".gitignore"), "*\n", { flag: "wx" })
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error
  }
  // who may write it may speak to the agents of its runs: nobody but its owner, whatever the umask says; the files beside it get its mode
  closeSync(openSync(file, "a", 0o600))
  const db = new DatabaseSync(file, { timeout: busyTimeoutMs })
  try {
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON")
    migrate(db)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Creates the file and its folder when they are not there, and migrates it. Throws. */
export const openDatabase = (file: string): Database => {
  const db = openFile(file)
  const statements = new Map<string, StatementSync>()
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const fresh = db.prepare(sql)
    statements.set(sql, fresh)
    return fresh
  }
  let due = false
  // The log of writes keeps what was written once until it is cut off.
  const tidy = (): void => {
    if (!due) return
    db.exec(`PRAGMA busy_timeout = ${tidyTimeoutMs}`)
    due = prepared("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"] !== 0
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
  }
  return {
    row: (sql, ...args) => prepared(sql).get(...args),
    rows: (sql, ...args) => prepared(sql).all(...args),
    write: (sql, ...args) => {
      const statement = prepared(sql)
      // Node 26 throws after the write when the last row id does not fit a number.
      statement.setReadBigInts(true)
      return Number(statement.run(...args).changes)
    },
    transaction: (f) => {
      db.exec("BEGIN IMMEDIATE")
      try {
        const result = f()
        db.exec("COMMIT")
        return result
      } catch (error) {
        db.exec("ROLLBACK")
        throw error
      }
    },
    forget: () => {
      due = true
      tidy()
    },
    tidy,
    close: () => {
      tidy()
      db.close()
    },
  }
}

export const attempt = <A>(f: () => A): Effect.Effect<A, JournalError> =>
  Effect.try({
    try: f,
    catch: (cause) =>
      cause instanceof JournalError ? cause : new JournalError({ reason: "io", message: cause instanceof Error ? cause.message : String(cause) }),
  })

export const fail = (reason: JournalError["reason"], message: string): never => {
  throw new JournalError({ reason, message })
}

/** Throws `unknown_run`. */
export const runRow = (db: Database, run: string): Row => db.row("SELECT * FROM runs WHERE run = ?", run) ?? fail("unknown_run", `there is no run ${run}`)

/** The run's row; throws `stale_writer` when the lease is no longer the run's. */
export const held = (db: Database, lease: Lease): Row => {
  const row = runRow(db, lease.run)
  if (Number(row["epoch"]) !== lease.epoch) fail("stale_writer", `run ${lease.run} was taken over by another process`)
  return row
}
