/** Repositories that are not like others. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it, vi } from "vitest"
import { cleanRun, runsIn } from "../../plugins/workspaces/git-worktree/clean.ts"
import { repositoryOf } from "../../plugins/workspaces/git-worktree/repository.ts"
import { alone } from "../../plugins/workspaces/git-worktree/worktree.ts"
import { checkSite, directory, emptyRepository, fromBranch, gitIn, repository, worktree } from "./git-worktree-place.ts"

describe("git-worktree says before anything starts", () => {
  it.each([
    ["no repository", () => ({ root: directory() }), "is not in a git repository: run `git init` there, or choose `workspace: none`"],
    ["no commit", () => emptyRepository(), "has no commit yet: commit something first"],
    [
      "a bare repository",
      () => {
        const { root } = repository()
        gitIn(root)("clone", "--quiet", "--bare", root, join(root, "bare"))
        return { root: join(root, "bare") }
      },
      "is in a bare repository: put the fleet file into a work tree of it",
    ],
    [
      "no such base",
      () => {
        const { root, run } = repository()
        run("branch", "develop")
        return { root, base: "mian" }
      },
      /has no base branch `mian`; its branches are (main, develop|develop, main)/u,
    ],
    ["a base that is no commit", () => ({ ...repository(), base: "HEAD:a.txt" }), "has no base branch `HEAD:a.txt`"],
    [
      "a branch in the way",
      () => {
        const { root, run } = repository()
        run("branch", "fleetwright")
        return { root }
      },
      "rename it (`git branch -m fleetwright NAME`)",
    ],
  ])("%s", async (_, make, message) => {
    const { root, base } = { base: undefined, ...make() }
    await expect(checkSite(root, base)).rejects.toMatchObject({
      kind: "workspace_error",
      message: typeof message === "string" ? expect.stringContaining(message) : expect.stringMatching(message),
    })
    await expect(worktree(root, "a", base === undefined ? {} : { baseBranch: base })).rejects.toMatchObject({ kind: "workspace_error" })
    expect(existsSync(join(root, ".fleetwright"))).toBe(false)
  })
})

describe("git-worktree works in", () => {
  it("a dirty work tree with a detached HEAD, whose base is a tag that a branch has the name of", async () => {
    const { root, run } = repository()
    writeFileSync(join(root, "a.txt"), "dirty\n")
    writeFileSync(join(root, "untracked.txt"), "u\n")
    run("checkout", "--quiet", "--detach")
    run("tag", "both")
    run("commit", "--quiet", "--allow-empty", "-m", "later")
    run("branch", "both")
    const a = await worktree(root, "a", { baseBranch: "both" })
    expect(gitIn(a.path)("rev-parse", "HEAD")).toBe(run("rev-parse", "refs/heads/both"))
    expect(readFileSync(join(a.path, "a.txt"), "utf8")).toBe("one\n")
    expect(run("status", "--porcelain")).toBe("M a.txt\n?? untracked.txt")
  })

  it("a shallow clone that has the base only of its remote", async () => {
    const { root, run } = repository()
    run("commit", "--quiet", "--allow-empty", "-m", "second")
    const clone = join(directory(), "clone")
    run("clone", "--quiet", "--depth=1", `file://${root}`, clone)
    const git = gitIn(clone)
    git("checkout", "--quiet", "--detach")
    git("branch", "-D", "main")
    await checkSite(clone, "main")
    const a = await worktree(clone, "a", { baseBranch: "main" })
    writeFileSync(join(a.path, "b.txt"), "b\n")
    const b = await a.snapshot("b").then(() => worktree(clone, "b", fromBranch("a")))
    expect(readFileSync(join(b.path, "b.txt"), "utf8")).toBe("b\n")
    expect(await b.release()).toEqual({})
    expect(await a.release()).toEqual({})
    expect(git("show", "fleetwright/r1/a:b.txt")).toBe("b")
  })

  it("a linked worktree, which its worktrees outlive, and a fleet within a fleet", async () => {
    const { root, run } = repository()
    const linked = join(directory(), "linked")
    run("worktree", "add", "--quiet", linked)
    const a = await worktree(linked, "a")
    expect(a.path).toBe(join(root, ".fleetwright/worktrees/r1/a"))
    const inner = await worktree(a.path, "a", { run: "r2" })
    writeFileSync(join(inner.path, "b.txt"), "b\n")
    expect(await a.release()).toEqual({})
    expect(await inner.release()).toEqual({})
    expect(run("show", "fleetwright/r2/a:b.txt")).toBe("b")
    expect(run("status", "--porcelain")).toBe("")
    expect(gitIn(linked)("status", "--porcelain")).toBe("")
  })

  it("a worktree of a bare repository", async () => {
    const { root } = repository()
    const bare = join(directory(), "project.git")
    gitIn(root)("clone", "--quiet", "--bare", root, bare)
    const tree = join(directory(), "tree")
    gitIn(bare)("worktree", "add", "--quiet", tree, "main")
    const a = await worktree(tree, "a")
    expect(a.path).toBe(join(tree, ".fleetwright/worktrees/r1/a"))
    expect(await a.release()).toEqual({})
    expect(gitIn(tree)("status", "--porcelain")).toBe("")
  })

  it("a sparse checkout: what is left out stays, what is made outside counts", async () => {
    const { root, run } = repository()
    for (const name of ["in", "out"]) {
      mkdirSync(join(root, name))
      writeFileSync(join(root, name, "f.txt"), "f\n")
    }
    run("add", ".")
    run("commit", "--quiet", "-m", "both")
    run("sparse-checkout", "set", "in")
    const a = await worktree(root, "a")
    expect(existsSync(join(a.path, "in/f.txt"))).toBe(true)
    expect(existsSync(join(a.path, "out"))).toBe(false)
    mkdirSync(join(a.path, "out"))
    writeFileSync(join(a.path, "out/new.txt"), "n\n")
    expect(await a.release()).toEqual({})
    expect(run("ls-tree", "-r", "--name-only", "fleetwright/r1/a")).toBe("a.txt\nin/f.txt\nout/f.txt\nout/new.txt")
  })

  it("a repository with submodules: filled by the setup, never given up with commits that are nowhere else", async () => {
    const library = repository()
    const { root, run } = repository()
    run("submodule", "--quiet", "add", library.root, "lib")
    run("commit", "--quiet", "-m", "submodule")
    const more = {
      config: { setup: ["git", "-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init"] },
      env: { PATH: process.env["PATH"] ?? "" },
    }
    const [a, b] = [await worktree(root, "a", more), await worktree(root, "b", more)]
    expect(readFileSync(join(a.path, "lib/a.txt"), "utf8")).toBe("one\n")
    expect(await a.release()).toEqual({})
    gitIn(join(b.path, "lib"))("commit", "--quiet", "--allow-empty", "-m", "own")
    expect((await b.release()).kept).toContain("commits of the submodule")
    expect(existsSync(join(b.path, "lib/a.txt"))).toBe(true)
    expect(run("ls-tree", "fleetwright/r1/b", "lib")).toContain(gitIn(join(b.path, "lib"))("rev-parse", "HEAD"))
  })

  it("a worktree that somebody locked stays where it is, whole", async () => {
    const { root, run } = repository()
    const a = await worktree(root, "a")
    run("worktree", "lock", "--reason", "mine", a.path)
    expect((await a.release()).kept).toMatch(/locked/u)
    expect(readFileSync(join(a.path, "a.txt"), "utf8")).toBe("one\n")
    expect(gitIn(a.path)("status", "--porcelain")).toBe("")
  })

  it("what a process that died left on its way out is no work, and goes with the next cleaning", async () => {
    const { root } = repository()
    const a = await worktree(root, "a")
    const all = join(root, ".fleetwright/worktrees")
    for (const name of [".gone-4194304-1-b", `.gone-${process.pid}-1-c`]) {
      mkdirSync(join(all, name, "half"), { recursive: true })
      writeFileSync(join(all, name, "half/a.txt"), "one\n")
    }
    const place = await repositoryOf(root)
    expect(await runsIn(place)).toEqual(["r1"])
    expect(await a.release()).toEqual({})
    await cleanRun(place, "r1", { force: false, abandoned: false, bases: [] })
    expect(readdirSync(all)).toEqual([`.gone-${process.pid}-1-c`])
  })

  it("one that was being made when its maker died goes by force, once the maker is known to be dead", async () => {
    const { root, run } = repository()
    const place = await repositoryOf(root)
    const path = join(root, ".fleetwright/worktrees/r1/a")
    run("worktree", "add", "--quiet", "--no-checkout", "-b", "fleetwright/r1/a", path)
    const kept = [{ run: "r1", session: "a", branch: "fleetwright/r1/a", path, reason: "it is being made" }]
    for (const options of [
      { force: false, abandoned: true },
      { force: true, abandoned: false },
    ])
      expect(await cleanRun(place, "r1", { ...options, bases: [] })).toEqual({ worktrees: [], branches: [], kept })
    expect(await cleanRun(place, "r1", { force: true, abandoned: true, bases: [] })).toEqual({ worktrees: [path], branches: ["fleetwright/r1/a"], kept: [] })
  })

  it("whoever makes one does not wait while the files of another are deleted by force", async () => {
    const { root } = repository()
    const { home } = await repositoryOf(root)
    const all = join(root, ".fleetwright/worktrees")
    const deleting = (): ReadonlyArray<string> => readdirSync(all).filter((name) => name.startsWith(".gone-"))
    const a = await worktree(root, "a")
    for (let folder = 0; folder < 40; folder++) {
      mkdirSync(join(a.path, `${folder}`))
      for (let file = 0; file < 50; file++) writeFileSync(join(a.path, `${folder}/${file}`), "")
    }
    const options = { force: true, abandoned: true, bases: [] }
    const cleaned = cleanRun(await repositoryOf(root), "r1", options)
    // until it has the repository to itself
    await vi.waitFor(() => expect(existsSync(a.path)).toBe(false), { interval: 1 })
    expect(await alone(home, async () => deleting().length)).toBe(1)
    expect(await cleaned).toEqual({ worktrees: [a.path], branches: ["fleetwright/r1/a"], kept: [] })
    expect(existsSync(all) ? deleting() : []).toEqual([])
  })

  it("a path with spaces, a line end and letters of elsewhere", async () => {
    const { root, run } = repository("työ tila\n'\"$x ")
    const a = await worktree(root, "a")
    expect(a.path.startsWith(root)).toBe(true)
    writeFileSync(join(a.path, "b.txt"), "b\n")
    expect(await worktree(root, "a")).toMatchObject({ path: a.path })
    expect(await a.release()).toEqual({})
    expect(run("show", "fleetwright/r1/a:b.txt")).toBe("b")
    expect(run("worktree", "list", "--porcelain").match(/^worktree /gmu)).toHaveLength(1)
  })
})

describe("git-worktree refuses", () => {
  it("a link out of the repository, and a directory that somebody else filled", async () => {
    const { root } = repository()
    const elsewhere = directory()
    symlinkSync(elsewhere, join(root, ".fleetwright"))
    await expect(worktree(root, "a")).rejects.toThrow("leads out of the repository")
    const other = repository()
    mkdirSync(join(other.root, ".fleetwright/worktrees/r1/a"), { recursive: true })
    writeFileSync(join(other.root, ".fleetwright/worktrees/r1/a/mine.txt"), "mine\n")
    await expect(worktree(other.root, "a")).rejects.toThrow("is in the way")
    expect(existsSync(join(other.root, ".fleetwright/worktrees/r1/a/mine.txt"))).toBe(true)
  })

  it("a branch that somebody works on elsewhere", async () => {
    const { root, run } = repository()
    run("checkout", "--quiet", "-b", "fleetwright/r1/a")
    await expect(worktree(root, "a")).rejects.toThrow(/already (checked out|used by worktree) at/u)
    expect(run("branch", "--show-current")).toBe("fleetwright/r1/a")
  })
})
