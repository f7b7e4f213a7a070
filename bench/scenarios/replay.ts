import type { Scenario, Task } from "../contract.ts"
import { timedTask } from "./timing.ts"

export const scenarios: ReadonlyArray<Scenario> = [10_000, 100_000].map((size) => ({
  name: `replay, ${size} events`,
  unit: "ms",
  file: "replay",
  size,
  counts: "events",
  rows: [
    { label: "bare read and parse", subject: "sqlite-read" },
    { label: "fleetwright replay", subject: "replay" },
    { label: "fleetwright resume, the fold", subject: "fold" },
  ],
}))

/** Milliseconds from the file to the end of the run, the warm-up being the run that wrote it. */
export const measure = (task: Task, size: number): Promise<number> => timedTask(task, size)
