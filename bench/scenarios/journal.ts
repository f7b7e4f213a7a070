import type { Scenario, Task } from "../contract.ts"
import { timedTask } from "./timing.ts"

export const scenarios: ReadonlyArray<Scenario> = [10_000, 100_000].map((size) => ({
  name: `journal and hub, ${size} events`,
  unit: "ms",
  file: "journal",
  size,
  counts: "events",
  rows: [
    { label: "bare SQLite inserts", subject: "sqlite-inserts" },
    { label: "fleetwright, a whole run", subject: "journal-and-hub" },
  ],
}))

/** Milliseconds for so many events, the warm-up being the same run without a file. */
export const measure = (task: Task, size: number): Promise<number> => timedTask(task, size)
