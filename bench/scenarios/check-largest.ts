import type { Reader, Scenario } from "../contract.ts"
import { generateFleet, generateNotices } from "../generate-fleet.ts"
import { readers } from "./readers.ts"

const sessions = 1000

export const scenarios: ReadonlyArray<Scenario> = [
  { name: "check, 1000 sessions and 10000 routes", unit: "ms", file: "check-largest", size: 10_000, rows: readers },
]

const warmUpRuns = 3

/** Milliseconds for one reading of the largest fleet that the language allows, after three warm-up readings. */
export const measure = async (reader: Reader, size: number): Promise<number> => {
  const text = generateFleet(sessions) + generateNotices(sessions, size - sessions)
  for (let i = 0; i < warmUpRuns; i++) reader.read(text)
  const start = performance.now()
  const errors = reader.read(text)
  const elapsed = performance.now() - start
  if (errors > 0) throw new Error(`the largest fleet has ${errors} errors`)
  return elapsed
}
