import { median } from "./measure.ts"
import type { Measured } from "./measure.ts"

const heading = ["scenario", "row", "median", "least to most", "ratio", "note"] as const

/** The one table: a line per row, ratios against the first row of the same scenario. */
export const table = (groups: ReadonlyArray<ReadonlyArray<Measured>>): string => {
  const lines = groups.flatMap((group) => {
    const baseline = group[0]?.samples
    return group.map((measured, at) => [at === 0 ? measured.scenario.name : "", ...cells(measured, baseline)])
  })
  const all = [[...heading], ...lines]
  const widths = heading.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)))
  const print = (line: ReadonlyArray<string>): string =>
    line
      .map((cell, column) => (column >= 2 && column <= 4 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd()
  return [print(heading), widths.map((width) => "-".repeat(width)).join("  "), ...lines.map(print)].join("\n")
}

const cells = (measured: Measured, baseline: ReadonlyArray<number> | undefined): ReadonlyArray<string> => {
  const { row, samples, scenario, note = "" } = measured
  if (samples.length === 0) return [row.label, "-", "-", "-", note]
  const middle = median(samples)
  const ratio = baseline === undefined || baseline.length === 0 ? "-" : `${figure(middle / median(baseline))}×`
  const spread = `${figure(Math.min(...samples))} to ${figure(Math.max(...samples))}`
  return [row.label, `${figure(middle)} ${scenario.unit}`, spread, ratio, note]
}

/** Three significant digits are more than the noise allows. */
const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2))
