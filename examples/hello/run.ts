/**
 * Runs a compiled fleet from a program, on Node or on Deno; prints its events as NDJSON. Only the runtime is loaded.
 *   fleetwright compile examples/hello/fleet.yaml -o fleet.json
 *   node examples/hello/run.ts fleet.json
 *   deno run --allow-read=. --allow-write=. --allow-env --allow-run examples/hello/run.ts fleet.json
 */
import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { builtinDrivers, builtinWorkspaces, loadIr, makeMemoryJournal, startFleet } from "fleetwright/runtime"

const path = resolve(process.argv[2] ?? "fleet.json")
const loaded = loadIr(JSON.parse(readFileSync(path, "utf8")))
if (!loaded.ok) throw new Error(loaded.problems.map(({ path: at, message }) => `${at}: ${message}`).join("\n"))

const fleet = await startFleet(loaded.ir, {
  drivers: builtinDrivers,
  workspaces: builtinWorkspaces,
  journal: makeMemoryJournal(),
  root: dirname(path),
  env: process.env,
  onEvent: (event) => console.log(JSON.stringify(event)),
})
const { status } = await fleet.result
await fleet.close()
process.exitCode = status === "succeeded" ? 0 : 1
