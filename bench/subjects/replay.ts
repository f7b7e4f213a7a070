/** All facts of a journal folded from the first on, and every event compared with what was written down. */
import * as Effect from "effect/Effect"
import { replayRun } from "../../runtime/index.ts"
import type { Task } from "../contract.ts"
import { record } from "./recorded.ts"

export const subject: Task = {
  prepare: async (size, folder) => {
    const { journal, run, close } = await record(size, folder)
    return {
      run: async () => {
        const { events, difference } = await Effect.runPromise(replayRun(journal, run))
        return difference === undefined ? events : 0
      },
      stop: close,
    }
  },
}
