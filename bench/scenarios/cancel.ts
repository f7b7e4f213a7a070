import type { Scenario, Task } from "../contract.ts"
import { timedTask } from "./timing.ts"

export const scenarios: ReadonlyArray<Scenario> = [10, 100].map((size) => ({
  name: `cancel to last process gone, ${size} sessions`,
  unit: "ms",
  file: "cancel",
  size,
  rows: [
    { label: "kill of the groups", subject: "kill" },
    { label: "fleetwright", subject: "cancel" },
  ],
}))

/** Milliseconds until no process of any agent is left. */
export const measure = (task: Task, size: number): Promise<number> => timedTask(task, size)
