import { expect, it } from "vitest"
import { endings } from "./endings.ts"

/** `npm run test:endings` does a hundred. */
it("runs, however they end, leave no process, no stray worktree, and all work", async () => {
  const { faults, kept } = await endings(6, 3)
  expect(faults).toEqual([])
  expect(kept).toBeGreaterThan(0)
}, 240_000)
