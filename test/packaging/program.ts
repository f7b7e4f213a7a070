/** A program of somebody who installed the package: every entry of it, with its types. Prints one line of JSON, the same on Node and on Deno. */
import { readFileSync } from "node:fs"
import { compile, compileFile, simulate, startFleet, type Ir } from "fleetwright"
import { checkFleet, type Diagnostic } from "fleetwright/compiler"
import { decodeIr, hashOf } from "fleetwright/ir"
import type { Plugin } from "fleetwright/plugin"
import { builtinWorkspaces, startFleet as startIr, type FleetEvent } from "fleetwright/runtime"
import { makeMemoryJournal, simulate as simulateAgain } from "fleetwright/testing"
import echo from "./echo.ts"

const request = { file: "fleet.yaml", text: readFileSync("fleet.yaml", "utf8"), files: () => undefined }
const problems: ReadonlyArray<Diagnostic> = checkFleet({ ...request, text: request.text.replace("start: a", "start: b") }).diagnostics
const compiled: Ir | undefined = compile(request).ir
const decoded = decodeIr(JSON.parse(JSON.stringify(compiled)))
if (!decoded.ok) throw new Error("the IR does not read back")
const { ir } = decoded

const typesOf = (events: ReadonlyArray<FleetEvent>): ReadonlyArray<FleetEvent["type"]> => events.map(({ type }) => type)

const real: Array<FleetEvent> = []
const fleet = await startFleet(ir, {
  onEvent: (event) => {
    real.push(event)
  },
})
const { status } = await fleet.result
await fleet.close()

const plugged: Array<FleetEvent> = []
const onEvent = (event: FleetEvent): void => {
  plugged.push(event)
}
const withPlugin = (await compileFile("plugged.yaml")).ir
if (withPlugin === undefined) throw new Error("the fleet with a plugin does not compile")
const loading = await startFleet(withPlugin, { onEvent })
await loading.result
await loading.close()

const named: Plugin = echo
const given = await startIr(withPlugin, {
  drivers: named.driver === undefined ? {} : { echo: named.driver },
  workspaces: builtinWorkspaces,
  journal: makeMemoryJournal(),
  root: process.cwd(),
  onEvent,
})
await given.result
await given.close()

const simulated = await simulate(ir, { script: { sessions: { a: [{ text: "hi", after: "1h" }] } } })
const silent = await simulateAgain(ir)
console.log(
  JSON.stringify({
    problems: problems.map(({ code }) => code),
    hash: hashOf(ir) === ir.hash,
    status,
    real: typesOf(real),
    text: real.flatMap((event) => (event.type === "session.done" ? [event.text] : [])),
    plugged: plugged.flatMap((event) => (event.type === "session.done" ? [event.text] : [])),
    simulated: typesOf(simulated.events),
    hours: ((simulated.events.at(-1)?.at ?? 0) - (simulated.events[0]?.at ?? 0)) / 3_600_000,
    silent: typesOf(silent.events),
  }),
)
