/** Whose a process is, told by its marks: nobody stops the agents of another owner of the run. Real processes, on systems with `/proc`. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import { markedBefore, markedLike, markedProcesses, startProcess, type AgentProcess } from "#sdk"
import { stopOrphans } from "../../../runtime/engine/stop-orphans.ts"

const path = process.env["PATH"] ?? ""
let started: Array<AgentProcess> = []

/** Something that its agent started and that no signal to its group reaches: it says its id and goes on for ever. */
const source = `
  const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" })
  child.once("spawn", () => console.log(child.pid))
  setInterval(() => {}, 1000)
`

const sorted = (pids: ReadonlyArray<number>): ReadonlyArray<number> => pids.toSorted((a, b) => a - b)

const agent = async (env: { readonly [name: string]: string }): Promise<{ readonly process: AgentProcess; readonly pids: ReadonlyArray<number> }> => {
  const made = await startProcess({ command: [process.execPath, "-e", source], directory: tmpdir(), env: { PATH: path, ...env } })
  started.push(made)
  for await (const line of made.lines) return { process: made, pids: sorted([made.pid, Number(line.ok ? line.text : "")]) }
  throw new Error(`it has ended: ${made.complaints()}`)
}

afterEach(async () => {
  await Promise.all(started.map((one) => one.stop(0)))
  started = []
})

describe.skipIf(!existsSync("/proc/self/environ"))("the marks of agents", () => {
  it("tell owners apart: one that lost the run stops its own and not those of the next", async () => {
    const run = `owners-${process.pid}`
    const marks = { FLEET_RUN: run, FLEET_SESSION: "a" }
    const [former, next, other] = await Promise.all([
      agent({ ...marks, FLEET_EPOCH: "1" }),
      agent({ ...marks, FLEET_EPOCH: "2" }),
      agent({ FLEET_RUN: run, FLEET_SESSION: "b", FLEET_EPOCH: "2" }),
    ])
    expect(sorted(markedLike({ ...marks, FLEET_EPOCH: "1" }))).toEqual(former.pids)
    await former.process.stop(0)
    expect(sorted(markedProcesses(run))).toEqual(sorted([...next.pids, ...other.pids]))
    await next.process.stop(0)
    expect(sorted(markedProcesses(run))).toEqual(other.pids)
  }, 30_000)

  it("are seen of a process that becomes one program after the other", async () => {
    const run = `becoming-${process.pid}`
    const directory = mkdtempSync(join(tmpdir(), "marks-"))
    const script = join(directory, "again.sh")
    writeFileSync(script, '#!/bin/sh\ntest -e begun || echo begun > begun\nexec "$0"\n', { mode: 0o755 })
    const made = await startProcess({ command: [script], directory, env: { PATH: path, FLEET_RUN: run } })
    started.push(made)
    await expect.poll(() => existsSync(join(directory, "begun")), { timeout: 20_000 }).toBe(true)
    const seen = Array.from({ length: 200 }, () => markedProcesses(run))
    expect(seen.filter((pids) => !pids.includes(made.pid))).toEqual([])
    rmSync(directory, { recursive: true })
  }, 30_000)

  it("show who takes a run over what was left by all before, and nothing of its own or of who comes later", async () => {
    const run = `taken-${process.pid}`
    const of = (epoch: string) => agent({ FLEET_RUN: run, FLEET_SESSION: "a", ...(epoch === "" ? {} : { FLEET_EPOCH: epoch }) })
    const [unmarked, first, second, third] = await Promise.all([of(""), of("1"), of("2"), of("3")])
    expect(sorted(markedBefore(run, 2))).toEqual(sorted([...unmarked.pids, ...first.pids]))
    expect(await Effect.runPromise(stopOrphans({ run, epoch: 2 }))).toEqual([])
    expect(sorted(markedProcesses(run))).toEqual(sorted([...second.pids, ...third.pids]))
  }, 30_000)
})
