/** Takes away what runs left in a repository, and says what stays and why. Work that is nowhere else goes only when that is asked for. */
import { existsSync } from "node:fs"
import { readdir, rm, stat } from "node:fs/promises"
import { dirname, join } from "node:path"
import { askGit, commitOf, git, tryGit } from "./git.ts"
import { worktreesIn, type Repository } from "./repository.ts"
import type { Tree } from "./snapshot.ts"
import { unfinishedIn } from "./unfinished.ts"
import { ownerOf } from "./names.ts"
import { isAlive, isGone, sweep } from "./take-away.ts"
import { workIn, type Work } from "./work.ts"
import { ownerOfTree } from "./owner.ts"
import { alone, remove, removeEmpty, takeOut, treeAt } from "./worktree.ts"

export interface Left {
  readonly run: string
  readonly session: string
  readonly branch?: string
  readonly path?: string
  readonly reason: string
}

export interface Cleaned {
  /** Paths and branches that are gone. */
  readonly worktrees: ReadonlyArray<string>
  readonly branches: ReadonlyArray<string>
  readonly kept: ReadonlyArray<Left>
}

export interface CleanOptions {
  /** Also what is in no commit, and commits that are nowhere else. */
  readonly force: boolean
  /** Whoever ran it is known to be dead, with all its agents: what it left half made can go by force. */
  readonly abandoned: boolean
  /** Where work is safe besides branches, remotes and tags that are not ours: its changes are there already, say squashed. */
  readonly bases: ReadonlyArray<string>
}

const beingMadeMs = 60_000

/** Whoever works there, or is about to: such a worktree is never touched. */
const busy = async (tree: Tree): Promise<string | undefined> => {
  const owner = await ownerOfTree(tree)
  if (owner !== undefined) return isAlive(owner.pid) ? `process ${owner.pid} works in it` : undefined
  return Date.now() - (await stat(tree.gitDirectory)).mtimeMs < beingMadeMs ? "it is being made" : undefined
}

const commitsNowhereElse = async (path: string): Promise<boolean> =>
  (await git(path, "rev-list", "--max-count=1", "HEAD", "--not", "--branches", "--remotes", "--tags")) !== ""

/** Why a worktree stays; undefined when it is gone. */
const cleanWorktree = async (home: string, path: string, { force, abandoned }: CleanOptions): Promise<string | undefined> => {
  if (!existsSync(path)) {
    await alone(home, () => git(home, "worktree", "remove", "--force", "--force", path))
    return undefined
  }
  const tree = await treeAt(path)
  const why = force && abandoned ? undefined : await busy(tree)
  if (why !== undefined) return why
  if (force) {
    await takeOut(home, path, "--force", "--force")
    return undefined
  }
  const operation = unfinishedIn(tree.gitDirectory)
  if (operation !== undefined) return `a ${operation} is under way in it`
  if (await commitsNowhereElse(path)) return "what is checked out in it is on no branch"
  return remove(home, tree)
}

/** Why a branch stays; undefined when it is gone. */
const cleanBranch = async (home: string, branch: string, { force, bases }: CleanOptions): Promise<string | undefined> => {
  if (!force && !(await isSafe(home, branch, bases))) return "its work is not merged"
  const { code, complaint } = await alone(home, () => tryGit(home, ["branch", "--quiet", "-D", branch]))
  return code === 0 ? undefined : complaint.replace(/^error: /u, "")
}

const isSafe = async (home: string, branch: string, bases: ReadonlyArray<string>): Promise<boolean> => {
  const only = await git(home, "rev-list", "--max-count=1", `refs/heads/${branch}`, "--not", "--exclude=fleetwright/*", "--branches", "--remotes", "--tags")
  if (only === "") return true
  for (const name of bases) {
    const base = await commitOf(home, name, "", "refs/remotes/origin/")
    if (base !== undefined && (await addsNothing(home, base, branch))) return true
  }
  return false
}

/** Merging it would change nothing. Not known before git 2.38. */
const addsNothing = async (home: string, base: string, branch: string): Promise<boolean> => {
  const merged = await askGit(home, "merge-tree", "--write-tree", base, `refs/heads/${branch}`)
  return merged !== undefined && merged === (await git(home, "rev-parse", `${base}^{tree}`))
}

const cleanOne = async (home: string, { run, session, branch, path }: Work, options: CleanOptions): Promise<Cleaned> => {
  const stays = path === undefined ? undefined : await cleanWorktree(home, path, options)
  if (path !== undefined && stays !== undefined)
    return { worktrees: [], branches: [], kept: [{ run, session, path, ...(branch === undefined ? {} : { branch }), reason: stays }] }
  const worktrees = path === undefined ? [] : [path]
  if (branch === undefined) return { worktrees, branches: [], kept: [] }
  const reason = await cleanBranch(home, branch, options)
  return reason === undefined ? { worktrees, branches: [branch], kept: [] } : { worktrees, branches: [], kept: [{ run, session, branch, reason }] }
}

/** Directories among ours that git knows nothing of. */
const strays = async (home: string, run: string | undefined): Promise<ReadonlyArray<Required<Omit<Work, "branch">>>> => {
  const known = new Set((await workIn({ top: home, home }, run)).map(({ path }) => path))
  const list = async (directory: string): Promise<ReadonlyArray<string>> =>
    (
      await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return []
        throw error
      })
    ).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  const all = worktreesIn(home)
  const found = await Promise.all(
    (await list(all))
      .filter((name) => !isGone(name))
      .map(async (name) =>
        (await list(join(all, name))).flatMap((place) => {
          const owner = ownerOf(`fleetwright/${name}/${place}`)
          const path = join(all, name, place)
          return owner === undefined || known.has(path) || (run !== undefined && owner.run !== run) ? [] : [{ ...owner, path }]
        }),
      ),
  )
  return found.flat()
}

const cleanStray = async ({ run, session, path }: Required<Omit<Work, "branch">>, force: boolean): Promise<Cleaned> => {
  const inside = await readdir(path)
  if (inside.length > 0 && !force) return { worktrees: [], branches: [], kept: [{ run, session, path, reason: "git does not know it as a worktree" }] }
  await rm(path, { recursive: true })
  return { worktrees: [path], branches: [], kept: [] }
}

/** Cleans one run; what was its directory goes when nothing is left in it. */
export const cleanRun = async ({ top, home }: Repository, run: string, options: CleanOptions): Promise<Cleaned> => {
  const done: Array<Cleaned> = []
  await sweep(worktreesIn(home))
  for (const stray of await strays(home, run)) done.push(await cleanStray(stray, options.force))
  for (const work of await workIn({ top, home }, run)) done.push(await cleanOne(home, work, options))
  for (const place of new Set(done.flatMap(({ worktrees }) => worktrees).map(dirname))) await alone(home, () => removeEmpty(place))
  return { worktrees: done.flatMap(({ worktrees }) => worktrees), branches: done.flatMap(({ branches }) => branches), kept: done.flatMap(({ kept }) => kept) }
}

/** Runs of which something is left. */
export const runsIn = async (repository: Repository): Promise<ReadonlyArray<string>> =>
  [...new Set([...(await workIn(repository)), ...(await strays(repository.home, undefined))].map(({ run }) => run))].sort()
