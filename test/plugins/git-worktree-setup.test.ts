import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { builtinWorkspaces } from "../../plugins/index.ts"
import { repository, worktree } from "./git-worktree-place.ts"

const env = { PATH: process.env["PATH"] ?? "", FLEET_RUN: "r1", FLEET_SESSION: "a" }
const sh = (script: string) => ({ config: { setup: ["sh", "-c", script] }, env })

describe("the setup of a worktree", () => {
  it("runs once, in the worktree, with the session's environment", async () => {
    const { root } = repository()
    const setup = sh('echo "$FLEET_RUN $FLEET_SESSION ${HOME-none}" >> made.txt')
    const a = await worktree(root, "a", setup)
    await worktree(root, "a", setup)
    expect(readFileSync(join(a.path, "made.txt"), "utf8")).toBe("r1 a none\n")
  })

  it.each([
    ["fails", sh("echo one; echo two >&2; exit 3"), /setup: `sh -c .*` failed \(code 3\): one\ntwo$/u],
    ["is missing", { config: { setup: ["no-such-program"] }, env }, /setup: there is no program `no-such-program`/u],
    ["is stopped", { ...sh("exec sleep 100"), signal: AbortSignal.abort() }, /was stopped with its session/u],
    ["takes too long", { config: { setup: ["sleep", "100"], setup_timeout: "10ms" }, env }, /did not end in 0\.01 s/u],
  ] as const)("when it %s, says so and leaves nothing", async (_, more, message) => {
    const { root, run } = repository()
    await expect(worktree(root, "a", more)).rejects.toMatchObject({ kind: "workspace_error", message: expect.stringMatching(message) })
    expect(run("worktree", "list").split("\n")).toHaveLength(1)
    expect(run("branch", "--format=%(refname:short)")).toBe("main")
    const a = await worktree(root, "a", sh("true"))
    expect(existsSync(join(a.path, "a.txt"))).toBe(true)
  })

  it("that fails takes no work along that the branch held before", async () => {
    const { root, run } = repository()
    const a = await worktree(root, "a")
    writeFileSync(join(a.path, "b.txt"), "b\n")
    await a.release()
    await expect(worktree(root, "a", sh("exit 1"))).rejects.toThrow("failed (code 1)")
    expect(run("show", "fleetwright/r1/a:b.txt")).toBe("b")
  })

  it("is checked before anything runs", () => {
    const decode = builtinWorkspaces["git-worktree"]?.config?.decode
    expect(decode?.({ setup: "npm ci", stup: ["x"] })).toMatchObject({ ok: false, issues: [{ path: ["stup"] }, { path: ["setup"] }] })
    expect(decode?.({ setup: ["npm", "ci"], setup_timeout: "5m" })).toMatchObject({ ok: true })
    expect(decode?.({})).toMatchObject({ ok: true })
  })
})
