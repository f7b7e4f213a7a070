/**
 * `npm run simulate:seeds -- --seeds 10000 [--from 1] [--out DIR]`: a fleet, a script and faults for each seed, run by the engine in virtual time
 * and held against its laws. A seed that breaks one is made small and written down as a fleet and a script that
 * `fleetwright simulate FLEET --script SCRIPT` plays again. Exit code 1 when there was one.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { commandLine } from "../command-line.ts"
import { caseOf, depthOf, examine, filesOf, shrink } from "./seeds.ts"

const { seeds, from, out } = commandLine("simulate:seeds", "Runs made-up fleets in virtual time with faults, and holds them against the laws.", {
  seeds: { what: "how many", default: 1000, least: 1 },
  from: { what: "the first", default: 1, least: 0 },
  out: { what: "the directory for what broke a law", default: join(tmpdir(), "fleetwright-seeds") },
})

const statuses = new Map<string, number>()
let runs = 0
let failed = 0
for (let seed = from; seed < from + seeds; seed++) {
  const depth = depthOf(seed)
  const verdict = await examine(caseOf(seed), depth)
  runs += verdict.runs
  statuses.set(verdict.status, (statuses.get(verdict.status) ?? 0) + 1)
  if (verdict.broken !== undefined) {
    failed += 1
    const small = await shrink(seed, verdict.broken, depth, verdict.ends)
    const { fleet, script } = filesOf(small)
    const directory = join(out, String(seed))
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, "fleet.yaml"), fleet)
    writeFileSync(join(directory, "script.yaml"), script)
    console.log(`seed ${seed}: ${small.broken.law}: ${small.broken.message}\n  ${directory}`)
  }
  if ((seed - from + 1) % 500 === 0) console.log(`${seed - from + 1} seeds, ${runs} runs, ${failed} failed`)
}
console.log(
  `${seeds} seeds, ${runs} runs, ${failed} failed; ${[...statuses]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([status, count]) => `${count} ${status}`)
    .join(", ")}`,
)
process.exitCode = failed === 0 ? 0 : 1
