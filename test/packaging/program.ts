/** A program of somebody who installed the package: every entry of it, with its types. Prints one line of JSON, the same on Node and on Deno. */
import { readFileSync } from "node:fs"
import { compile, simulate, startFleet, type Ir } from "fleetwright"
import { checkFleet, type Diagnostic } from "fleetwright/compiler"
import { decodeIr, hashOf } from "fleetwright/ir"
import { configOf, definePlugin, defineDriver, makeOutbox, Schema, type DriverEvent } from "fleetwright/plugin"
import { builtinWorkspaces, startFleet as startIr, type FleetEvent } from "fleetwright/runtime"
import { makeMemoryJournal, simulate as simulateAgain } from "fleetwright/testing"

const request = { file: "fleet.yaml", text: readFileSync("fleet.yaml", "utf8"), files: () => undefined }
const problems: ReadonlyArray<Diagnostic> = checkFleet({ ...request, text: request.text.replace("start: a", "start: b") }).diagnostics
const compiled: Ir | undefined = compile(request).ir
const decoded = decodeIr(JSON.parse(JSON.stringify(compiled)))
if (!decoded.ok) throw new Error("the IR does not read back")
const { ir } = decoded

const echo = definePlugin({
  name: "echo",
  version: "1.0.0",
  api: 1,
  driver: defineDriver({
    config: configOf(Schema.Struct({ command: Schema.Array(Schema.String) })),
    capabilities: {
      model: false, systemPrompt: false, maxTurns: false, resume: false, queuedInput: false, cancelTurn: true, permission: false, structuredOutput: false, usage: "none",
    },
    open: async ({ config }) => {
      const events = makeOutbox<DriverEvent>()
      return {
        events,
        send: (frame) => {
          if (frame.type === "prompt") events.push({ type: "turn.ended", end: { stop: "end_turn" }, text: config.command.join(" ") })
        },
        close: () => events.end(),
      }
    },
  }),
})

const typesOf = (events: ReadonlyArray<FleetEvent>): ReadonlyArray<FleetEvent["type"]> => events.map(({ type }) => type)

const real: Array<FleetEvent> = []
const fleet = await startFleet(ir, { onEvent: (event) => { real.push(event) } })
const { status } = await fleet.result
await fleet.close()

const plugged: Array<FleetEvent> = []
const other = await startIr(ir, {
  drivers: echo.driver === undefined ? {} : { shell: echo.driver },
  workspaces: builtinWorkspaces,
  journal: makeMemoryJournal(),
  root: process.cwd(),
  onEvent: (event) => { plugged.push(event) },
})
await other.result
await other.close()

const simulated = await simulate(ir, { script: { sessions: { a: [{ text: "hi", after: "1h" }] } } })
const silent = await simulateAgain(ir)
console.log(JSON.stringify({
  problems: problems.map(({ code }) => code),
  hash: hashOf(ir) === ir.hash,
  status,
  real: typesOf(real),
  text: real.flatMap((event) => (event.type === "session.done" ? [event.text] : [])),
  plugged: plugged.flatMap((event) => (event.type === "session.done" ? [event.text] : [])),
  simulated: typesOf(simulated.events),
  hours: ((simulated.events.at(-1)?.at ?? 0) - (simulated.events[0]?.at ?? 0)) / 3_600_000,
  silent: typesOf(silent.events),
}))
