/** `npm run bench`: prints one table. See README.md for what each row does. */
import { cpus } from "node:os"
import { commandLine } from "../test/command-line.ts"
import { measure } from "./measure.ts"
import type { Measured } from "./measure.ts"
import { scenarios as cancel } from "./scenarios/cancel.ts"
import { scenarios as check } from "./scenarios/check.ts"
import { scenarios as checkLargest } from "./scenarios/check-largest.ts"
import { scenarios as coldStart } from "./scenarios/cold-start.ts"
import { scenarios as editorGuard } from "./scenarios/editor-guard.ts"
import { scenarios as editorPrompt } from "./scenarios/editor-prompt.ts"
import { scenarios as editorSession } from "./scenarios/editor-session.ts"
import { scenarios as editorTask } from "./scenarios/editor-task.ts"
import { scenarios as fanOut } from "./scenarios/fan-out.ts"
import { scenarios as idle } from "./scenarios/idle.ts"
import { scenarios as journal } from "./scenarios/journal.ts"
import { scenarios as pipeline } from "./scenarios/pipeline.ts"
import { scenarios as replay } from "./scenarios/replay.ts"
import { scenarios as start } from "./scenarios/start.ts"
import { scenarios as worktree } from "./scenarios/worktree.ts"
import { table } from "./table.ts"

const readPattern = (text: string): RegExp => {
  try {
    return new RegExp(text)
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exit(2)
  }
}

const values = commandLine("bench", "Measures what README.md of the bench tells of, and prints one table.", {
  only: { what: "the rows whose scenario and label match it, a regular expression", default: "" },
  runs: { what: "runs of each row, of which the median counts", default: 5, least: 1 },
  cap: { what: "seconds that one run may take", default: 60, least: 1 },
})
const options = { runs: values.runs, cap: values.cap }
const only = readPattern(values.only)
const editor = [...editorPrompt, ...editorGuard, ...editorSession, ...editorTask]
const chosen = [...pipeline, ...fanOut, ...idle, ...journal, ...replay, ...start, ...cancel, ...worktree, ...check, ...checkLargest, ...editor, ...coldStart]
  .map((scenario) => {
    const rows = scenario.rows.filter((row, at) => at === 0 || only.test(`${scenario.name} ${row.label}`))
    return { ...scenario, rows: [scenario.rows[0], ...rows.slice(1)] as const }
  })
  .filter((scenario) => scenario.rows.length > 1 || only.test(`${scenario.name} ${scenario.rows[0].label}`))

const groups: Array<ReadonlyArray<Measured>> = []
const gaveUp = new Set<string>()
for (const scenario of chosen) {
  if (process.stderr.isTTY) process.stderr.write(`${scenario.name} …\n`)
  groups.push(await measure(scenario, options, gaveUp))
}

process.stdout.write(
  `node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores; ` +
    `median of ${options.runs} interleaved runs, each in a fresh process\n\n${table(groups)}\n`,
)
