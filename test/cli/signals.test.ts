import { execFileSync, spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it, vi } from "vitest"
import { markedProcesses } from "#sdk"
import { oneKeyPressMs } from "../../cli/interrupts.ts"
import { fleetwright, program, signal as kill } from "./command-line.ts"

/** Each session leaves work uncommitted, a child that will not hear TERM, and one in a session of its own; then it waits. */
const command = "echo work > work.txt; (trap '' TERM INT HUP; exec sleep 1000) & setsid sleep 1000 & echo ready; exec sleep 1000"
const fleet = `fleet:
  base_branch: main
  task: go
  permissions: allow
  defaults: { driver: shell, command: [sh, -c, "${command}"] }
  sessions: { a: {}, b: {} }
  start: [a, b]
`

interface Running {
  readonly child: ChildProcess
  readonly run: string
  readonly ended: Promise<unknown>
}

/** Started, and both agents are at work. */
const running = async (cwd: string, ...args: ReadonlyArray<string>): Promise<Running> => {
  const [file, ...before] = program
  const child = spawn(file, [...before, "run", "fleet.yaml", "--events", "-", ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  })
  const ended = once(child, "exit")
  child.stderr.resume()
  let text = ""
  let ready: () => void = () => {}
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk
    if (text.split('"text":"ready').length === 3) ready()
  })
  await Promise.race([
    new Promise<void>((resolve) => {
      ready = resolve
    }),
    ended,
  ])
  const run = /"run":"([^"]+)"/.exec(text)?.[1] ?? ""
  await vi.waitFor(() => expect(markedProcesses(run).length).toBeGreaterThanOrEqual(6))
  return { child, run, ended }
}

describe.skipIf(process.platform !== "linux")("a run that is ended from outside", () => {
  const places: Array<string> = []
  const repository = (): { readonly path: string; readonly git: (...args: ReadonlyArray<string>) => string } => {
    const path = mkdtempSync(join(tmpdir(), "fleet-signal-"))
    places.push(path)
    const git = (...args: ReadonlyArray<string>): string =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { cwd: path, encoding: "utf8" })
    git("init", "-q", "-b", "main")
    writeFileSync(join(path, "fleet.yaml"), fleet)
    git("add", ".")
    git("commit", "-q", "-m", "start")
    return { path, git }
  }
  afterAll(() => places.forEach((path) => rmSync(path, { recursive: true, force: true })))

  const journal = async (path: string, run: string): Promise<{ readonly ended: boolean; readonly shown: string }> => {
    const listed = JSON.parse((await fleetwright(["runs", "--format", "json"], path)).out)
    const shown = await fleetwright(["show", run], path)
    expect(shown.code).toBe(0)
    return { ended: listed.runs[0].ended, shown: shown.out }
  }

  it.concurrent.each([
    ["SIGINT", []],
    ["SIGTERM", []],
    ["SIGHUP", []],
    ["SIGTERM", ["--ephemeral"]],
  ] as const)(
    "%s %j cancels it: no process is left, no work is lost, the journal tells",
    async (signal, args) => {
      const { path, git } = repository()
      const { child, run, ended } = await running(path, ...args)
      kill(child, signal)
      expect(await ended).toEqual([130, null])
      // Killed is not yet gone.
      await vi.waitFor(() => expect(markedProcesses(run)).toEqual([]))
      for (const session of ["a", "b"]) expect(git("show", `fleetwright/${run}/${session}:work.txt`)).toBe("work\n")
      expect(git("status", "--porcelain")).toBe("")
      expect(git("worktree", "list").trim().split("\n")).toHaveLength(1)
      if (args.length > 0) return expect((await fleetwright(["runs"], path)).out).toBe("nothing has run here\n")
      expect(await journal(path, run)).toMatchObject({ ended: true, shown: expect.stringContaining(`run cancelled: ${signal}`) })
    },
    60_000,
  )

  it.concurrent("a reader of its events that goes away cancels it", async () => {
    const { path, git } = repository()
    const { child, run, ended } = await running(path)
    child.stdout?.destroy()
    // The end of an agent makes the run write, and find out.
    for (const pid of markedProcesses(run, "a")) process.kill(pid, "SIGKILL")
    expect(await ended).toEqual([130, null])
    expect(markedProcesses(run)).toEqual([])
    expect(git("show", `fleetwright/${run}/b:work.txt`)).toBe("work\n")
    expect((await journal(path, run)).shown).toContain("reader of the events is gone")
  }, 60_000)

  it.concurrent.each([["SIGQUIT"], ["SIGINT twice"]])(
    "%s ends it at once: no process is left, work stays where it is",
    async (how) => {
      const { path, git } = repository()
      // One that does not hear TERM keeps the first signal waiting for its grace time.
      writeFileSync(join(path, "fleet.yaml"), fleet.replace("echo work", "trap '' TERM; echo work").replace('exec sleep 1000"', 'sleep 1000; sleep 1000"'))
      git("commit", "-qam", "stubborn")
      const { child, run, ended } = await running(path)
      if (how === "SIGQUIT") kill(child, "SIGQUIT")
      else {
        child.stdout?.setEncoding("utf8").on("data", (text: string) => {
          // One that comes at once is the same key.
          if (text.includes("session.cancelled")) setTimeout(() => kill(child, "SIGINT"), oneKeyPressMs + 50)
        })
        kill(child, "SIGINT")
      }
      expect(await ended).toEqual([130, null])
      // Killed is not yet gone.
      await vi.waitFor(() => expect(markedProcesses(run)).toEqual([]))
      for (const session of ["a", "b"]) expect(readFileSync(join(path, ".fleetwright/worktrees", run, session, "work.txt"), "utf8")).toBe("work\n")
      expect(git("status", "--porcelain")).toBe("")
      await journal(path, run)
    },
    60_000,
  )

  it.concurrent("SIGKILL leaves agents that the next run finds and stops", async () => {
    const { path } = repository()
    const { child, run, ended } = await running(path)
    kill(child, "SIGKILL")
    await ended
    expect(markedProcesses(run).length).toBeGreaterThan(0)
    writeFileSync(join(path, "next.yaml"), fleet.replace(command, "true"))
    const next = await fleetwright(["run", "next.yaml"], path)
    expect(next.err).toContain(`run ${run} of fleet did not end`)
    expect(next.code).toBe(0)
    expect(markedProcesses(run)).toEqual([])
    expect(existsSync(join(path, ".fleetwright/worktrees", run, "a", "work.txt"))).toBe(true)
    expect(await journal(path, run)).toMatchObject({ ended: false, shown: expect.stringContaining("it has not ended") })
  }, 60_000)
})
