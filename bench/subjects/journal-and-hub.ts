/** A run from its first event in the SQLite journal to its last at a subscriber. */
import type { Task } from "../contract.ts"
import { countEvents, openJournal, talkersOf } from "./talkers.ts"

export const subject: Task = {
  prepare: async (size, folder) => {
    const run = await talkersOf(size)
    const { journal, close } = await openJournal(folder)
    return { run: async () => countEvents(await run(journal), size), stop: close }
  },
}
