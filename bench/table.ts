import { median } from "./measure.ts"
import type { Measured } from "./measure.ts"

type Groups = ReadonlyArray<ReadonlyArray<Measured>>

const heading = ["scenario", "row", "median", "least to most", "ratio", "note"] as const

/** The one table: a line per row, ratios against the first row of the same scenario. */
export const table = (groups: Groups): string => {
  const lines = groups.flatMap((group, index) => {
    const baseline = group[0]?.samples
    return group.map((measured, at) => [at === 0 ? measured.scenario.name : "", ...cells(measured, baseline, smaller(groups.slice(0, index), measured))])
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

/** The same row of the same scenario at the size before. */
const smaller = (before: Groups, { scenario, row }: Measured): Measured | undefined =>
  before.flat().findLast((one) => one.scenario.file === scenario.file && one.row.label === row.label && one.scenario.size < scenario.size)

const cells = (measured: Measured, baseline: ReadonlyArray<number> | undefined, before: Measured | undefined): ReadonlyArray<string> => {
  const { row, samples, scenario, note } = measured
  if (samples.length === 0) return [row.label, "-", "-", "-", note ?? ""]
  const middle = median(samples)
  const ratio = baseline === undefined || baseline.length === 0 ? "-" : `${figure(middle / median(baseline))}×`
  const spread = `${figure(Math.min(...samples))} to ${figure(Math.max(...samples))}`
  const notes = [note, rate(measured, middle), before === undefined ? undefined : growth(measured, before, middle)]
  return [row.label, `${figure(middle)} ${scenario.unit}`, spread, ratio, notes.filter((one) => one !== undefined).join("; ")]
}

const rate = ({ scenario }: Measured, ms: number): string | undefined =>
  scenario.counts === undefined ? undefined : `${Number(((scenario.size / ms) * 1000).toPrecision(2))} ${scenario.counts} a second`

const growth = ({ scenario }: Measured, before: Measured, middle: number): string | undefined =>
  before.samples.length === 0
    ? undefined
    : `${figure(scenario.size / before.scenario.size)}× the size: ${figure(middle / median(before.samples))}×${scenario.each === true ? " each" : ""}`

/** Three significant digits are more than the noise allows. */
const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2))
