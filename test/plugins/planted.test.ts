/** What an agent plants where it may write: programs with the names of those that fleetwright starts, links in the place of its files. */
import { execFileSync } from "node:child_process"
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { ownPath } from "#sdk"
import { git } from "../../plugins/workspaces/git-worktree/git.ts"
import { own, ownerOfTree } from "../../plugins/workspaces/git-worktree/owner.ts"
import { confineWithBwrap } from "../../runtime/platform/bwrap.ts"

let place = ""
const inherited = process.env["PATH"]

beforeEach(() => {
  place = realpathSync(mkdtempSync(join(tmpdir(), "planted-")))
})
afterEach(() => {
  process.env["PATH"] = inherited
  rmSync(place, { recursive: true, force: true })
})

/** A program that leaves a mark where it is run. */
const plant = (folder: string, name: string): string => {
  mkdirSync(join(place, folder), { recursive: true })
  const file = join(place, folder, name)
  writeFileSync(file, `#!/bin/sh\necho ran > ${join(place, "mark")}\n`)
  chmodSync(file, 0o755)
  return join(place, folder)
}
const ran = (): boolean => existsSync(join(place, "mark"))

describe("the path of our own programs", () => {
  it.each<[string, (folder: string) => string]>([
    ["relative folders", () => "bin:.:./node_modules/.bin::../x"],
    ["those of installed packages", (folder) => `${folder}/elsewhere/node_modules/.bin`],
    ["the workspace", (folder) => `${folder}/tree:${folder}/tree/deep/bin`],
    ["links into the workspace", (folder) => `${folder}/link`],
    ["links in the workspace to elsewhere", (folder) => `${folder}/tree/out`],
    ["the repository of a worktree", (folder) => `${folder}/repository/tools`],
    ["the directory that this process works in", () => `${process.cwd()}:${process.cwd()}/tools`],
  ])("is without %s", (_, path) => {
    for (const folder of ["tree/deep/bin", "elsewhere/node_modules/.bin", "repository/tools", "outside"]) mkdirSync(join(place, folder), { recursive: true })
    symlinkSync(join(place, "tree/deep/bin"), join(place, "link"))
    symlinkSync(join(place, "outside"), join(place, "tree/out"))
    const writable = [join(place, "tree"), join(place, "repository/.fleetwright/worktrees/r/a")]
    expect(ownPath(`${path(place)}:/usr/bin:/bin:${place}/outside`, writable)).toBe(`/usr/bin:/bin:${place}/outside`)
  })

  it("is never empty, which would mean the present directory", () => {
    expect(ownPath("bin:.")).toBe("/usr/bin")
    expect(ownPath(undefined)).toBe("/usr/bin:/bin")
  })
})

describe("a program that an agent planted", () => {
  it("is not taken for git", async () => {
    const workspace = join(place, "tree")
    mkdirSync(workspace)
    execFileSync("git", ["init", "--quiet", workspace])
    const folders = [plant("tree/node_modules/.bin", "git"), plant("tree/bin", "git"), "bin", "."]
    plant("tree", "git")
    process.env["PATH"] = [...folders, inherited].join(":")
    expect(await git(workspace, "rev-parse", "--is-inside-work-tree")).toBe("true")
    expect(ran()).toBe(false)
    // it would have been, by the path as it is
    execFileSync("git", ["status"], { cwd: workspace })
    expect(ran()).toBe(true)
  })

  it.runIf(process.platform === "linux")("is not taken for bwrap", () => {
    const folder = plant("tree/node_modules/.bin", "bwrap")
    const confine = confineWithBwrap({
      sandbox: { use: "bwrap", net: false, read: [], write: [] },
      env: { PATH: `${folder}:tree/bin:${plant("real", "bwrap")}:/usr/bin:/bin` },
      workspace: join(place, "tree"),
    })
    expect(confine(["true"], join(place, "tree"))[0]).toBe(join(place, "real/bwrap"))
  })
})

describe("the file that says whose a worktree is", () => {
  const file = (): string => join(place, "fleetwright-owner")
  const tree = () => ({ path: place, gitDirectory: place })

  it("is written in the place of a link, not through it", async () => {
    writeFileSync(join(place, "precious"), "mine")
    symlinkSync(join(place, "precious"), file())
    expect(await ownerOfTree(tree())).toBeUndefined()
    await own(tree(), true)
    expect(readFileSync(join(place, "precious"), "utf8")).toBe("mine")
    expect(lstatSync(file()).isSymbolicLink()).toBe(false)
    expect(await ownerOfTree(tree())).toEqual({ pid: process.pid, ready: true })
    expect(readdirSync(place).toSorted()).toEqual(["fleetwright-owner", "precious"])
  })

  it("is not made by a link to what is not there yet", async () => {
    symlinkSync(join(place, "not-yet"), file())
    await own(tree(), false)
    expect(existsSync(join(place, "not-yet"))).toBe(false)
    expect(await ownerOfTree(tree())).toEqual({ pid: process.pid, ready: false })
  })

  it("says nothing when it is something else, and nobody waits for a pipe", async () => {
    execFileSync("mkfifo", [file()])
    expect(await ownerOfTree(tree())).toBeUndefined()
    await own(tree(), true)
    expect(await ownerOfTree(tree())).toEqual({ pid: process.pid, ready: true })
    rmSync(file())
    mkdirSync(file())
    expect(await ownerOfTree(tree())).toBeUndefined()
    await expect(own(tree(), true)).rejects.toThrow()
    expect(readdirSync(place)).toEqual(["fleetwright-owner"])
    rmSync(file(), { recursive: true })
    writeFileSync(file(), "not a number\nready\n")
    expect(await ownerOfTree(tree())).toBeUndefined()
  })
})
