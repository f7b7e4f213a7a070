/** `fleetwright run` as it is installed, of a fleet of one shell command. */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Task } from "../contract.ts"
import { marked, marking } from "./mark.ts"
import { shellFleet } from "./shell-fleet.ts"

const bin = fileURLToPath(new URL("../../cli/bin.cjs", import.meta.url))

export const subject: Task = {
  prepare: async (_, folder) => {
    const file = join(folder, "mark")
    writeFileSync(join(folder, "fleet.yaml"), shellFleet(1, marking(file)))
    const argv = [bin, "run", "fleet.yaml", "--headless"]
    // The first run makes the journal and the caches.
    const { status, stderr } = spawnSync(process.execPath, argv, { cwd: folder, encoding: "utf8" })
    if (status !== 0) throw new Error(`fleetwright run exits with ${status}: ${stderr}`)
    let gone: Promise<unknown> | undefined
    return {
      run: () => {
        const begun = marked(file)
        gone = once(spawn(process.execPath, argv, { cwd: folder, stdio: "ignore" }), "exit")
        return begun
      },
      stop: async () => void (await gone),
    }
  },
}
