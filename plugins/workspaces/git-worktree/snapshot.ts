/** What is in a work tree as a commit, or as a tree that nobody sees. */
import { randomBytes } from "node:crypto"
import { constants } from "node:fs"
import { copyFile, readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { failure } from "#sdk"
import { askGit, git, gitBytes, holds, isAncestor, names, textOfOutput, tryGit } from "./git.ts"
import { ignoredWork } from "./ignored.ts"
import { toldUnfinished, unfinishedIn } from "./unfinished.ts"

export interface Tree {
  readonly path: string
  /** Of this work tree: its index and what is under way in it. */
  readonly gitDirectory: string
  /** Globs of ignored files that count as work. */
  readonly keep?: ReadonlyArray<string>
}

/** What `git add` takes besides the pathspecs. Where only a part is checked out, what was made outside of it counts as well. */
const addAll = async (path: string): Promise<ReadonlyArray<string>> => {
  const [sparse, inner] = await Promise.all([askGit(path, "config", "--bool", "core.sparseCheckout"), innerRepositories(path)])
  const apart = inner.length === 0 ? [] : ["--", ":/", ...inner.map((name) => `:(top,exclude,literal)${name}`)]
  return ["add", "--all", ...(sparse === "true" ? ["--sparse"] : []), ...apart]
}

/** Repositories that somebody made or cloned inside, relative to the top: git would keep their name and lose their work. */
const innerRepositories = async (path: string): Promise<ReadonlyArray<string>> =>
  names(await git(path, "ls-files", "--others", "--exclude-standard", "-z")).flatMap((name) => (name.endsWith("/") ? [name.slice(0, -1)] : []))

/** Name and email for whoever has none configured. */
const identity = async (path: string): Promise<ReadonlyArray<string>> => {
  const known = (await askGit(path, "config", "--get-regexp", "^user\\.(name|email)$")) ?? ""
  return [
    ["name", "fleetwright"],
    ["email", "fleetwright@localhost"],
  ].flatMap(([key, value]) => (new RegExp(`^user\\.${key} .`, "mu").test(known) ? [] : ["-c", `user.${key}=${value}`]))
}

/** How we commit: as whoever the user is, but without asking for a signature or running anything of theirs. */
const quietly = async (path: string): Promise<ReadonlyArray<string>> => [...(await identity(path)), "-c", "commit.gpgSign=false", "-c", "commit.verbose=false"]

/** Git follows links among its own files. None of a work tree's are links, but an agent in a sandbox may write there, and would have us reach what it cannot. */
const refuseLinks = async ({ path, gitDirectory }: Tree): Promise<void> => {
  const entries = await readdir(gitDirectory, { withFileTypes: true })
  const logs = entries.some((entry) => entry.name === "logs" && entry.isDirectory()) ? await readdir(join(gitDirectory, "logs"), { withFileTypes: true }) : []
  const link = [...entries, ...logs].find((entry) => entry.isSymbolicLink())
  if (link !== undefined)
    throw failure(
      "workspace_error",
      `${join(link.parentPath, link.name)} is a link, which git made none of; remove it and look at the work in ${path} yourself`,
    )
}

/** What we commit moves no branch but the session's own: another that the agent made HEAD stand for, a user's among them, stays where it is. */
const leaveOthers = async (path: string, branch: string): Promise<void> => {
  const on = await askGit(path, "symbolic-ref", "--quiet", "HEAD")
  const head = on === undefined || on === `refs/heads/${branch}` ? undefined : await askGit(path, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
  if (head !== undefined) await git(path, "update-ref", "--no-deref", "HEAD", head)
}

/** Commits all there is; the commit that is checked out afterwards. Rejects while a merge or the like is under way. */
export const commitAll = async (tree: Tree, branch: string, message: string): Promise<string> => {
  const { path, gitDirectory, keep = [] } = tree
  await refuseLinks(tree)
  const operation = unfinishedIn(gitDirectory)
  if (operation !== undefined) throw failure("workspace_error", toldUnfinished(path, operation))
  await git(path, ...(await addAll(path)))
  for (const add of await ignoredWork(path, keep)) await git(path, ...add)
  if (!(await holds(path, "diff", "--cached", "--quiet", "--no-ext-diff"))) {
    await leaveOthers(path, branch)
    await git(path, ...(await quietly(path)), "commit", "--quiet", "--no-verify", "--cleanup=whitespace", "--message", message)
  }
  return git(path, "rev-parse", "HEAD")
}

/** The same as a tree object; nothing in the work tree or its index changes. */
export const treeOf = async (tree: Tree): Promise<string> => {
  const { path, gitDirectory, keep = [] } = tree
  await refuseLinks(tree)
  const index = join(gitDirectory, `fleetwright-index-${randomBytes(6).toString("hex")}`)
  try {
    await copyFile(join(gitDirectory, "index"), index, constants.COPYFILE_EXCL)
    await gitBytes(path, await addAll(path), { index })
    for (const add of await ignoredWork(path, keep)) await gitBytes(path, add, { index })
    return textOfOutput(await gitBytes(path, ["write-tree"], { index }))
  } finally {
    await rm(index, { force: true })
    await rm(`${index}.lock`, { force: true })
  }
}

/** The same as a commit that no branch has, or the one that is checked out when nothing was added; undefined while a merge or the like is under way. */
export const commitOfAll = async (tree: Tree): Promise<string | undefined> => {
  const { path, gitDirectory } = tree
  if (unfinishedIn(gitDirectory) !== undefined) return undefined
  const head = await git(path, "rev-parse", "HEAD")
  const all = await treeOf(tree)
  if (all === (await git(path, "rev-parse", `${head}^{tree}`))) return head
  return git(path, ...(await quietly(path)), "commit-tree", all, "-p", head, "-m", "what is not committed yet")
}

/** The agent may have moved to a branch of its own, or to none: ours, where others look for the work, comes along but loses nothing. */
export const follow = async (path: string, branch: string, commit: string): Promise<void> => {
  const ours = `refs/heads/${branch}`
  const at = await askGit(path, "rev-parse", "--verify", "--quiet", ours)
  if (at === commit) return
  if (at !== undefined && !(await isAncestor(path, ours, commit)))
    throw failure("workspace_error", `what is checked out in ${path} leaves out commits of ${branch}`)
  await git(path, "update-ref", "--no-deref", ours, commit)
}

/** Merges a commit where that loses nothing; else the files in which the two do not fit together, and nothing has changed. */
export const bringIn = async (tree: Tree, branch: string, commit: string, message: string): Promise<ReadonlyArray<string>> => {
  const { path, gitDirectory } = tree
  await refuseLinks(tree)
  const how = [
    "-c",
    "rerere.enabled=false",
    "merge",
    "--quiet",
    "--ff",
    "--no-edit",
    "--no-verify",
    "--no-autostash",
    "--no-verify-signatures",
    "--message",
    message,
  ]
  await leaveOthers(path, branch)
  const { code, complaint } = await tryGit(path, [...(await quietly(path)), ...how, commit])
  if (code === 0) return []
  const conflicts = names(await git(path, "diff", "--name-only", "--diff-filter=U", "-z"))
  if (unfinishedIn(gitDirectory) === "merge") await git(path, "merge", "--abort")
  if (conflicts.length === 0) throw failure("workspace_error", `git merge failed in ${path}: ${complaint}`)
  return conflicts
}
