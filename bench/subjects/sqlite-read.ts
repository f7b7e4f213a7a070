/** The same rows read and parsed, and nothing made of them. */
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { Task } from "../contract.ts"
import { record } from "./recorded.ts"

export const subject: Task = {
  prepare: async (size, folder) => {
    const { run: id, close } = await record(size, folder)
    await close()
    const db = new DatabaseSync(join(folder, "state.db"))
    const run = async () => {
      let count = 0
      for (const { fact, events } of db.prepare("SELECT fact, events FROM records WHERE run = ? ORDER BY position").all(id)) {
        JSON.parse(String(fact))
        const parsed: ReadonlyArray<unknown> = JSON.parse(String(events))
        count += parsed.length
      }
      return count
    }
    return { run, stop: async () => db.close() }
  },
}
