import assert from "node:assert/strict"
import { test } from "node:test"
import { runDriverSuite } from "fleetwright/testing"
import plugin from "./echo-agent.ts"

test("keeps to the contract of drivers", async () => {
  const { driver } = plugin
  assert.ok(driver !== undefined)
  const report = await runDriverSuite({
    name: "echo-agent",
    driver,
    context: () => ({ config: {} }),
    scenes: { hello: "hello from the agent" },
    process: false,
    garbage: [],
  })
  assert.deepEqual(
    report.cases.filter(({ outcome }) => outcome === "failed"),
    [],
  )
  assert.ok(report.cases.some(({ outcome }) => outcome === "passed"))
})
