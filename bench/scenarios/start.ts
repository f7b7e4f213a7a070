import type { Scenario, Task } from "../contract.ts"
import { timedTask } from "./timing.ts"

export const scenarios: ReadonlyArray<Scenario> = [
  {
    name: "start to first turn, in a process that runs",
    unit: "ms",
    file: "start",
    size: 1,
    rows: [
      { label: "spawn sh", subject: "spawn" },
      { label: "fleetwright, the library", subject: "library-run" },
    ],
  },
  {
    name: "start to first turn, from the command line",
    unit: "ms",
    file: "start",
    size: 1,
    rows: [
      { label: "node -e that spawns sh", subject: "node-spawn" },
      { label: "fleetwright run", subject: "cli-run", wants: { path: "dist", hint: "not built: npm run build" } },
    ],
  },
]

/** Milliseconds until the agent, a shell, does the first thing. */
export const measure = (task: Task, size: number): Promise<number> => timedTask(task, size)
