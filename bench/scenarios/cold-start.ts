import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Command, Scenario } from "../contract.ts"
import { generateFleet } from "../generate-fleet.ts"

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
export const measure = async (command: Command, size: number): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), "fleetwright-bench-"))
  try {
    const file = join(folder, "fleet.yaml")
    writeFileSync(file, generateFleet(size))
    const argv = command.argv(file)
    execFileSync(process.execPath, argv, { stdio: "pipe" })
    const start = performance.now()
    execFileSync(process.execPath, argv, { stdio: "pipe" })
    return performance.now() - start
  } finally {
    rmSync(folder, { recursive: true })
  }
}
