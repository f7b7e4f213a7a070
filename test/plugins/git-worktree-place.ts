/** A repository of its own for each test, and worktrees in it. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Workspace, WorkspaceRequest } from "#sdk"
import { afterEach } from "vitest"
import { builtinWorkspaces } from "../../plugins/index.ts"

const made: Array<string> = []
afterEach(() => made.splice(0).forEach((path) => rmSync(path, { recursive: true, force: true })))

/** The real path of a new directory whose name is as hard as `name`. */
export const directory = (name = "worktree-"): string => {
  const path = realpathSync(mkdtempSync(join(tmpdir(), name)))
  made.push(path)
  return path
}

export type Git = (...args: ReadonlyArray<string>) => string

export const gitIn =
  (path: string): Git =>
  (...args) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "protocol.file.allow=always", ...args], {
      cwd: path,
      encoding: "utf8",
      stdio: "pipe",
    }).trim()

export const emptyRepository = (name?: string): { readonly root: string; readonly run: Git } => {
  const root = directory(name)
  const run = gitIn(root)
  run("init", "--quiet", "--initial-branch=main")
  return { root, run }
}

/** With one commit of `a.txt`. */
export const repository = (name?: string): { readonly root: string; readonly run: Git } => {
  const made = emptyRepository(name)
  writeFileSync(join(made.root, "a.txt"), "one\n")
  made.run("add", ".")
  made.run("commit", "--quiet", "-m", "first")
  return made
}

export const acquire = async (root: string, name: string, session: string, more: Partial<WorkspaceRequest<unknown>> = {}): Promise<Workspace> => {
  const acquired = builtinWorkspaces[name]?.acquire({ run: "r1", session, root, from: { kind: "base" }, config: {}, ...more })
  if (!(acquired instanceof Promise)) throw new Error("expected a promise")
  return acquired
}

export const worktree = (root: string, session: string, more: Partial<WorkspaceRequest<unknown>> = {}): Promise<Workspace> =>
  acquire(root, "git-worktree", session, more)

export const fromBranch = (session: string): Partial<WorkspaceRequest<unknown>> => ({ from: { kind: "branch", branch: `fleetwright/r1/${session}` } })

export const checkSite = (root: string, baseBranch?: string): Promise<void> | undefined =>
  builtinWorkspaces["git-worktree"]?.check?.({ root, config: {}, ...(baseBranch === undefined ? {} : { baseBranch }) })
