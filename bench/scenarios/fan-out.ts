import type { Engine, Scenario } from "../contract.ts"
import { engines } from "./rows.ts"
import { timed } from "./timing.ts"

export const scenarios: ReadonlyArray<Scenario> = [100, 1000, 10_000].map((size) => ({
  name: `fan-out 1 → ${size} → 1`,
  unit: "ms",
  file: "fan-out",
  size,
  rows: engines,
}))

const sum = (n: number): number => (n * (n - 1)) / 2
const warmUp = 100

/** Milliseconds from the first prompt to the join's answer, after three warm-up runs of 1 → 100 → 1. */
export const measure = async (engine: Engine, size: number): Promise<number> => {
  for (let i = 0; i < 3; i++) await timed(await engine.fanOut(warmUp), sum(warmUp))
  return timed(await engine.fanOut(size), sum(size))
}
