/** The same processes as agents of a run that is cancelled. */
import type { Task } from "../contract.ts"
import { allGone, staying } from "./groups.ts"
import { shellFleet, shellsOf } from "./shell-fleet.ts"
import { openJournal } from "./talkers.ts"

export const subject: Task = {
  prepare: async (size, folder) => {
    const { journal, close } = await openJournal(folder)
    const groups: Array<number> = []
    const all = Promise.withResolvers<void>()
    const fleet = await shellsOf(shellFleet(size, staying))(journal, folder, (event) => {
      if (event.type !== "agent" || event.event.kind !== "cap.text_chunk") return
      groups.push(Number(event.event["text"]))
      if (groups.length === size) all.resolve()
    })
    await all.promise
    return {
      run: async () => {
        const rejection = await fleet.send({ type: "cancel", target: { kind: "fleet" }, reason: { code: "user" } })
        return rejection === undefined ? allGone(groups) : 0
      },
      stop: async () => {
        await fleet.close()
        await close()
      },
    }
  },
}
