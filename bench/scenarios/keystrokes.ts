import type { Reader, ScenarioFile } from "../contract.ts"
import { generateFleet } from "../generate-fleet.ts"
import { median } from "../measure.ts"
import { readers } from "./readers.ts"

/** Somebody types where one of these stands, behind it: the first one behind so much of the text, as a share. */
export interface Place {
  readonly name: string
  readonly behind: string
  readonly from: number
}

const warmUpRuns = 100
const keystrokes = 21

/** Median milliseconds for one reading after a keystroke, in a process that has read the file a hundred times. */
export const typing = ({ name, behind, from }: Place): ScenarioFile<Reader> => ({
  scenarios: [
    {
      name: `editor, 100 routes, ${name}`,
      unit: "ms",
      file: `editor-${name}`,
      size: 100,
      rows: [...readers, { label: "fleetwright checker", subject: "checker", wants: { path: "compiler/index.ts", hint: "the compiler is not there" } }],
    },
  ],
  measure: async (reader, size) => {
    // The generated fleets have as many routes as sessions.
    const text = generateFleet(size)
    const found = text.indexOf(behind, text.length * from)
    if (found < 0) throw new Error(`the fleet has no ${behind}`)
    const half = found + behind.length
    const typed = (count: number): string => `${text.slice(0, half)}${"1".repeat(count)}${text.slice(half)}`
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
  },
})
