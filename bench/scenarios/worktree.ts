import type { Scenario, Task } from "../contract.ts"
import { timedTask } from "./timing.ts"

export const scenarios: ReadonlyArray<Scenario> = [10_000, 100_000].map((size) => ({
  name: `worktree of ${size} files`,
  unit: "ms",
  file: "worktree",
  size,
  rows: [
    { label: "git worktree add, commit, remove", subject: "git-worktree" },
    { label: "a session's worktree", subject: "session-worktree" },
  ],
}))

/** Milliseconds until a tree is there, one new file of it is committed and the tree is gone again. */
export const measure = (task: Task, size: number): Promise<number> => timedTask(task, size)
