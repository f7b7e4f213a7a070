/** Interleaved measurements in child processes, and their medians. */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Row, Scenario } from "./contract.ts"

export interface Measured {
  readonly scenario: Scenario
  readonly row: Row
  readonly samples: ReadonlyArray<number>
  /** Why there are no samples, or fewer than asked for. */
  readonly note?: string
}

export interface Options {
  /** How many samples per row. */
  readonly runs: number
  /** Seconds after which a child is stopped and its row given up, in this scenario and in larger ones of the same file. */
  readonly cap: number
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const execute = promisify(execFile)

/** Middle value; the mean of the middle two for an even count. */
export const median = (samples: ReadonlyArray<number>): number => {
  const sorted = samples.toSorted((left, right) => left - right)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.floor((sorted.length - 1) / 2)]
  if (upper === undefined || lower === undefined) throw new RangeError("no samples")
  return (lower + upper) / 2
}

/** Samples every row of a scenario in turn (A B C A B C …), so that a busy minute of the machine hits all rows alike. */
export const measure = async (scenario: Scenario, options: Options, gaveUp: Set<string>): Promise<ReadonlyArray<Measured>> => {
  const samples = scenario.rows.map((): Array<number> => [])
  const notes = scenario.rows.map((row) => absence(row) ?? (gaveUp.has(rowKey(scenario, row)) ? skipped : undefined))
  for (let run = 0; run < options.runs; run++) {
    for (const [at, row] of scenario.rows.entries()) {
      if (notes[at] !== undefined) continue
      const outcome = await sample(scenario, row, options.cap)
      if (typeof outcome === "number") samples[at]?.push(outcome)
      else {
        notes[at] = outcome.note
        if (outcome.capped) gaveUp.add(rowKey(scenario, row))
      }
    }
  }
  return scenario.rows.map((row, at) => {
    const note = notes[at]
    return { scenario, row, samples: samples[at] ?? [], ...(note === undefined ? {} : { note }) }
  })
}

const skipped = "skipped: over the cap at a smaller size"

const rowKey = (scenario: Scenario, row: Row): string => `${scenario.file} ${row.subject}`

const absence = (row: Row): string | undefined => {
  if (row.needs !== undefined && !existsSync(here(`node_modules/${row.needs}/package.json`))) return "not installed: npm ci --prefix bench"
  if (row.wants !== undefined && !existsSync(here(`../${row.wants.path}`))) return row.wants.hint
  return undefined
}

const sample = async (scenario: Scenario, row: Row, cap: number): Promise<number | { readonly note: string; readonly capped: boolean }> => {
  const argv = ["--expose-gc", here("child.ts"), scenario.file, row.subject, String(scenario.size)]
  try {
    const { stdout } = await execute(process.execPath, argv, { timeout: cap * 1000, killSignal: "SIGKILL" })
    const { value } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { readonly value: number }
    return value
  } catch (error) {
    const { killed, stderr } = error as { readonly killed?: boolean; readonly stderr?: string }
    return killed === true ? { note: `skipped: over the cap of ${cap} s`, capped: true } : { note: `failed: ${reason(stderr, error)}`, capped: false }
  }
}

/** The line of a stack trace that names the error. */
const reason = (stderr: string | undefined, error: unknown): string =>
  stderr?.split("\n").find((line) => /^\S*Error\b.*:/.test(line)) ?? String(error).split("\n")[0] ?? "unknown"
