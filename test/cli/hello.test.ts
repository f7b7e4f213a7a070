import { execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { markedProcesses } from "#sdk"
import { fleetwright, type Ran } from "./command-line.ts"

interface Event {
  readonly seq: number
  readonly run: string
  readonly workspace?: { readonly path: string; readonly branch?: string }
  readonly type: string
  readonly session?: string
  readonly turn?: number
  readonly prompt?: string
  readonly status?: string
}

describe("the hello fleet in a fresh git repository", () => {
  let repository: string
  let ran: Ran
  let events: ReadonlyArray<Event>
  const git = (...args: ReadonlyArray<string>): string =>
    execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.org", ...args], { cwd: repository, encoding: "utf8" })

  beforeAll(async () => {
    repository = mkdtempSync(join(tmpdir(), "fleet-hello-"))
    git("init", "-q", "-b", "main")
    cpSync(fileURLToPath(new URL("../../examples", import.meta.url)), join(repository, "examples"), { recursive: true })
    meet(join(repository, "examples/hello/fleet.yaml"))
    git("add", ".")
    git("commit", "-q", "-m", "start")
    ran = await fleetwright(["run", "examples/hello/fleet.yaml", "--events", "events.ndjson", "--headless"], repository)
    events = readFileSync(join(repository, "events.ndjson"), "utf8")
      .trim()
      .split("\n")
      .map((line): Event => JSON.parse(line))
  }, 60_000)

  /** Worktrees are made one after the other, so a writer may be done before the next has begun: here each waits until the other is at work. */
  const meet = (fleet: string): void => {
    const place = join(repository, ".git", "met-")
    const wait = (own: string, other: string): string => `touch ${place}${own}; until [ -e ${place}${other} ]; do sleep 0.02; done; `
    const text = readFileSync(fleet, "utf8")
    const meeting = text.replace('echo "cold', `${wait("north", "south")}echo "cold`).replace('echo "warm', `${wait("south", "north")}echo "warm`)
    expect(meeting.split(place)).toHaveLength(5)
    writeFileSync(fleet, meeting)
  }

  afterAll(() => rmSync(repository, { recursive: true, force: true }))

  const at = (type: string, session: string, turn?: number): number =>
    events.findIndex((event) => event.type === type && event.session === session && (turn === undefined || event.turn === turn))

  const branchOf = (session: string): string => git("branch", "--format=%(refname:short)", "--list", `*/${session}`).trim()

  it("succeeds and says so", () => {
    expect(ran.err).toBe("")
    expect(ran.code).toBe(0)
    expect(ran.out).toMatch(/run \S+ succeeded/)
    expect(events.at(-1)).toMatchObject({ type: "run.ended", status: "succeeded" })
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  })

  it("gives the task to the session that starts", () => {
    expect(events[at("turn.started", "plan")]?.prompt).toBe("a haiku about forks")
  })

  it("lets both writers work at once and waits for both", () => {
    const firstDone = Math.min(at("session.done", "north"), at("session.done", "south"))
    expect(at("turn.started", "north")).toBeLessThan(firstDone)
    expect(at("turn.started", "south")).toBeLessThan(firstDone)
    expect(at("turn.started", "editor")).toBeGreaterThan(Math.max(at("session.done", "north"), at("session.done", "south")))
  })

  it("gives each a worktree and a branch of its own", () => {
    const places = ["plan", "north", "south", "editor", "critic"].map((session) => events[at("session.started", session)]?.workspace)
    expect(new Set(places.map((place) => place?.path)).size).toBe(5)
    expect(new Set(places.map((place) => place?.branch)).size).toBe(5)
    for (const place of places) expect(place?.path).toContain(join(".fleetwright", "worktrees"))
    // What one writes the other does not see.
    expect(git("ls-tree", "--name-only", branchOf("north"))).not.toContain("south.txt")
    expect(git("ls-tree", "--name-only", branchOf("south"))).not.toContain("north.txt")
  })

  it("leaves nothing behind: no process, no worktree, no place", () => {
    const run = events[0]?.run ?? ""
    expect(markedProcesses(run)).toEqual([])
    expect(git("worktree", "list").trim().split("\n")).toHaveLength(1)
    const places = join(repository, ".fleetwright", "worktrees", run)
    expect(existsSync(places) ? readdirSync(places) : []).toEqual([])
    expect(git("status", "--porcelain")).toBe("?? events.ndjson\n")
  })

  it("hands what one wrote to the next", () => {
    const prompt = events[at("turn.started", "editor")]?.prompt
    expect(prompt).toContain("cold wind from the north")
    expect(prompt).toContain("warm rain from the south")
  })

  it("goes through the review twice", () => {
    expect(events.filter(({ type, session }) => type === "turn.started" && session === "critic")).toHaveLength(2)
    expect(events[at("turn.started", "editor", 2)]?.prompt).toBe("mended: say that it is mended")
  })

  it("keeps what was written on branches and leaves the work tree alone", () => {
    expect(git("show", `${branchOf("north")}:north.txt`)).toBe("cold wind from the north\n")
    expect(git("show", `${branchOf("editor")}:notes.txt`)).toContain("mended: say that it is mended")
    expect(git("status", "--porcelain", "--untracked-files=no")).toBe("")
    expect(git("worktree", "list").trim().split("\n")).toHaveLength(1)
  })

  it("names only branches that are there: who wrote nothing has none", () => {
    const named = [...ran.out.matchAll(/^ {2}(\S+) +done(?: {2}on (\S+))?$/gm)].map(([, session, branch]) => [session, branch])
    const there = git("branch", "--format=%(refname:short)")
      .trim()
      .split("\n")
      .filter((name) => name !== "main")
    expect(new Set(named.map(([session]) => session))).toEqual(new Set(["critic", "editor", "north", "plan", "south"]))
    expect(new Set(named.flatMap(([, branch]) => branch ?? []))).toEqual(new Set(there))
    expect(there.map((name) => name.split("/").at(-1))).toEqual(["editor", "north", "south"])
  })

  it("is in the journal afterwards", async () => {
    const listed = await fleetwright(["runs", "--format", "json"], repository)
    const { runs } = JSON.parse(listed.out)
    expect(runs).toMatchObject([{ fleet: "hello", ended: true }])
    const shown = await fleetwright(["show", runs[0].run], repository)
    expect(shown.code).toBe(0)
    expect(shown.out).toContain("run succeeded")
    expect((await fleetwright(["show", `${runs[0].run}x`], repository)).code).toBe(2)
  })
})
