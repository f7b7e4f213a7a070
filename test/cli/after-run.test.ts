/** What is done with the work of a run once it is over: `diff`, `merge`, `clean`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { beforeEach, describe, expect, it } from "vitest"
import { fleetwright, type Ran } from "./command-line.ts"
import { repository, worktree, type Git } from "../plugins/git-worktree-place.ts"

const fleet = (sessions: string): string => `fleet:
  base_branch: main
  task: go
  permissions: allow
  defaults: { driver: shell }
  sessions:
${sessions}
  start: [a, b]
  routes: |
    on a.done -> c
`

const sessions = `    a: { command: [sh, -c, "printf 'one\\\\ntwo\\\\n' > a.txt; printf 'caf\\\\351' > bytes.txt"] }
    b: { command: [sh, -c, "echo three > a.txt"] }
    c: { command: ["true"] }`

describe("after a run", () => {
  let root: string
  let git: Git
  let run: string
  const cli = (...args: ReadonlyArray<string>): Promise<Ran> => fleetwright(args, root)
  const json = async (...args: ReadonlyArray<string>) => {
    const { out, err } = await cli(...args, "--format", "json")
    expect(err).toBe("")
    return JSON.parse(out)
  }
  const branches = (): ReadonlyArray<string> =>
    git("branch", "--format=%(refname:short)", "--list", "fleetwright/*")
      .split("\n")
      .filter((name) => name !== "")

  beforeEach(async () => {
    const made = repository("fleet-after-")
    ;({ root, run: git } = made)
    writeFileSync(join(root, "fleet.yaml"), fleet(sessions))
    git("add", ".")
    git("commit", "--quiet", "-m", "fleet")
    const ran = await cli("run", "fleet.yaml", "--format", "json", "--headless")
    expect(ran.code).toBe(0)
    run = JSON.parse(ran.out).run
  }, 60_000)

  it("shows, merges whole or not at all, and cleans what is merged", async () => {
    // c added nothing: it passes on what a did.
    const [all, patches, passedOn, own, nobody] = await Promise.all([
      json("diff", run),
      cli("diff", run),
      cli("diff", run, "c"),
      cli("diff", run, "a"),
      cli("diff", run, "d"),
    ])
    expect(all.sessions.map(({ session, files }: { session: string; files: unknown }) => [session, files])).toEqual([
      [
        "a",
        [
          { file: "a.txt", added: 1, removed: 0 },
          { file: "bytes.txt", added: 1, removed: 0 },
        ],
      ],
      ["b", [{ file: "a.txt", added: 1, removed: 1 }]],
    ])
    expect(patches.out).toContain(`# b on fleetwright/${run}/b: 1 file, 1 lines added, 1 removed\n`)
    expect(passedOn.out).toBe(own.out)
    expect(nobody).toMatchObject({ code: 2, err: expect.stringContaining('no session "d" ran') })
    // The patch is what git makes of it, byte for byte.
    const patch = execFileSync(process.execPath, [join(import.meta.dirname, "../../cli/bin.cjs"), "diff", run, "a"], { cwd: root })
    execFileSync("git", ["apply", "--index", "-"], { cwd: root, input: patch })
    expect(readFileSync(join(root, "bytes.txt")).at(-1)).toBe(0o351)
    expect(await cli("merge", run, "a")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/has changes that are in no commit; commit them, or put them aside with `git stash`\n {2}a\.txt\n {2}bytes\.txt\n/u),
    })
    git("reset", "--quiet", "--hard")

    expect(await json("clean")).toMatchObject({
      removed: { worktrees: [], branches: [] },
      kept: [{ session: "a", reason: "its work is not merged" }, { session: "b" }],
    })
    expect(await cli("merge", run, "a")).toMatchObject({ code: 0, out: expect.stringContaining("merged a into main") })
    expect(readFileSync(join(root, "a.txt"), "utf8")).toBe("one\ntwo\n")
    expect(await json("merge", run, "c")).toMatchObject({ result: "nothing", into: "main" })
    const head = git("rev-parse", "HEAD")
    const conflict = await cli("merge", run, "b", "--format", "json")
    expect(conflict.code).toBe(1)
    expect(JSON.parse(conflict.out)).toMatchObject({ result: "conflicts", into: "main", files: ["a.txt"] })
    expect((await cli("merge", run, "b")).err).toContain("not merged, and nothing changed: b and main conflict in\n  a.txt\n")
    expect(git("rev-parse", "HEAD")).toBe(head)
    expect(git("status", "--porcelain")).toBe("")

    expect((await cli("clean", run)).out).toContain(`removed branch fleetwright/${run}/a\nkept branch fleetwright/${run}/b of b: its work is not merged`)
    expect(branches()).toEqual([`fleetwright/${run}/b`])
    expect(await json("clean", "--force")).toMatchObject({ removed: { branches: [`fleetwright/${run}/b`] }, kept: [] })
    const [nothing, none, gone, unknown] = await Promise.all([cli("clean"), cli("diff", run), cli("merge", run, "b"), cli("clean", "nosuch")])
    expect(nothing.out).toBe("there is nothing to clean\n")
    expect(none.err).toContain("no session of this run left work")
    expect(gone).toMatchObject({ code: 1, err: expect.stringContaining("b left no work") })
    expect(unknown.code).toBe(2)
  }, 120_000)

  it("never loses what is only in a worktree, and takes away what nobody needs", async () => {
    // Of runs that are not in the journal: dead ones, and one that lives in this process.
    const options = { run: "dead" }
    const [dirty, done, alive] = [await worktree(root, "dirty", options), await worktree(root, "done", options), await worktree(root, "alive", { run: "live" })]
    writeFileSync(join(dirty.path, "new.txt"), "new\n")
    writeFileSync(join(done.path, "done.txt"), "done\n")
    await done.snapshot("done")
    // As squash merges leave it: the same change, another commit.
    writeFileSync(join(root, "done.txt"), "done\n")
    git("add", "done.txt")
    git("commit", "--quiet", "-m", "squashed")
    for (const name of ["dirty", "done"]) writeFileSync(join(root, ".git/worktrees", name, "fleetwright-owner"), "4194304\nready\n")
    mkdirSync(join(root, ".fleetwright/worktrees/dead/stray"))
    writeFileSync(join(root, ".fleetwright/worktrees/dead/stray/x"), "x")
    mkdirSync(join(root, ".fleetwright/worktrees/dead/empty"))

    const first = await json("clean")
    expect(first.removed.worktrees).toEqual([join(root, ".fleetwright/worktrees/dead/empty"), done.path])
    expect(first.removed.branches).toEqual(["fleetwright/dead/done"])
    expect(first.kept.filter(({ run: of }: { run: string }) => of !== run)).toEqual([
      { run: "dead", session: "stray", path: join(root, ".fleetwright/worktrees/dead/stray"), reason: "git does not know it as a worktree" },
      { run: "dead", session: "dirty", path: dirty.path, branch: "fleetwright/dead/dirty", reason: "what could not be committed is in it: new.txt" },
      { run: "live", session: "alive", path: alive.path, branch: "fleetwright/live/alive", reason: `process ${process.pid} works in it` },
    ])
    expect(await json("clean", "dead", "--force")).toMatchObject({ kept: [], removed: { branches: ["fleetwright/dead/dirty"] } })
    expect(existsSync(join(root, ".fleetwright/worktrees/dead"))).toBe(false)
    expect(existsSync(alive.path)).toBe(true)
    expect(branches()).toContain("fleetwright/live/alive")
    expect(git("status", "--porcelain")).toBe("")
  }, 60_000)
})

describe("a run that cannot start where it is", () => {
  it("says why before anything starts", async () => {
    const { root } = repository("fleet-where-")
    writeFileSync(join(root, "fleet.yaml"), fleet(sessions).replace("base_branch: main", "base_branch: mian"))
    const ran = await fleetwright(["run", "fleet.yaml", "--headless"], root)
    expect(ran).toMatchObject({ code: 2, out: "" })
    expect(ran.err).toMatch(/^fleetwright: .* has no base branch `mian`; its branches are main\n$/u)
    expect((await fleetwright(["runs"], root)).out).toBe("nothing has run here\n")
  }, 60_000)
})
