/** What a resume does: the last snapshot, and the facts after it folded over it. */
import * as Effect from "effect/Effect"
import { foldRun, irOf } from "../../runtime/index.ts"
import type { Task } from "../contract.ts"
import { record } from "./recorded.ts"

export const subject: Task = {
  prepare: async (size, folder) => {
    const { journal, run, close } = await record(size, folder)
    return {
      run: async () => {
        const ir = await Effect.runPromise(irOf(journal, run))
        return (await Effect.runPromise(foldRun(journal, run, ir))).state.seq
      },
      stop: close,
    }
  },
}
