import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Run, Task } from "../contract.ts"

/** Milliseconds of one run; throws when the run did not do the work it is measured for. */
export const timed = async (run: Run, expected: number): Promise<number> => {
  const start = performance.now()
  const answer = await run()
  const elapsed = performance.now() - start
  if (answer !== expected) throw new Error(`the run answered ${answer}, not ${expected}`)
  return elapsed
}

/** Works in a folder that is there as long as the work lasts. */
export const inFolder = async <A>(work: (folder: string) => A | Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "fleetwright-bench-"))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Milliseconds that a task takes once it is prepared. */
export const timedTask = (task: Task, size: number): Promise<number> =>
  inFolder(async (folder) => {
    const { run, stop } = await task.prepare(size, folder)
    const elapsed = await timed(run, size)
    await stop?.()
    return elapsed
  })
