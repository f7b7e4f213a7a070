import type { Reader, Scenario } from "../contract.ts"
import { generateFleet } from "../generate-fleet.ts"
import { readers } from "./readers.ts"

export const scenarios: ReadonlyArray<Scenario> = [10, 100, 1000, 10_000].map((size) => ({
  name: `check, ${size} sessions`,
  unit: "ms",
  file: "check",
  size,
  rows: readers,
}))

const warmUpRuns = 5

/** Milliseconds for one reading of a generated fleet, after five warm-up readings, of 1000 sessions at most. */
export const measure = async (reader: Reader, size: number): Promise<number> => {
  const text = generateFleet(size)
  const warmUp = size > 1000 ? generateFleet(1000) : text
  for (let i = 0; i < warmUpRuns; i++) reader.read(warmUp)
  const start = performance.now()
  const errors = reader.read(text)
  const elapsed = performance.now() - start
  if (errors > 0) throw new Error(`the generated fleet of ${size} sessions has ${errors} errors`)
  return elapsed
}
