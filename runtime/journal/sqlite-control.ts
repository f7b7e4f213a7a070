/** Commands to a run from other processes, as rows that the process which runs it looks for. */
import type { CommandAnswer, ControlChannel } from "./journal.ts"
import { attempt, held, runRow, type Database } from "./sqlite-database.ts"
import { parseJson } from "./texts.ts"
import type { Rejection } from "../machine/protocol.ts"

/** An answer that was given stands. What was commanded is forgotten: a reply may hold what policies take out before it is written down. */
export const giveAnswers = (db: Database, answers: ReadonlyArray<CommandAnswer>): void => {
  for (const { id, rejection } of answers)
    db.write("UPDATE commands SET answer = ?, command = 'null' WHERE id = ? AND answer IS NULL", JSON.stringify({ rejection }), id)
}

const readAnswer = (id: number, text: string): CommandAnswer => {
  const { rejection } = JSON.parse(text) as { readonly rejection?: Rejection }
  return { id, ...(rejection === undefined ? {} : { rejection }) }
}

export const makeControl = (db: Database): ControlChannel => ({
  ask: (run, command) =>
    attempt(() =>
      db.transaction(() => {
        runRow(db, run)
        db.write("INSERT INTO commands (run, command) VALUES (?, ?)", run, JSON.stringify(command))
        return Number(db.row("SELECT last_insert_rowid() AS id")?.["id"])
      }),
    ),
  answerTo: (id) =>
    attempt(() => {
      const answer = db.row("SELECT answer FROM commands WHERE id = ?", id)?.["answer"]
      if (typeof answer !== "string") return undefined
      db.forget()
      return readAnswer(id, answer)
    }),
  withdraw: (id) =>
    attempt(() => {
      const withdrawn = db.write("DELETE FROM commands WHERE id = ? AND answer IS NULL", id) === 1
      db.forget()
      return withdrawn
    }),
  pending: (lease, after) =>
    attempt(() => {
      held(db, lease)
      return db
        .rows("SELECT id, command FROM commands WHERE run = ? AND answer IS NULL AND id > ? ORDER BY id", lease.run, after)
        .map(({ id, command }) => ({ id: Number(id), command: parseJson(String(command)) }))
    }),
  answer: (answers) =>
    attempt(() => {
      db.transaction(() => giveAnswers(db, answers))
      db.forget()
    }),
  beat: (lease) =>
    attempt(() => {
      db.write("UPDATE runs SET beat_at = ? WHERE run = ? AND epoch = ?", Date.now(), lease.run, lease.epoch)
      db.tidy()
    }),
})
