/** Runs that live in another process, and runs whose process died: what the command line says of them and does to them. */
import { spawn, type ChildProcess } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { DatabaseSync } from "node:sqlite"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { fleetwright } from "./command-line.ts"

const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url))

const fleet = `fleet:
  name: elsewhere
  base_branch: main
  permissions: allow
  defaults: { driver: shell, timeout: 1m, effect: external, workspace: none }
  sessions:
    first: { command: [sh, -c, 'echo one'], effect: pure }
    outside: { command: [sh, -c, 'echo x >> outside.log; if [ ! -e go ]; then sleep 60; fi; echo two'], env: { KEY: "\${env.SECRET_THAT_NOBODY_SET}" } }
  start: first
  routes: |
    on first.done -> gate ok "go on?"
    on ok.approved -> outside
    on ok.rejected -> fail "nobody wants it"
`

describe("a run elsewhere", () => {
  let directory = ""
  let child: ChildProcess | undefined
  const file = (name: string): string => join(directory, name)

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "fleet-elsewhere-"))
    writeFileSync(file("fleet.yaml"), fleet)
  })
  afterEach(() => void child?.kill("SIGKILL"))
  afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))

  /** What the process has said on standard error. */
  let err = ""

  /** Resolves once the process has written an event that has these words; gives the id of its run. */
  const until = (args: ReadonlyArray<string>, words: string): Promise<string> =>
    new Promise((done, broken) => {
      const started = spawn(process.execPath, [main, ...args, "--events", "-"], {
        cwd: directory,
        env: { ...process.env, NO_COLOR: "1" },
        stdio: ["ignore", "pipe", "pipe"],
      })
      child = started
      let out = ""
      err = ""
      started.stderr.setEncoding("utf8").on("data", (text: string) => {
        err += text
      })
      started.stdout.setEncoding("utf8").on("data", (text: string) => {
        out += text
        const run = /"run":"([^"]+)"/u.exec(out)?.[1]
        if (out.includes(words) && run !== undefined) done(run)
      })
      started.on("error", broken).on("exit", (code) => broken(new Error(`it ended with ${code} before ${words}: ${err}`)))
    })

  const gone = async (signal: NodeJS.Signals): Promise<void> => {
    const over = new Promise((done) => child?.once("exit", done))
    child?.kill(signal)
    await over
    child = undefined
  }

  it("is answered, refused twice, dies, asks about what it was doing, and comes to its end", async () => {
    const run = await until(["run", "fleet.yaml"], '"request.opened"')
    const [twice, unknown, none] = await Promise.all(
      [
        ["resume", run],
        ["reply", run, "q7", "approve"],
        ["reply", run, "q1", "perhaps"],
      ].map((args) => fleetwright(args, directory)),
    )
    expect(twice).toMatchObject({ code: 2, err: expect.stringContaining("is alive in process") })
    expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining("unknown_request") })
    expect(none).toMatchObject({ code: 1, err: expect.stringContaining("invalid_reply") })
    expect(await fleetwright(["reply", run.slice(0, 12), "q1", "approve"], directory)).toMatchObject({ code: 0, out: "accepted\n" })
    await filled(() => readFileSync(file("outside.log"), "utf8"))
    await gone("SIGKILL")
    expect(JSON.parse((await fleetwright(["runs", "--format", "json"], directory)).out).runs).toMatchObject([{ run, status: "interrupted", ended: false }])

    writeFileSync(file("go"), "")
    await until(["resume", run], '"session.needs_review"')
    await gone("SIGKILL")
    expect(readFileSync(file("outside.log"), "utf8")).toBe("x\n")
    const later = await fleetwright(["reply", run, "q2", "approve"], directory)
    expect(later).toMatchObject({ code: 0, out: expect.stringContaining("is given when") })
    writeFileSync(file("events.ndjson"), '{"seq":1,"run":"what a dead pro')
    const ended = await fleetwright(["resume", run, "--format", "json", "--events", "events.ndjson"], directory)
    expect(ended.code).toBe(0)
    expect(ended.err).toContain("SECRET_THAT_NOBODY_SET is not set: outside goes without it\n")
    expect(JSON.parse(ended.out)).toMatchObject({
      run,
      status: "succeeded",
      sessions: [
        { id: "first", status: "done" },
        { id: "outside", status: "done" },
      ],
    })
    expect(readFileSync(file("outside.log"), "utf8")).toBe("x\nx\n")

    const shown = await fleetwright(["logs", run, "--format", "json"], directory)
    expect(readFileSync(file("events.ndjson"), "utf8")).toBe(shown.out)
    const types = shown.out
      .trim()
      .split("\n")
      .map((line): string => JSON.parse(line).type)
    expect(types.filter((type) => type === "session.done")).toHaveLength(2)
    expect(await fleetwright(["resume", run], directory)).toMatchObject({ code: 0, out: expect.stringContaining("nothing to resume") })
    const [again, replayed, audited] = await Promise.all(
      [
        ["logs", run, "--format", "json"],
        ["replay", run],
        ["audit", run],
      ].map((args) => fleetwright(args, directory)),
    )
    expect(again?.out).toBe(shown.out)
    expect([replayed?.code, audited?.code]).toEqual([0, 0])
    const db = new DatabaseSync(join(directory, ".fleetwright", "state.db"))
    db.exec("UPDATE records SET events = replace(events, 'one', 'eno') WHERE position = 3")
    db.close()
    expect(await fleetwright(["audit", run], directory)).toMatchObject({ code: 1, err: "record 3: the record is not the one that was written here\n" })
  }, 60_000)

  it("is cancelled alive or dead, and forked", async () => {
    const alive = await until(["run", "fleet.yaml"], '"request.opened"')
    expect(await fleetwright(["pause", alive], directory)).toMatchObject({ code: 0 })
    expect(err).toContain(`waiting for an answer (y/n): fleetwright reply ${alive} q1 VALUE\n`)
    expect((await fleetwright(["runs"], directory)).out).toMatch(new RegExp(`^${alive} .* paused `, "mu"))
    expect((await fleetwright(["show", alive], directory)).out).toMatch(/^elsewhere: run paused\nit has not ended: .*; fleetwright resume .* lets it go on\n/u)
    expect(await fleetwright(["cancel", alive, "--reason", "enough"], directory)).toMatchObject({ code: 0, out: "accepted\n" })
    expect(await fleetwright(["cancel", alive, "--format", "json"], directory)).toMatchObject({ code: 1, out: expect.stringContaining('"run_ended"') })
    const dead = await until(["run", "fleet.yaml"], '"request.opened"')
    await gone("SIGKILL")
    const unfit = await fleetwright(["reply", dead, "q1", "perhaps"], directory)
    expect(unfit).toMatchObject({ code: 1, err: "rejected (invalid_reply): this is no answer to a gate request: expected approve, reject\n" })
    expect(await fleetwright(["cancel", dead], directory)).toMatchObject({ code: 0 })
    expect((await fleetwright(["logs", dead], directory)).out).toMatch(/run\.ended {2}cancelled/)
    const forked = await fleetwright(["fork", dead, "--at", "8", "--headless", "--format", "json"], directory)
    expect(JSON.parse(forked.out)).toMatchObject({ status: "failed", reason: "nobody wants it" })
    expect(forked.err).toMatch(new RegExp(`^run 0\\S+ from ${dead} at 8\\nq1: gate`, "mu"))
    expect(await fleetwright(["logs", dead, "--session", "frist"], directory)).toMatchObject({ code: 2, err: expect.stringContaining("did you mean first?") })
    expect(await fleetwright(["logs", dead, "--session", "outside"], directory)).toMatchObject({ code: 0 })
    expect(forked.code).toBe(1)
    expect(await fleetwright(["fork", dead, "--at", "800"], directory)).toMatchObject({ code: 2, err: expect.stringContaining("has events 1 to") })
    const { runs } = JSON.parse((await fleetwright(["runs", "--format", "json"], directory)).out)
    expect(runs.slice(-3)).toMatchObject([
      { run: alive, status: "cancelled" },
      { run: dead, status: "cancelled" },
      { status: "failed", forkedFrom: { run: dead, seq: 8 } },
    ])
  }, 60_000)
})

/** Waits for something that throws or is empty until it is there. */
const filled = async (read: () => string): Promise<void> => {
  for (;;) {
    try {
      if (read() !== "") return
    } catch {
      // not there yet
    }
    await new Promise((next) => {
      setTimeout(next, 20)
    })
  }
}
