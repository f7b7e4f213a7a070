import type { Reader, Scenario } from "../contract.ts"
import { generateFleet } from "../generate-fleet.ts"
import { median } from "../measure.ts"
import { readers } from "./readers.ts"

export const scenarios: ReadonlyArray<Scenario> = [
  {
    name: "editor, 100 routes",
    unit: "ms",
    file: "editor",
    size: 100,
    rows: [...readers, { label: "fleetwright checker", subject: "checker", wants: { path: "compiler/index.ts", hint: "the compiler is not there" } }],
  },
]

const warmUpRuns = 100
const keystrokes = 21

/** Median milliseconds for one reading after a keystroke, in a process that has read the file a hundred times. */
export const measure = async (reader: Reader, size: number): Promise<number> => {
  // The generated fleets have as many routes as sessions.
  const text = generateFleet(size)
  const half = Math.floor(text.indexOf("Review ", text.length / 2)) + "Review ".length
  const typed = (length: number): string => `${text.slice(0, half)}${"x".repeat(length)}${text.slice(half)}`
  for (let i = 0; i < warmUpRuns; i++) reader.read(typed(i % keystrokes))
  const samples: Array<number> = []
  for (let i = 0; i < keystrokes; i++) {
    const edited = typed(keystrokes + i)
    const start = performance.now()
    const errors = reader.read(edited)
    samples.push(performance.now() - start)
    if (errors > 0) throw new Error(`the edited fleet has ${errors} errors`)
  }
  return median(samples)
}
