/** The rows that such a run writes, in its own batches, into a table like the journal's: SQLite with the same settings and nothing else. */
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { JournalShape } from "../../runtime/index.ts"
import type { Task } from "../contract.ts"
import { countEvents, openJournal, talkersOf } from "./talkers.ts"

const hash = "0".repeat(64)

interface Batch {
  readonly rows: ReadonlyArray<{ readonly fact: string; readonly events: string }>
  readonly events: number
}

const batchesOf = async (size: number, folder: string): Promise<ReadonlyArray<Batch>> => {
  const run = await talkersOf(size)
  const { journal, close } = await openJournal(folder)
  const batches: Array<Batch> = []
  const watched: JournalShape = {
    ...journal,
    append: (lease, records, answers) => {
      batches.push({
        rows: records.map(({ fact, events }) => ({ fact: JSON.stringify(fact), events: JSON.stringify(events) })),
        events: records.reduce((sum, { events }) => sum + events.length, 0),
      })
      return journal.append(lease, records, answers)
    },
  }
  await countEvents(await run(watched), size)
  await close()
  return batches
}

export const subject: Task = {
  prepare: async (size, folder) => {
    const batches = await batchesOf(size, folder)
    const db = new DatabaseSync(join(folder, "bare.db"))
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE records (run TEXT, position INTEGER, fact TEXT, events TEXT, hash TEXT, PRIMARY KEY (run, position)) STRICT, WITHOUT ROWID`)
    const insert = db.prepare("INSERT INTO records VALUES ('run', ?, ?, ?, ?)")
    const run = async () => {
      let position = 0
      let count = 0
      for (const { rows, events } of batches) {
        db.exec("BEGIN IMMEDIATE")
        for (const { fact, events: text } of rows) insert.run(position++, fact, text, hash)
        db.exec("COMMIT")
        count += events
      }
      return count
    }
    return { run, stop: async () => db.close() }
  },
}
