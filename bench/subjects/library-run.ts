/** A run of one shell command, by the library: from `startFleet` on, the fleet being compiled and the journal open. */
import { join } from "node:path"
import type { Task } from "../contract.ts"
import { marked, marking } from "./mark.ts"
import { shellFleet, shellsOf } from "./shell-fleet.ts"
import { openJournal } from "./talkers.ts"

export const subject: Task = {
  prepare: async (_, folder) => {
    const { journal, close } = await openJournal(folder)
    const made = (name: string) => {
      const file = join(folder, name)
      const start = shellsOf(shellFleet(1, marking(file)))
      return async () => {
        const begun = marked(file)
        const fleet = await start(journal, folder)
        return { begun: await begun, fleet }
      }
    }
    // Whoever uses the library has used it before.
    const before = await made("before")()
    await before.fleet.close()
    const start = made("mark")
    let fleet = before.fleet
    return {
      run: async () => {
        const now = await start()
        fleet = now.fleet
        return now.begun
      },
      stop: async () => {
        await fleet.close()
        await close()
      },
    }
  },
}
