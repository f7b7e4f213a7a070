/** The tables of `state.db` and how they came to be. `PRAGMA user_version` says which of the steps a file has had. */
import type { DatabaseSync } from "node:sqlite"
import { chainNext, chainStart } from "./chain.ts"
import { JournalError } from "./journal.ts"

type Step = string | ((db: DatabaseSync) => void)

/** Runs written before there was a chain get theirs over what is there. */
const linkRecords = (db: DatabaseSync): void => {
  const records = db.prepare("SELECT position, fact, events FROM records WHERE run = ? ORDER BY position")
  const link = db.prepare("UPDATE records SET hash = ? WHERE run = ? AND position = ?")
  const finish = db.prepare("UPDATE runs SET head = ?, records = ?, status = ? WHERE run = ?")
  for (const { run, ir } of db.prepare("SELECT run, ir FROM runs").all()) {
    let head = chainStart(String(run), String(ir))
    let count = 0
    let status: string | null = null
    for (const { position, fact, events } of records.all(String(run))) {
      head = chainNext(head, String(fact), String(events))
      link.run(head, String(run), Number(position))
      status = /"type":"run\.ended","status":"(\w+)"/u.exec(String(events))?.[1] ?? null
      count += 1
    }
    finish.run(head, count, status, String(run))
  }
}

/** One step per version, from an empty file on; a released step never changes. */
const steps: ReadonlyArray<Step> = [
  `CREATE TABLE runs (
     run TEXT PRIMARY KEY, fleet TEXT NOT NULL, ir TEXT NOT NULL, started_at INTEGER NOT NULL,
     epoch INTEGER NOT NULL DEFAULT 1, ended INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   CREATE TABLE records (
     run TEXT NOT NULL REFERENCES runs(run), position INTEGER NOT NULL, fact TEXT NOT NULL, events TEXT NOT NULL,
     PRIMARY KEY (run, position)
   ) STRICT, WITHOUT ROWID;`,
  (db) => {
    db.exec(`
      CREATE TABLE texts (hash TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
      ALTER TABLE runs ADD COLUMN ir_text TEXT REFERENCES texts(hash);
      ALTER TABLE runs ADD COLUMN root TEXT NOT NULL DEFAULT '';
      ALTER TABLE runs ADD COLUMN beginning TEXT NOT NULL DEFAULT '{"inputs":{}}';
      ALTER TABLE runs ADD COLUMN forked_from TEXT;
      ALTER TABLE runs ADD COLUMN status TEXT;
      ALTER TABLE runs ADD COLUMN records INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE runs ADD COLUMN head TEXT NOT NULL DEFAULT '';
      ALTER TABLE runs ADD COLUMN owner TEXT;
      ALTER TABLE runs ADD COLUMN beat_at INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE records ADD COLUMN hash TEXT NOT NULL DEFAULT '';
      CREATE TABLE snapshots (run TEXT PRIMARY KEY REFERENCES runs(run), records INTEGER NOT NULL, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE commands (
        id INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL REFERENCES runs(run), command TEXT NOT NULL, answer TEXT
      ) STRICT;
      CREATE INDEX commands_unanswered ON commands (run, id) WHERE answer IS NULL;`)
    linkRecords(db)
  },
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
    for (const step of steps.slice(current)) {
      if (typeof step === "string") db.exec(step)
      else step(db)
    }
    if (current < schemaVersion) db.exec(`PRAGMA user_version = ${schemaVersion}`)
    db.exec("COMMIT")
  } catch (error) {
    db.exec("ROLLBACK")
    throw error
  }
}
