/** What the sessions of runs left in a repository: branches, worktrees, and what is in them. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { askGit, git, gitBytes, names } from "./git.ts"
import { branchPattern, ownerOf } from "./names.ts"
import { worktreesIn, worktreesOf, type Repository } from "./repository.ts"
import { treeOf } from "./snapshot.ts"
import { treeAt } from "./worktree.ts"

export interface Work {
  readonly run: string
  readonly session: string
  /** Where its commits are. */
  readonly branch?: string
  /** Its worktree, when that was not given back. */
  readonly path?: string
}

/** Of one run or of all, by session. */
export const workIn = async (repository: Repository, run?: string): Promise<ReadonlyArray<Work>> => {
  const found = new Map<string, Work>()
  /** `name`: of its branch. */
  const note = (name: string, more: Pick<Work, "branch"> | Pick<Work, "path">): void => {
    const owner = ownerOf(name)
    if (owner !== undefined && (run === undefined || owner.run === run)) found.set(name, { ...owner, ...found.get(name), ...more })
  }
  const branches = await git(repository.home, "for-each-ref", "--format=%(refname:lstrip=2)", branchPattern(run))
  for (const branch of branches.split("\n")) note(branch, { branch })
  const ours = join(worktreesIn(repository.home), "/")
  for (const { path } of await worktreesOf(repository.home)) if (path.startsWith(ours)) note(`fleetwright/${path.slice(ours.length)}`, { path })
  return [...found].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, work]) => work)
}

/** Files that are in no commit: changed, new, in conflict. Empty when the worktree is gone. */
export const uncommittedIn = async (path: string | undefined): Promise<ReadonlyArray<string>> =>
  path === undefined || !existsSync(path)
    ? []
    : names(await git(path, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal", "--ignore-submodules=none")).map((entry) =>
        entry.slice(3),
      )

export interface Change {
  readonly file: string
  /** Lines; absent for what is no text. */
  readonly added?: number
  readonly removed?: number
}

export interface Difference {
  /** The commit that both come from. */
  readonly base: string
  readonly changes: ReadonlyArray<Change>
  /** As bytes: files need not be UTF-8. */
  readonly patch: Buffer
}

/** What a session's work, uncommitted or not, would bring to `base`. Undefined when there is nothing of it any more. */
export const differenceOf = async (repository: Repository, work: Work, base: string, color = false): Promise<Difference | undefined> => {
  const { home } = repository
  const there = work.path !== undefined && existsSync(work.path)
  const place = there && work.path !== undefined ? await treeAt(work.path) : undefined
  const tip = place === undefined ? work.branch && `refs/heads/${work.branch}` : await git(place.path, "rev-parse", "HEAD")
  if (tip === undefined) return undefined
  const from = (await askGit(home, "merge-base", base, tip)) ?? base
  const to = place === undefined ? tip : await treeOf(place)
  const compare = ["diff", "--no-ext-diff", "--no-textconv", "--no-renames"]
  const numbers = names((await gitBytes(home, [...compare, "--numstat", "-z", from, to])).toString("utf8"))
  const changes = numbers.map((line): Change => {
    const [added = "", removed = "", ...file] = line.split("\t")
    return { file: file.join("\t"), ...(added === "-" ? {} : { added: Number(added), removed: Number(removed) }) }
  })
  return { base: from, changes, patch: await gitBytes(home, [...compare, color ? "--color=always" : "--no-color", from, to]) }
}
