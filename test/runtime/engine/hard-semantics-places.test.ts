/** The hard semantics that are about real processes and real repositories; the others are in the files of the same name without places. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import type { Ir, Session } from "#ir"
import { builtinDrivers, builtinWorkspaces } from "#plugins"
import { makeMemoryJournal, startFleet, type Fleet, type FleetEvent } from "#runtime"
import { markedProcesses } from "#sdk"
import { fleet, followUp, session } from "./fleet.ts"

let root = ""
const git = (...args: ReadonlyArray<string>): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd: root, encoding: "utf8", stdio: "pipe" }).trim()

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "hard-places-"))
  git("init", "--quiet", "--initial-branch=main")
  writeFileSync(join(root, "a.txt"), "one\n")
  git("add", ".")
  git("commit", "--quiet", "-m", "first")
})
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

const shell = (id: string, script: string, more: Partial<Session> = {}): Session =>
  session(id, { driver: { use: "shell", with: { command: ["sh", "-c", script] } }, permissions: "allow", ...more })

const start = async (ir: Ir, run: string): Promise<{ readonly started: Fleet; readonly events: Array<FleetEvent> }> => {
  const events: Array<FleetEvent> = []
  const started = await startFleet(
    { ...ir, fleet: { ...ir.fleet, baseBranch: "main" } },
    {
      drivers: builtinDrivers,
      workspaces: builtinWorkspaces,
      journal: makeMemoryJournal(),
      root,
      env: { PATH: process.env["PATH"] },
      run,
      onEvent: (event) => events.push(event),
    },
  )
  return { started, events }
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((next) => setTimeout(next, 10))
}
const cancel = (target: { readonly kind: "fleet" } | { readonly kind: "session"; readonly session: string }) =>
  ({ type: "cancel", target, reason: { code: "user" } }) as const

describe("hard semantics", () => {
  it.skipIf(!existsSync("/proc/self/environ"))(
    "12 scoped cancel: the processes of a session that is cancelled are gone, what it started and ignores signals included, and nobody else's",
    async () => {
      // One that ignores TERM in a session of its own: no signal to the group of its agent reaches it.
      const script = `setsid sh -c 'trap "" TERM; sleep 1000; sleep 1000' & echo up; sleep 1000`
      const run = `hard-${process.pid}`
      const { started, events } = await start({ ...fleet([shell("a", script), shell("b", script)]), start: ["a", "b"] }, run)
      await until(() => events.filter(({ type }) => type === "agent").length === 2 && markedProcesses(run).length >= 8)
      const others = markedProcesses(run, "b")
      await started.send(cancel({ kind: "session", session: "a" }))
      await until(() => markedProcesses(run, "a").length === 0)
      expect(markedProcesses(run, "b")).toEqual(others)
      await started.send(cancel({ kind: "fleet" }))
      expect((await started.result).status).toBe("cancelled")
      expect(markedProcesses(run)).toEqual([])
      expect(events.filter(({ type }) => type === "session.cancelled")).toMatchObject([{ session: "a" }, { session: "b" }])
      await started.close()
    },
    30_000,
  )

  it.skipIf(!existsSync("/proc/self/environ"))(
    "12 scoped cancel: an agent that does not heed TERM gets KILL five seconds later, and not before",
    async () => {
      const run = `stubborn-${process.pid}`
      // where it is no work of the repository
      const heard = join(root, ".git/heard")
      const { started, events } = await start(fleet([shell("a", `trap 'echo TERM >> ${heard}' TERM; echo up; while :; do sleep 0.02; done`)]), run)
      await until(() => events.some(({ type }) => type === "agent"))
      const later = setTimeout
      const soon = () => new Promise((next) => later(next, 20))
      const sent = vi.spyOn(process, "kill")
      const got = (signal: string) => sent.mock.calls.some(([, name]) => name === signal)
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
      try {
        await started.send(cancel({ kind: "fleet" }))
        for (; !got("SIGTERM"); await soon()) vi.advanceTimersByTime(1)
        while (!existsSync(heard)) await soon()
        vi.advanceTimersByTime(4999)
        await soon()
        expect(got("SIGKILL")).toBe(false)
        expect(markedProcesses(run, "a").length).toBeGreaterThan(0)
        vi.advanceTimersByTime(1)
        while (!got("SIGKILL")) await soon()
        // What the run still waits for until it ends is on the same clock.
        let over = false
        const ended = started.result.finally(() => {
          over = true
        })
        for (; !over; await soon()) vi.advanceTimersByTime(10)
        expect((await ended).status).toBe("cancelled")
      } finally {
        vi.useRealTimers()
        sent.mockRestore()
      }
      await until(() => markedProcesses(run).length === 0)
      expect(readFileSync(heard, "utf8")).toBe("TERM\n")
      await started.close()
    },
    30_000,
  )

  it("25 workspace safety: two runs at once never share a path, and who comes later sees the files of who came before", async () => {
    const trees = { workspace: { use: "git-worktree", with: {} } } as const
    const ir = fleet(
      [shell("a", 'echo "by $FLEET_RUN" > made.txt; echo ok', trees), shell("b", "cat made.txt a.txt", { ...trees, from: { kind: "session", session: "a" } })],
      [followUp(1, "a", "b")],
    )
    const runs = await Promise.all(["one", "two"].map((run) => start(ir, run)))
    const results = await Promise.all(runs.map(({ started }) => started.result))
    expect(results.map(({ status }) => status)).toEqual(["succeeded", "succeeded"])
    const paths = runs.flatMap(({ events }) => events.flatMap((event) => (event.type === "session.started" ? [event.workspace?.path] : [])))
    expect([paths.length, new Set(paths).size]).toEqual([4, 4])
    for (const [at, { events, started }] of runs.entries()) {
      expect(events.findLast(({ type }) => type === "session.done")).toMatchObject({ session: "b", text: `by ${at === 0 ? "one" : "two"}\none` })
      await started.close()
    }
    expect(git("status", "--porcelain")).toBe("")
  }, 30_000)

  it("25 workspace safety: what is in no commit when a session is cancelled is on its branch", async () => {
    const ir = fleet([shell("a", "echo work > dirty.txt; echo up; sleep 1000", { workspace: { use: "git-worktree", with: {} } })])
    const { started, events } = await start(ir, "three")
    await until(() => events.some(({ type }) => type === "agent"))
    await started.send(cancel({ kind: "fleet" }))
    const { sessions } = await started.result
    await started.close()
    expect(git("show", `${sessions[0]?.branch ?? ""}:dirty.txt`)).toBe("work")
    expect(git("worktree", "list").split("\n")).toHaveLength(1)
  }, 30_000)
})
