/** The tests of the rooms that must not know a runtime, on the other one. `deno task test` runs nearly all there are. */
import { readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { spawnSync } from "node:child_process"
import { describe, expect, it } from "vitest"
import { denoBinary, root } from "./both-runtimes.ts"

const rooms = [
  "test/compiler/ir",
  "test/compiler/lower",
  "test/compiler/routes",
  "test/runtime/machine",
  "test/runtime/journal",
  "test/runtime/engine/virtual-time",
  "test/plugins/sdk",
]

describe("the same tests", () => {
  it(`pass on Deno: ${rooms.join(", ")}`, () => {
    const report = join(tmpdir(), `fleet-deno-suite-${process.pid}.json`)
    const { VITEST: _vitest, VITEST_POOL_ID: _pool, VITEST_WORKER_ID: _worker, ...env } = process.env
    // vitest needs everything (it loads a native bundler); what fleetwright needs is tested beside this.
    const args = ["run", "-A", "node_modules/vitest/vitest.mjs", "run", "--pool=forks", "--no-isolate", "--reporter=json", `--outputFile=${report}`, ...rooms]
    const { status, stderr } = spawnSync(denoBinary, args, { cwd: root, encoding: "utf8", env })
    const {
      numPassedTests,
      testResults,
    }: {
      readonly numPassedTests: number
      readonly testResults: ReadonlyArray<{
        readonly name: string
        readonly message: string
        readonly assertionResults: ReadonlyArray<{ readonly status: string; readonly fullName: string; readonly failureMessages: ReadonlyArray<string> }>
      }>
    } = JSON.parse(readFileSync(report, "utf8"))
    rmSync(report)
    const failed = testResults.flatMap(({ name, message, assertionResults }) => [
      ...(message === "" ? [] : [`${name}: ${message}`]),
      ...assertionResults.filter((one) => one.status === "failed").map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages[0]}`),
    ])
    expect(failed, stderr).toEqual([])
    expect(status, stderr).toBe(0)
    expect(numPassedTests).toBeGreaterThan(100)
  }, 120_000)
})
