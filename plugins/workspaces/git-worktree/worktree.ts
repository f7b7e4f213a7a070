/** Worktrees as they come and go. One that an agent has worked in is never made anew. */
import { existsSync } from "node:fs"
import { readdir, rm, rmdir } from "node:fs/promises"
import { dirname, join } from "node:path"
import { failure } from "#sdk"
import { own, ownerOfTree } from "./owner.ts"
import { askGit, git, holds, isAncestor, names, tryGit } from "./git.ts"
import { worktreesOf, type Repository, type Worktree } from "./repository.ts"
import type { Tree } from "./snapshot.ts"
import { putAside } from "./take-away.ts"

const turns = new Map<string, Promise<unknown>>()

/** One at a time for each repository, told by its `home`: git's own locks make a second `worktree add` fail instead of wait. */
export const alone = <T>(home: string, work: () => Promise<T>): Promise<T> => {
  const next = (turns.get(home) ?? Promise.resolve()).then(work, work)
  turns.set(
    home,
    next.catch(() => undefined),
  )
  return next
}

export const treeAt = async (path: string): Promise<Tree> => ({ path, gitDirectory: await git(path, "rev-parse", "--absolute-git-dir") })

export interface Wanted {
  readonly path: string
  readonly branch: string
  /** The commit that a new branch starts from. */
  readonly start: string
  /** Makes a new worktree ready for the agent. */
  readonly ready: (tree: Tree) => Promise<void>
}

/** How many processes of git write the files of a large work tree at once: it waits for the disk most of the time. */
const writers = 4

export interface Attached {
  readonly tree: Tree
  /** The session has been here before. */
  readonly again: boolean
}

/** Makes the worktree, or takes up the one this session left; a branch that is there goes on. */
export const attach = async ({ top, home }: Repository, { path, branch, start, ready }: Wanted): Promise<Attached> => {
  const listed = (await worktreesOf(top)).find((worktree) => worktree.path === path)
  if (listed !== undefined && existsSync(path)) {
    const tree = await treeAt(path)
    if ((await ownerOfTree(tree))?.ready === true) return { tree: await takenUp(tree), again: true }
  }
  const known = await askGit(top, "rev-parse", "--verify", "--quiet", `refs/heads/${branch}`)
  const tree = await alone(home, async () => {
    if (listed !== undefined) await removeUnused(top, listed)
    await mustBeFree(path)
    // In two steps, each of which happens whole or not at all. Files come afterwards: many worktrees may be filled at once.
    if (known === undefined) await git(top, "branch", "--no-track", branch, start)
    await git(top, "worktree", "add", "--quiet", "--no-checkout", path, branch)
    const made = await treeAt(path)
    await own(made, false)
    return made
  })
  try {
    await git(path, "-c", `checkout.workers=${writers}`, "reset", "--quiet", "--hard")
    await ready(tree)
  } catch (error) {
    // No agent was here: what the setup left is nobody's work. What went wrong first is what is told.
    await alone(home, async () => {
      await tryGit(top, ["worktree", "remove", "--force", path])
      if (known === undefined) await tryGit(top, ["branch", "--quiet", "-D", branch])
    })
    throw error
  }
  await own(tree, true)
  return { tree, again: known !== undefined }
}

/** Whoever held its index is gone: its processes were stopped before anybody takes the place up. */
const takenUp = async (tree: Tree): Promise<Tree> => {
  await dropIndexLock(tree)
  await own(tree, true)
  return tree
}

export const dropIndexLock = ({ gitDirectory }: Tree): Promise<void> => rm(join(gitDirectory, "index.lock"), { force: true })

/** It was being made when its maker died, or somebody deleted its directory: there is no work in it. */
const removeUnused = async (top: string, { path, locked }: Worktree): Promise<void> => {
  if (locked !== undefined) await git(top, "worktree", "unlock", path)
  await git(top, "worktree", "remove", "--force", path)
}

const mustBeFree = async (path: string): Promise<void> => {
  const there = await readdir(path).catch((error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? [] : undefined))
  if (there === undefined || there.length > 0)
    throw failure("workspace_error", `${path} is in the way and is no worktree of this repository: move it elsewhere`)
}

/**
 * Gives a worktree back when all in it is committed; else says why it stays. Ignored files go with it.
 * A submodule goes when all its commits are on its remote or in the repository it came from.
 */
export const remove = async (home: string, { path }: Tree): Promise<string | undefined> => {
  const left = names(await git(path, "status", "--porcelain", "-z", "--untracked-files=normal", "--ignore-submodules=none"))
  if (left.length > 0) {
    const files = left.map((entry) => entry.slice(3))
    return `what could not be committed is in it: ${files.slice(0, 5).join(", ")}${files.length > 5 ? `, and ${files.length - 5} more` : ""}`
  }
  const submodules = await submodulesIn(path)
  for (const submodule of submodules) {
    if (await hasOwnCommits(submodule)) return `commits of the submodule ${submodule} are nowhere else: push them`
  }
  await takeOut(home, path)
  return undefined
}

/** Out of the way and out of git's list at once; nobody waits while its files are deleted, which of a large one takes a while. `force`: options of git. */
export const takeOut = async (home: string, path: string, ...force: ReadonlyArray<"--force">): Promise<void> => {
  const aside = await alone(home, async () => {
    const there = await putAside(path)
    try {
      await git(home, "worktree", "remove", ...force, path)
    } catch (error) {
      await there.back()
      throw error
    }
    // Not while another is being made in it.
    await removeEmpty(dirname(path))
    return there
  })
  await aside.remove()
}

/** The directory of a run goes with its last worktree. */
export const removeEmpty = async (directory: string): Promise<void> => {
  await rmdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "ENOENT" && error.code !== "EEXIST") throw error
  })
}

/** Those that are filled, and those in them. */
const submodulesIn = async (path: string): Promise<ReadonlyArray<string>> => {
  const staged = names(await git(path, "ls-files", "--stage", "-z"))
  const here = staged
    .flatMap((entry) => (entry.startsWith("160000 ") ? [join(path, entry.slice(entry.indexOf("\t") + 1))] : []))
    .filter((place) => existsSync(join(place, ".git")))
  return [...here, ...(await Promise.all(here.map(submodulesIn))).flat()]
}

const hasOwnCommits = async (path: string): Promise<boolean> =>
  (await git(path, "rev-list", "--max-count=1", "HEAD", "--branches", "--glob=refs/stash", "--not", "--remotes", "--tags")) !== ""

/** Deletes a branch that holds nothing but `start`. */
export const dropUnused = async (home: string, branch: string, start: string): Promise<boolean> =>
  alone(home, async () => {
    if (!(await holds(home, "rev-parse", "--verify", "--quiet", `refs/heads/${branch}`)) || !(await isAncestor(home, `refs/heads/${branch}`, start)))
      return false
    await git(home, "branch", "--quiet", "-D", branch)
    return true
  })
