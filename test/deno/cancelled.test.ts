/** Deno keeps /proc to itself, which is where processes of an agent are found that no signal to its group reaches. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { markedProcesses } from "#sdk"
import { denoBinary, denoRun, root } from "./both-runtimes.ts"

const permissions = ["--allow-read=.", "--allow-write=.", "--allow-env", "--allow-run"]

const fleet = `fleet:
  sessions:
    a: { driver: shell, command: [sh, -c, "setsid sh -c 'echo ready; exec sleep 1000' & exec sleep 1000"], workspace: none }
  start: a
`

describe.skipIf(process.platform !== "linux")("a run that is cancelled on Deno", () => {
  let place: string
  beforeAll(() => {
    place = mkdtempSync(join(tmpdir(), "fleet-cancelled-"))
  })
  afterAll(() => rmSync(place, { recursive: true, force: true }))

  it(`leaves no process (${permissions.join(" ")})`, async () => {
    writeFileSync(join(place, "fleet.yaml"), fleet)
    const args = ["run", "--no-prompt", ...permissions, join(root, "cli/main.ts"), "run", "fleet.yaml", "--events", "-", "--ephemeral"]
    const child = spawn(denoBinary, args, { cwd: place, env: { ...process.env, NO_COLOR: "1" }, stdio: ["ignore", "pipe", "ignore"] })
    const ended = once(child, "exit")
    let text = ""
    await new Promise<void>((ready) => {
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk
        if (text.includes('"text":"ready')) ready()
      })
    })
    const run = /"run":"([^"]+)"/u.exec(text)?.[1] ?? ""
    expect(markedProcesses(run).length).toBe(2)
    child.kill("SIGINT")
    expect(await ended).toEqual([130, null])
    expect(markedProcesses(run)).toEqual([])
  })

  it("finds also what only ever becomes another program", async () => {
    expect(await denoRun(place, [...permissions, `--allow-read=${root}`], "test/deno/missed-looks.ts")).toEqual({ code: 0, out: "0\n", err: "" })
  })
})
