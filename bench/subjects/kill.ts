/** Groups of processes, told to go all at once. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import type { Task } from "../contract.ts"
import { allGone, staying } from "./groups.ts"

const [program, ...args] = staying

export const subject: Task = {
  prepare: async (size) => {
    const groups = await Promise.all(
      Array.from({ length: size }, async () => {
        const child = spawn(program, args, { detached: true, stdio: ["ignore", "pipe", "ignore"] })
        const [said] = await once(child.stdout, "data")
        return Number(String(said))
      }),
    )
    return {
      run: () => {
        for (const group of groups) process.kill(-group, "SIGTERM")
        return allGone(groups)
      },
    }
  },
}
