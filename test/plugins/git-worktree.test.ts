import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync, lstatSync } from "node:fs"
import { join } from "node:path"
import { afterEach, describe, expect, it, vi } from "vitest"
import { builtinWorkspaces } from "../../plugins/index.ts"
import { branchName, ownerOf, sessionName } from "../../plugins/workspaces/git-worktree/names.ts"
import { acquire, fromBranch, gitIn, repository, worktree } from "./git-worktree-place.ts"

afterEach(() => vi.unstubAllEnvs())

describe("git-worktree", () => {
  it("gives each session its own branch and path and leaves the user's tree alone", async () => {
    const { root, run } = repository()
    const [a, b] = await Promise.all([
      worktree(root, "worker[0]"),
      worktree(root, "worker[1]"),
      worktree(root, "x"),
      worktree(root, "worker-0"),
      worktree(root, "x", { run: "r2" }),
    ])
    expect(a).toMatchObject({ path: join(root, ".fleetwright/worktrees/r1/worker.0"), branch: "fleetwright/r1/worker.0" })
    writeFileSync(join(a.path, "a.txt"), "two\n")
    expect(readFileSync(join(b.path, "a.txt"), "utf8")).toBe("one\n")
    expect(run("status", "--porcelain")).toBe("")
    expect(run("worktree", "list").split("\n")).toHaveLength(6)
  })

  it("commits whatever is there but what is ignored, hooks, signing and missing names or not, and hands it to the next", async () => {
    const { root, run } = repository()
    writeFileSync(join(root, ".gitignore"), "*.log\n")
    writeFileSync(join(root, "gone.txt"), "gone\n")
    run("add", ".")
    run("commit", "--quiet", "-m", "second")
    mkdirSync(join(root, ".git/hooks"), { recursive: true })
    for (const hook of ["pre-commit", "commit-msg", "post-checkout", "post-commit", "reference-transaction"])
      writeFileSync(join(root, ".git/hooks", hook), `#!/bin/sh\ntouch ${root}/ran-${hook}\nexit 1\n`, { mode: 0o755 })
    run("config", "commit.gpgsign", "true")
    run("config", "user.signingkey", "nobody")
    run("config", "status.showUntrackedFiles", "no")
    const a = await worktree(root, "a")
    writeFileSync(join(a.path, "new file\nwith ü.txt"), "new\n")
    writeFileSync(join(a.path, "run.sh"), "#!/bin/sh\n")
    chmodSync(join(a.path, "run.sh"), 0o755)
    symlinkSync("a.txt", join(a.path, "link"))
    symlinkSync("/nowhere", join(a.path, "dangling"))
    rmSync(join(a.path, "gone.txt"))
    writeFileSync(join(a.path, "noise.log"), "noise\n")
    expect(await a.diff()).toContain("+new")
    expect(gitIn(a.path)("diff", "--cached", "--name-only")).toBe("")
    expect(await a.snapshot("done")).toEqual({ branch: "fleetwright/r1/a", commit: run("rev-parse", "fleetwright/r1/a") })
    const b = await worktree(root, "b", fromBranch("a"))
    expect(readFileSync(join(b.path, "new file\nwith ü.txt"), "utf8")).toBe("new\n")
    expect(statSync(join(b.path, "run.sh")).mode & 0o111).not.toBe(0)
    expect(lstatSync(join(b.path, "link")).isSymbolicLink()).toBe(true)
    expect(lstatSync(join(b.path, "dangling")).isSymbolicLink()).toBe(true)
    expect(existsSync(join(b.path, "gone.txt"))).toBe(false)
    expect(existsSync(join(b.path, "noise.log"))).toBe(false)
    expect(await b.release()).toEqual({})
    expect(await a.release()).toEqual({ gone: ["noise.log"] })
    expect(run("status", "--porcelain", "--untracked-files=normal")).toBe("")
  })

  it("commits as whoever the user is, and as itself for those who are nobody to git", async () => {
    for (const name of ["NAME", "EMAIL"].flatMap((part) => [`GIT_AUTHOR_${part}`, `GIT_COMMITTER_${part}`])) vi.stubEnv(name, undefined)
    vi.stubEnv("GIT_CONFIG_GLOBAL", "/dev/null")
    vi.stubEnv("GIT_CONFIG_NOSYSTEM", "1")
    const { root, run } = repository()
    const authorOf = async (session: string): Promise<string> => {
      const place = await worktree(root, session)
      writeFileSync(join(place.path, "b.txt"), "b\n")
      await place.release()
      return run("log", "-1", "--format=%an <%ae> %cn", `fleetwright/r1/${session}`)
    }
    expect(await authorOf("a")).toBe("fleetwright <fleetwright@localhost> fleetwright")
    run("config", "user.name", "Somebody")
    expect(await authorOf("b")).toBe("Somebody <fleetwright@localhost> Somebody")
  })

  it("on release keeps the branch with work and drops one without", async () => {
    const { root, run } = repository()
    const worked = await worktree(root, "worked")
    const idle = await worktree(root, "idle")
    writeFileSync(join(worked.path, "left.txt"), "left\n")
    // Killed with its agent, git leaves this behind.
    writeFileSync(join(root, ".git/worktrees/worked/index.lock"), "")
    expect(await worked.release()).toEqual({})
    expect(await idle.release()).toEqual({})
    expect(existsSync(worked.path)).toBe(false)
    expect(run("show", "fleetwright/r1/worked:left.txt")).toBe("left")
    expect(run("branch", "--list", "fleetwright/*")).toBe("fleetwright/r1/worked")
    const again = await worktree(root, "worked")
    expect(readFileSync(join(again.path, "left.txt"), "utf8")).toBe("left\n")
  })

  it("takes up a worktree that was never given back, and makes one anew that was never handed out", async () => {
    const { root, run } = repository()
    const a = await worktree(root, "a")
    writeFileSync(join(a.path, "half.txt"), "half\n")
    writeFileSync(join(root, ".git/worktrees/a/index.lock"), "")
    const again = await worktree(root, "a")
    expect(readFileSync(join(again.path, "half.txt"), "utf8")).toBe("half\n")
    expect(await again.snapshot("half")).toMatchObject({ branch: "fleetwright/r1/a" })
    // As if whoever made it had been killed before its files were there.
    const path = join(root, ".fleetwright/worktrees/r1/b")
    run("worktree", "add", "--quiet", "--no-checkout", "-b", "fleetwright/r1/b", path)
    const b = await worktree(root, "b")
    expect(readFileSync(join(b.path, "a.txt"), "utf8")).toBe("one\n")
    expect(await b.snapshot("nothing")).toBeUndefined()
    rmSync(b.path, { recursive: true })
    expect(existsSync(join((await worktree(root, "b")).path, "a.txt"))).toBe(true)
  })

  it("follows an agent that left its branch, and keeps the place when that would lose commits", async () => {
    const { root, run } = repository()
    const a = await worktree(root, "a")
    gitIn(a.path)("checkout", "--quiet", "--detach")
    writeFileSync(join(a.path, "b.txt"), "b\n")
    expect((await a.snapshot("detached"))?.commit).toBe(run("rev-parse", "fleetwright/r1/a"))
    gitIn(a.path)("checkout", "--quiet", "-b", "own", "main")
    writeFileSync(join(a.path, "c.txt"), "c\n")
    expect((await a.release()).kept).toContain("leaves out commits of fleetwright/r1/a")
    expect(existsSync(join(a.path, "c.txt"))).toBe(true)
    const b = await worktree(root, "b")
    gitIn(b.path)("checkout", "--quiet", "--detach")
    run("branch", "-D", "fleetwright/r1/b")
    writeFileSync(join(b.path, "b.txt"), "b\n")
    expect(await b.release()).toEqual({})
    expect(run("show", "fleetwright/r1/b:b.txt")).toBe("b")
  })

  it.each([
    ["HEAD", (own: string): ReadonlyArray<string> => ["symbolic-ref", "HEAD", own]],
    ["its branch", (own: string): ReadonlyArray<string> => ["symbolic-ref", "refs/heads/fleetwright/r1/a", own]],
  ])("moves no branch of the user's that an agent made %s stand for", async (_, made) => {
    const { root, run } = repository()
    const [a, b] = [await worktree(root, "a"), await worktree(root, "b")]
    writeFileSync(join(b.path, "b.txt"), "b\n")
    await b.snapshot("b")
    const before = run("rev-parse", "main")
    gitIn(a.path)(...made("refs/heads/main"))
    expect(await a.update?.("fleetwright/r1/b")).toEqual({ conflicts: [] })
    writeFileSync(join(a.path, "a2.txt"), "a\n")
    await a.snapshot("a")
    expect(run("rev-parse", "main")).toBe(before)
    expect(run("show", "fleetwright/r1/a:b.txt")).toBe("b")
    expect(run("show", "fleetwright/r1/a:a2.txt")).toBe("a")
  })

  it.each(["COMMIT_EDITMSG", "index", "logs/HEAD"])("goes through no link that an agent left in the place of git's own %s", async (name) => {
    const { root } = repository()
    const a = await worktree(root, "a")
    const own = join(gitIn(a.path)("rev-parse", "--absolute-git-dir"), name)
    const outside = join(root, "outside")
    writeFileSync(outside, "as it was")
    rmSync(own, { force: true })
    symlinkSync(outside, own)
    writeFileSync(join(a.path, "b.txt"), "b\n")
    await expect(a.snapshot("work")).rejects.toMatchObject({ kind: "workspace_error", message: expect.stringContaining(`${own} is a link`) })
    await expect(a.current?.()).rejects.toMatchObject({ kind: "workspace_error" })
    expect((await a.release()).kept).toContain("is a link")
    expect(readFileSync(outside, "utf8")).toBe("as it was")
    expect(existsSync(join(a.path, "b.txt"))).toBe(true)
  })

  it("brings in what a branch holds by now: forward, merged, or not at all where the two do not fit", async () => {
    const { root, run } = repository()
    const [a, b] = [await worktree(root, "a"), await worktree(root, "b")]
    const write = async (place: typeof a, file: string, text: string): Promise<void> => {
      writeFileSync(join(place.path, file), text)
      await place.snapshot(text)
    }
    await write(a, "first.txt", "1\n")
    expect(await b.update?.("fleetwright/r1/a")).toEqual({ conflicts: [] })
    expect(run("rev-parse", "fleetwright/r1/b")).toBe(run("rev-parse", "fleetwright/r1/a"))
    expect(await b.snapshot("nothing of its own")).toBeUndefined()
    await write(a, "second.txt", "2\n")
    writeFileSync(join(b.path, "own.txt"), "not committed\n")
    expect(await b.update?.("fleetwright/r1/a")).toEqual({ conflicts: [] })
    expect(readFileSync(join(b.path, "second.txt"), "utf8")).toBe("2\n")
    expect(await b.diff()).toMatch(/own\.txt/u)
    expect(await b.diff()).not.toMatch(/second\.txt/u)
    await write(a, "own.txt", "another\n")
    expect(await b.conflicts?.("fleetwright/r1/a")).toEqual(["own.txt"])
    expect(await b.update?.("fleetwright/r1/a")).toEqual({ conflicts: ["own.txt"] })
    expect(readFileSync(join(b.path, "own.txt"), "utf8")).toBe("not committed\n")
    expect(gitIn(b.path)("status", "--porcelain")).toBe("")
  })

  it("names ignored files that go with the place, but for what the setup left, and keeps those that count as work", async () => {
    const { root, run } = repository()
    writeFileSync(join(root, ".gitignore"), "*.log\n/out/\n/node_modules/\n/reports/\n")
    run("add", ".")
    run("commit", "--quiet", "-m", "ignored")
    const config = { setup: ["sh", "-c", "mkdir -p node_modules/x; touch node_modules/x/y a.log"], keep: ["reports/**", "[b]*.log"] }
    const a = await worktree(root, "a", { config, env: { PATH: process.env["PATH"] ?? "" } })
    for (const name of ["out/deep", "reports/deep", "node_modules/z"]) mkdirSync(join(a.path, name), { recursive: true })
    for (const name of ["out/deep/x", "reports/deep/ü\n.txt", "reports/x.log", "b.log", "c.log", "node_modules/z/y"]) writeFileSync(join(a.path, name), name)
    expect(await a.diff()).toContain("reports/x.log")
    expect(await a.snapshot("work")).toBeDefined()
    // The session is taken up again by another process.
    const again = await worktree(root, "a", { config })
    expect(await again.release()).toEqual({ gone: ["c.log", "out/"] })
    expect(
      run("ls-tree", "-r", "-z", "--name-only", "fleetwright/r1/a")
        .split("\0")
        .filter((name) => name !== ""),
    ).toEqual([".gitignore", "a.txt", "b.log", "reports/deep/ü\n.txt", "reports/x.log"])
    const b = await worktree(root, "b", fromBranch("a"))
    expect(readFileSync(join(b.path, "reports/x.log"), "utf8")).toBe("reports/x.log")
    expect(await b.release()).toEqual({})
    for (const keep of [["/etc/passwd"], ["../x"], "x", [1]])
      expect(builtinWorkspaces["git-worktree"]?.config?.decode({ keep })).toMatchObject({ ok: false, issues: [{ path: ["keep"] }] })
  })

  it("tells of lines that another changes at this moment, and touches nothing for it", async () => {
    const { root, run } = repository()
    writeFileSync(join(root, "a.txt"), "1\n2\n3\n4\n5\n6\n7\n8\n9\n")
    run("commit", "--quiet", "-am", "lines")
    const [a, b] = [await worktree(root, "a"), await worktree(root, "b")]
    const head = run("rev-parse", "HEAD")
    expect(await b.current?.()).toBe(head)
    const change = (place: typeof a, line: number): void =>
      writeFileSync(join(place.path, "a.txt"), readFileSync(join(place.path, "a.txt"), "utf8").replace(`${line}\n`, `${line} changed in ${place.path}\n`))
    change(a, 2)
    await a.snapshot("a")
    change(b, 8)
    writeFileSync(join(b.path, "staged.txt"), "staged\n")
    gitIn(b.path)("add", "staged.txt")
    writeFileSync(join(b.path, "new.txt"), "new\n")
    const [before, refs] = [gitIn(b.path)("status", "--porcelain"), run("for-each-ref")]
    const compared = async () => a.conflicts?.((await b.current?.()) ?? "")
    expect(await compared()).toEqual([])
    change(b, 2)
    expect(await compared()).toEqual(["a.txt"])
    expect(gitIn(b.path)("status", "--porcelain")).toBe(before)
    expect(run("for-each-ref")).toBe(refs)
    expect(gitIn(b.path)("rev-parse", "HEAD")).toBe(head)
    gitIn(b.path)("stash", "--quiet")
    expect(() => gitIn(b.path)("-c", "merge.conflictStyle=merge", "merge", "fleetwright/r1/a")).not.toThrow()
    expect(() => gitIn(b.path)("stash", "pop", "--quiet")).toThrow()
  })

  it("neither ends nor breaks a merge or rebase of the agent's", async () => {
    const { root, run } = repository()
    const a = await worktree(root, "a")
    const git = gitIn(a.path)
    writeFileSync(join(a.path, "a.txt"), "ours\n")
    await a.snapshot("ours")
    writeFileSync(join(root, "a.txt"), "theirs\n")
    run("commit", "--quiet", "-am", "theirs")
    const tip = run("rev-parse", "fleetwright/r1/a")
    for (const operation of ["merge", "rebase", "cherry-pick"]) {
      expect(() => git(operation, "main")).toThrow()
      await expect(a.snapshot("x")).rejects.toThrow(`a ${operation} is under way in ${a.path}: end it there with \`git ${operation} --continue\``)
      expect((await a.release()).kept).toContain(`a ${operation} is under way`)
      // An agent that comes back finds it as it was.
      await worktree(root, "a", { from: { kind: "branch", branch: "main" } })
      expect(git("diff", "--name-only", "--diff-filter=U")).toBe("a.txt")
      git(operation, "--abort")
      expect(run("rev-parse", "fleetwright/r1/a")).toBe(tip)
    }
    expect(await a.release()).toEqual({})
  })

  it("keeps a worktree with a repository inside, which is no part of the commit", async () => {
    const { root, run } = repository()
    const a = await worktree(root, "a")
    for (const [name, commits] of [
      ["in ner", 1],
      ["empty", 0],
    ] as const) {
      mkdirSync(join(a.path, "deep", name), { recursive: true })
      const inner = gitIn(join(a.path, "deep", name))
      inner("init", "--quiet")
      if (commits > 0) inner("commit", "--quiet", "--allow-empty", "-m", "x")
    }
    writeFileSync(join(a.path, "deep", "beside.txt"), "b\n")
    expect(await a.snapshot("x")).toBeDefined()
    expect(run("ls-tree", "-r", "--name-only", "fleetwright/r1/a")).toBe("a.txt\ndeep/beside.txt")
    expect((await a.release()).kept).toMatch(/what could not be committed is in it: deep\/empty\/, deep\/in ner\//u)
    expect(existsSync(join(a.path, "deep/in ner/.git"))).toBe(true)
  })
})

describe("names", () => {
  it("are one for each session, and say whose they are", () => {
    const sessions = ["a", "a-1", "a.1", "a[1]", "a%5B1%5D", "A b/c", "ü~'"]
    expect(new Set(sessions.map(sessionName)).size).toBe(sessions.length)
    for (const session of sessions) for (const run of ["r1", "r.1/x y"]) expect(ownerOf(branchName(run, session))).toEqual({ run, session })
    for (const branch of ["main", "fleetwright/x", "fleetwright/a/b/c", "x/y/z"]) expect(ownerOf(branch)).toBeUndefined()
  })
})

describe("the plain workspaces", () => {
  it("none works in the fleet's own directory", async () => {
    const { root } = repository()
    const place = await acquire(root, "none", "a")
    expect(place.path).toBe(root)
    expect(await place.snapshot("x")).toBeUndefined()
    expect(await place.release()).toEqual({})
  })
  it("directory resolves its path and says when it is not there", async () => {
    const { root } = repository()
    mkdirSync(join(root, "sub"))
    expect((await acquire(root, "directory", "a", { config: { path: "sub" } })).path).toBe(join(root, "sub"))
    expect((await acquire(root, "directory", "a", { config: {} })).path).toBe(root)
    await expect(acquire(root, "directory", "a", { config: { path: "nope" } })).rejects.toThrow("there is no directory")
    await expect(acquire(root, "directory", "a", { config: { path: "a.txt" } })).rejects.toThrow("is not a directory")
    await expect(builtinWorkspaces["directory"]?.check?.({ root, config: { path: "nope" } })).rejects.toThrow("there is no directory")
    expect(builtinWorkspaces["directory"]?.config?.decode({ pth: "x" })).toMatchObject({ ok: false, issues: [{ path: ["pth"] }] })
  })
})
