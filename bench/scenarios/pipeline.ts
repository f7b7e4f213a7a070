import type { Engine, Scenario } from "../contract.ts"
import { engines } from "./rows.ts"
import { timed } from "./timing.ts"

export const scenarios: ReadonlyArray<Scenario> = [{ name: "pipeline 100", unit: "ms", file: "pipeline", size: 100, rows: engines }]

/** Milliseconds from the first prompt to the last answer, after three warm-up runs of the same pipeline. */
export const measure = async (engine: Engine, size: number): Promise<number> => {
  for (let i = 0; i < 3; i++) await timed(await engine.pipeline(size), size)
  return timed(await engine.pipeline(size), size)
}
