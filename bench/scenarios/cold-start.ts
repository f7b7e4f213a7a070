import { execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Command, Scenario } from "../contract.ts"
import { generateFleet } from "../generate-fleet.ts"
import { inFolder } from "./timing.ts"

export const scenarios: ReadonlyArray<Scenario> = [
  {
    name: "cold start, 10 sessions",
    unit: "ms",
    file: "cold-start",
    size: 10,
    rows: [
      { label: "node -e 0", subject: "node" },
      {
        label: "fleetwright check",
        subject: "cli",
        wants: { path: "dist", hint: "not built: npm run build" },
      },
    ],
  },
]

/** Milliseconds from spawning the command to its exit with 0; one run before, so that disk and compile caches are warm. */
export const measure = (command: Command, size: number): Promise<number> =>
  inFolder((folder) => {
    const file = join(folder, "fleet.yaml")
    writeFileSync(file, generateFleet(size))
    const argv = command.argv(file)
    execFileSync(process.execPath, argv, { stdio: "pipe" })
    const start = performance.now()
    execFileSync(process.execPath, argv, { stdio: "pipe" })
    return performance.now() - start
  })
