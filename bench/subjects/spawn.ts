/** A bare process. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import type { Task } from "../contract.ts"
import { marked, marking } from "./mark.ts"

export const subject: Task = {
  prepare: async (_, folder) => {
    const file = join(folder, "mark")
    const [program, ...args] = marking(file)
    return {
      run: () => {
        const begun = marked(file)
        spawn(program, args)
        return begun
      },
    }
  },
}
