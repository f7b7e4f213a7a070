import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Workspace, WorkspaceRequest } from "#sdk"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { builtinWorkspaces } from "../../plugins/index.ts"

let root = ""
const run = (...args: ReadonlyArray<string>): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd: root, encoding: "utf8", stdio: "pipe" }).trim()

const acquire = async (name: string, session: string, more: Partial<WorkspaceRequest<unknown>> = {}): Promise<Workspace> => {
  const request = { run: "r1", session, root, from: { kind: "base" as const }, config: {}, ...more }
  const acquired = builtinWorkspaces[name]?.acquire(request)
  if (!(acquired instanceof Promise)) throw new Error("expected a promise")
  return acquired
}
const tree = (session: string, more: Partial<WorkspaceRequest<unknown>> = {}) => acquire("git-worktree", session, more)

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "worktree-")))
  run("init", "--quiet", "--initial-branch=main")
  writeFileSync(join(root, "a.txt"), "one\n")
  run("add", ".")
  run("commit", "--quiet", "-m", "first")
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe("git-worktree", () => {
  it("gives each session its own branch and path and leaves the user's tree alone", async () => {
    const [a, b] = await Promise.all([tree("worker[0]"), tree("worker[1]"), tree("x"), tree("y")])
    expect(a).toMatchObject({ path: join(root, ".fleetwright/worktrees/r1/worker-0"), branch: "fleetwright/r1/worker-0" })
    writeFileSync(join(a.path, "a.txt"), "two\n")
    expect(readFileSync(join(b.path, "a.txt"), "utf8")).toBe("one\n")
    expect(run("status", "--porcelain")).toBe("")
  })

  it("commits what is there, whatever hooks and signing the user has, and hands it to the next session", async () => {
    mkdirSync(join(root, ".git/hooks"), { recursive: true })
    writeFileSync(join(root, ".git/hooks/pre-commit"), "#!/bin/sh\nexit 1\n", { mode: 0o755 })
    run("config", "commit.gpgsign", "true")
    const a = await tree("a")
    writeFileSync(join(a.path, "new.txt"), "new\n")
    expect(await a.diff()).toContain("+new")
    const kept = await a.snapshot("done")
    expect(kept).toEqual({ branch: "fleetwright/r1/a", commit: run("rev-parse", "fleetwright/r1/a") })
    const b = await tree("b", { from: { kind: "branch", branch: "fleetwright/r1/a" } })
    expect(readFileSync(join(b.path, "new.txt"), "utf8")).toBe("new\n")
  })

  it("on release keeps the branch with work and drops one without", async () => {
    const worked = await tree("worked")
    const idle = await tree("idle")
    writeFileSync(join(worked.path, "left.txt"), "left\n")
    expect(await worked.release()).toEqual({})
    expect(await idle.release()).toEqual({})
    expect(existsSync(worked.path)).toBe(false)
    expect(run("show", "fleetwright/r1/worked:left.txt")).toBe("left")
    expect(run("branch", "--list", "fleetwright/*")).toBe("fleetwright/r1/worked")
    const again = await tree("worked")
    expect(readFileSync(join(again.path, "left.txt"), "utf8")).toBe("left\n")
  })

  it("takes up a worktree that was never given back", async () => {
    const a = await tree("a")
    writeFileSync(join(a.path, "half.txt"), "half\n")
    const again = await tree("a")
    expect(readFileSync(join(again.path, "half.txt"), "utf8")).toBe("half\n")
    expect(await again.snapshot("half")).toMatchObject({ branch: "fleetwright/r1/a" })
  })

  it("follows an agent that left its branch, and keeps the place when that would lose commits", async () => {
    const a = await tree("a")
    execFileSync("git", ["checkout", "--quiet", "--detach"], { cwd: a.path })
    writeFileSync(join(a.path, "b.txt"), "b\n")
    expect((await a.snapshot("detached"))?.commit).toBe(run("rev-parse", "fleetwright/r1/a"))
    execFileSync("git", ["checkout", "--quiet", "-b", "own", "main"], { cwd: a.path })
    writeFileSync(join(a.path, "c.txt"), "c\n")
    expect((await a.release()).kept).toContain(a.path)
    expect(existsSync(join(a.path, "c.txt"))).toBe(true)
  })

  it("keeps a worktree with a repository inside", async () => {
    const a = await tree("a")
    const inner = join(a.path, "inner")
    mkdirSync(inner)
    execFileSync("git", ["init", "--quiet"], { cwd: inner })
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--allow-empty", "-m", "x"], { cwd: inner })
    expect((await a.release()).kept).toContain(a.path)
    expect(existsSync(join(inner, ".git"))).toBe(true)
  })

  it("refuses what cannot work, in words", async () => {
    await expect(tree("a", { baseBranch: "nope" })).rejects.toMatchObject({ kind: "workspace_error", message: expect.stringContaining("no base branch `nope`") })
    await tree("w[0]")
    await expect(tree("w-0")).rejects.toThrow("would both work in")
    const outside = realpathSync(mkdtempSync(join(tmpdir(), "plain-")))
    await expect(tree("a", { root: outside })).rejects.toThrow("is not in a git repository")
    execFileSync("git", ["init", "--quiet"], { cwd: outside })
    await expect(tree("a", { root: outside })).rejects.toThrow("has no commit yet")
    rmSync(outside, { recursive: true })
  })
})

describe("the plain workspaces", () => {
  it("none works in the fleet's own directory", async () => {
    const place = await acquire("none", "a")
    expect(place.path).toBe(root)
    expect(await place.snapshot("x")).toBeUndefined()
    expect(await place.release()).toEqual({})
  })
  it("directory resolves its path and says when it is not there", async () => {
    mkdirSync(join(root, "sub"))
    expect((await acquire("directory", "a", { config: { path: "sub" } })).path).toBe(join(root, "sub"))
    await expect(acquire("directory", "a", { config: { path: "nope" } })).rejects.toThrow("there is no directory")
    await expect(acquire("directory", "a", { config: { path: "a.txt" } })).rejects.toThrow("is not a directory")
    expect(builtinWorkspaces["directory"]?.config?.decode({ pth: "x" })).toMatchObject({ ok: false, issues: [{ path: ["pth"] }, { path: ["path"] }] })
  })
})
