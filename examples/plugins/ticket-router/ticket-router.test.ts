import assert from "node:assert/strict"
import { test } from "node:test"
import { tryFleet } from "fleetwright/testing"
import plugin from "./ticket-router.ts"

const fleet = (use: string) => `
fleet:
  workspace: none
  plugins: [ticket-router]
  sessions: { worker: { driver: scripted }, triage: { driver: scripted } }
  start: worker
  routes: 'on worker.done -> use ticket-router ${use}'
`

const started = async (text: string) => {
  const { events } = await tryFleet(fleet('{ to: "triage" }'), [plugin], { sessions: { worker: [{ text }] } })
  return events.flatMap((event) => (event.type === "turn.started" ? [event.session] : []))
}

test("sends what is blocked to triage", async () => {
  assert.deepEqual(await started("BLOCKED by a review"), ["worker", "triage"])
})

test("lets everything else be", async () => {
  assert.deepEqual(await started("all done"), ["worker"])
})

test("a wrong configuration is found before anything runs", async () => {
  const { diagnostics } = await tryFleet(fleet("{ too: 1 }"), [plugin])
  assert.deepEqual(
    diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code),
    ["plugin-config-invalid", "plugin-config-invalid"],
  )
})
