/** The repository of a fleet, and what worktrees in it start from. */
import { mkdir, realpath, writeFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { failure } from "#sdk"
import { askGit, commitOf, git, names, textOfOutput, tryGit } from "./git.ts"
import { runName } from "./names.ts"

export interface Repository {
  /** The work tree that the fleet file is in. */
  readonly top: string
  /** Where our worktrees go: the main work tree, since one that somebody removes would take what is in it along. */
  readonly home: string
}

/** Rejects with `workspace_error` where no worktree can be made. */
export const repositoryOf = async (root: string): Promise<Repository> => {
  const found = await tryGit(root, ["rev-parse", "--show-toplevel"])
  if (found.code !== 0) throw failure("workspace_error", await whyNone(root, found.complaint))
  const top = textOfOutput(found.out)
  if ((await askGit(top, "rev-parse", "--verify", "--quiet", "HEAD")) === undefined && (await git(top, "for-each-ref", "--count=1", "refs/heads")) === "") {
    throw failure("workspace_error", `${top} has no commit yet: commit something first, worktrees start from a commit`)
  }
  const common = await git(top, "rev-parse", "--path-format=absolute", "--git-common-dir")
  const bare = (await askGit(common, "config", "--bool", "core.bare")) === "true"
  return { top, home: basename(common) === ".git" && !bare ? dirname(common) : top }
}

const whyNone = async (root: string, complaint: string): Promise<string> => {
  if (complaint.includes("not a git repository")) return `${root} is not in a git repository: run \`git init\` there, or choose \`workspace: none\``
  if ((await askGit(root, "rev-parse", "--is-bare-repository")) === "true")
    return `${root} is in a bare repository: put the fleet file into a work tree of it (\`git worktree add\`)`
  return `git cannot be used in ${root}: ${complaint.replace(/^fatal: /u, "")}`
}

/** The base is a branch, a tag or a commit; a clone that has only the remote's branch has that one. */
export const baseCommit = async ({ top }: Repository, baseBranch: string | undefined): Promise<string> => {
  const name = baseBranch ?? "HEAD"
  const commit = await commitOf(top, name, "", "refs/remotes/origin/")
  if (commit === undefined) throw failure("workspace_error", `${top} has no base branch \`${name}\`${await branchesIn(top)}`)
  return commit
}

const shown = 8

const branchesIn = async (top: string): Promise<string> => {
  const all = (await git(top, "for-each-ref", "--sort=-committerdate", "--format=%(refname:short)", "refs/heads"))
    .split("\n")
    .filter((name) => name !== "" && !name.startsWith("fleetwright/"))
  if (all.length === 0) return ""
  return `; its branches are ${all.slice(0, shown).join(", ")}${all.length > shown ? `, and ${all.length - shown} more` : ""}`
}

/** Rejects when no branch of a run can be made because one of the user's has the name of their folder. */
export const checkBranches = async ({ top }: Repository): Promise<void> => {
  if ((await askGit(top, "rev-parse", "--verify", "--quiet", "refs/heads/fleetwright")) === undefined) return
  throw failure(
    "workspace_error",
    `${top} has a branch \`fleetwright\`, so git can make no branch \`fleetwright/RUN/SESSION\`: rename it (\`git branch -m fleetwright NAME\`)`,
  )
}

export const worktreesIn = (home: string): string => join(home, ".fleetwright", "worktrees")

/** The directory for the worktrees of a run, which comes and goes with them. All of ours hides itself from git: nothing of the user's is changed for it. */
export const directoryFor = async ({ home }: Repository, run: string): Promise<string> => {
  const runs = worktreesIn(home)
  try {
    await mkdir(runs, { recursive: true })
    await writeFile(join(home, ".fleetwright", ".gitignore"), "*\n", { flag: "wx" }).catch(unlessThere)
  } catch (error) {
    throw failure("workspace_error", `${runs} cannot be made: ${error instanceof Error ? error.message : String(error)}`)
  }
  // A repository may carry a link of that name to anywhere.
  if ((await realpath(runs)) !== worktreesIn(await realpath(home))) {
    throw failure("workspace_error", `${join(home, ".fleetwright")} leads out of the repository: remove that link`)
  }
  return join(runs, runName(run))
}

const unlessThere = (error: NodeJS.ErrnoException): void => {
  if (error.code !== "EEXIST") throw error
}

export interface Worktree {
  readonly path: string
  /** Without `refs/heads/`; absent when a commit is checked out. */
  readonly branch?: string
  /** Why it is locked, if it is. */
  readonly locked?: string
}

export const worktreesOf = async (top: string): Promise<ReadonlyArray<Worktree>> => {
  // Before git 2.36 there is no -z, and no way to tell a line end in a path.
  const whole = await askGit(top, "worktree", "list", "--porcelain", "-z")
  const listed = whole ?? (await git(top, "worktree", "list", "--porcelain")).replaceAll("\n", "\0")
  return listed.split("\0\0").flatMap((entry) => {
    const fields = new Map(
      names(entry).map((line): readonly [string, string] => {
        const space = line.indexOf(" ")
        return space < 0 ? [line, ""] : [line.slice(0, space), line.slice(space + 1)]
      }),
    )
    const path = fields.get("worktree")
    const branch = fields.get("branch")?.replace(/^refs\/heads\//u, "")
    const locked = fields.get("locked")
    return path === undefined ? [] : [{ path, ...(branch === undefined ? {} : { branch }), ...(locked === undefined ? {} : { locked }) }]
  })
}
