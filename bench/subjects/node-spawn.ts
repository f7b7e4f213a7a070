/** A bare process, started by a Node that does nothing else. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import type { Task } from "../contract.ts"
import { marked, marking } from "./mark.ts"

export const subject: Task = {
  prepare: async (_, folder) => {
    const file = join(folder, "mark")
    const [program, ...args] = marking(file)
    const script = `require("node:child_process").spawn(${JSON.stringify(program)}, ${JSON.stringify(args)})`
    let gone: Promise<unknown> | undefined
    return {
      run: () => {
        const begun = marked(file)
        gone = once(spawn(process.execPath, ["-e", script]), "exit")
        return begun
      },
      stop: async () => void (await gone),
    }
  },
}
