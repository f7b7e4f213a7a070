/** The tables of `state.db` and how they came to be. `PRAGMA user_version` says which of the steps a file has had. */
import type { DatabaseSync } from "node:sqlite"
import { JournalError } from "./journal.ts"

/** One script per version, from an empty file on; a released step never changes. */
const steps: ReadonlyArray<string> = [
  `CREATE TABLE runs (
     run TEXT PRIMARY KEY, fleet TEXT NOT NULL, ir TEXT NOT NULL, started_at INTEGER NOT NULL,
     epoch INTEGER NOT NULL DEFAULT 1, ended INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   CREATE TABLE records (
     run TEXT NOT NULL REFERENCES runs(run), position INTEGER NOT NULL, fact TEXT NOT NULL, events TEXT NOT NULL,
     PRIMARY KEY (run, position)
   ) STRICT, WITHOUT ROWID;`,
]

export const schemaVersion = steps.length

const versionOf = (db: DatabaseSync): number => Number(db.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0)

/** Brings a file to this version. Throws `JournalError` `newer_schema` for a file of a later one, which is left as it is. */
export const migrate = (db: DatabaseSync): void => {
  const found = versionOf(db)
  if (found > schemaVersion) {
    throw new JournalError({ reason: "newer_schema", message: `the journal has schema ${found}; this version knows up to ${schemaVersion}` })
  }
  if (found === schemaVersion) return
  db.exec("BEGIN IMMEDIATE")
  try {
    // Another process may have migrated while this one waited for the lock.
    const current = versionOf(db)
    for (const step of steps.slice(current)) db.exec(step)
    if (current < schemaVersion) db.exec(`PRAGMA user_version = ${schemaVersion}`)
    db.exec("COMMIT")
  } catch (error) {
    db.exec("ROLLBACK")
    throw error
  }
}
