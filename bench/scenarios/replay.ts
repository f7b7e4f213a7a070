import type { Scenario, Task } from "../contract.ts"
import { timedTask } from "./timing.ts"

const sizes = [10_000, 100_000]

export const scenarios: ReadonlyArray<Scenario> = [
  ...sizes.map((size): Scenario => ({
    name: `replay, ${size} events`,
    unit: "ms",
    file: "replay",
    size,
    counts: "events",
    rows: [
      { label: "bare read and parse", subject: "sqlite-read" },
      { label: "fleetwright replay", subject: "replay" },
    ],
  })),
  // A snapshot stands for most of the events: how many there are does not matter.
  ...sizes.map((size): Scenario => ({
    name: `resume, the fold, ${size} events`,
    unit: "ms",
    file: "replay",
    size,
    rows: [
      { label: "bare read and parse of all", subject: "sqlite-read" },
      { label: "fleetwright", subject: "fold" },
    ],
  })),
]

/** Milliseconds from the file to the end of the run, the warm-up being the run that wrote it. */
export const measure = (task: Task, size: number): Promise<number> => timedTask(task, size)
