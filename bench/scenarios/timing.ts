import type { Run } from "../contract.ts"

/** Milliseconds of one run; throws when the run did not do the work it is measured for. */
export const timed = async (run: Run, expected: number): Promise<number> => {
  const start = performance.now()
  const answer = await run()
  const elapsed = performance.now() - start
  if (answer !== expected) throw new Error(`the run answered ${answer}, not ${expected}`)
  return elapsed
}
