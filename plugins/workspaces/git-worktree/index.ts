/** Each session in a git worktree of its own, on a branch of its own: `fleetwright/<run>/<session>`. Commits are how work is kept and passed on. */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { failure, type Snapshot, type Workspace, type WorkspaceProvider, type WorkspaceRequest } from "#sdk"
import { git, tryGit } from "./git.ts"

/** `worker[0]` as a name for branches and directories. */
const plainName = (text: string): string => text.replace(/\[(\d+)\]/gu, "-$1").replace(/[^A-Za-z0-9_-]+/gu, "-")

const turns = new Map<string, Promise<unknown>>()

/** One at a time for each repository: git's own locks make a second `worktree add` fail instead of wait. */
const alone = <T>(repository: string, work: () => Promise<T>): Promise<T> => {
  const next = (turns.get(repository) ?? Promise.resolve()).then(work, work)
  turns.set(repository, next.catch(() => undefined))
  return next
}

const repositoryOf = async (root: string): Promise<string> => {
  const found = await tryGit(root, "rev-parse", "--show-toplevel")
  if (found.code !== 0) {
    throw failure("workspace_error", `${root} is not in a git repository: run \`git init\` there, or choose \`workspace: none\``)
  }
  const repository = found.out.trimEnd()
  const head = await tryGit(repository, "rev-parse", "--verify", "--quiet", "HEAD")
  if (head.code !== 0) throw failure("workspace_error", `${repository} has no commit yet: commit something first, worktrees start from a commit`)
  return repository
}

const startOf = async (repository: string, { from, baseBranch }: WorkspaceRequest<unknown>): Promise<string> => {
  const name = from.kind === "branch" ? from.branch : (baseBranch ?? "HEAD")
  const found = await tryGit(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`)
  if (found.code !== 0) throw failure("workspace_error", `${repository} has no ${from.kind === "branch" ? "" : "base "}branch \`${name}\``)
  return found.out.trimEnd()
}

/** Our directory, unseen by the user's git without a line in the user's own files. */
const prepared = async (repository: string, run: string): Promise<string> => {
  const runs = join(repository, ".fleetwright", "worktrees", plainName(run))
  await mkdir(runs, { recursive: true })
  await writeFile(join(repository, ".fleetwright", ".gitignore"), "*\n", { flag: "wx" }).catch(() => undefined)
  return runs
}

const identity = async (path: string): Promise<ReadonlyArray<string>> =>
  (await tryGit(path, "config", "user.email")).code === 0 ? [] : ["-c", "user.name=fleetwright", "-c", "user.email=fleetwright@localhost"]

/** The agent may have moved to a branch of its own, or to none: ours, where others look for the work, comes along but loses nothing. */
const follow = async (path: string, branch: string, commit: string): Promise<void> => {
  const ours = `refs/heads/${branch}`
  if ((await git(path, "rev-parse", ours)) === commit) return
  if ((await tryGit(path, "merge-base", "--is-ancestor", ours, commit)).code !== 0) {
    throw failure("workspace_error", `what is checked out in ${path} leaves out commits of ${branch}`)
  }
  await git(path, "update-ref", ours, commit)
}

/** Which session holds which path: `worker[0]` and a session that is called `worker-0` must not meet. */
const holders = new Map<string, string>()

/** Makes the worktree, or takes up the one this session left: then its branch goes on, brought up to `start` where that loses nothing. */
const attach = async (repository: string, path: string, branch: string, start: string): Promise<string> => {
  const known = await tryGit(repository, "rev-parse", "--verify", "--quiet", `refs/heads/${branch}`)
  if (known.code !== 0) {
    await git(repository, "worktree", "add", "--quiet", "-b", branch, path, start)
    return start
  }
  await git(repository, "worktree", "prune")
  const listed = (await git(repository, "worktree", "list", "--porcelain")).split("\n")
  if (!listed.includes(`worktree ${path}`)) await git(repository, "worktree", "add", "--quiet", path, branch)
  await tryGit(path, "merge", "--quiet", "--ff-only", start)
  const common = await tryGit(path, "merge-base", start, `refs/heads/${branch}`)
  return common.code === 0 ? common.out.trimEnd() : start
}

const workspaceAt = (repository: string, path: string, branch: string, start: string): Workspace => {
  const snapshot = async (message: string): Promise<Snapshot | undefined> => {
    await git(path, "add", "--all")
    if ((await tryGit(path, "diff", "--cached", "--quiet")).code !== 0) {
      await git(path, ...(await identity(path)), "-c", "commit.gpgsign=false", "commit", "--quiet", "--no-verify", "--message", message)
    }
    const commit = await git(path, "rev-parse", "HEAD")
    if (commit === start) return undefined
    await follow(path, branch, commit)
    return { branch, commit }
  }
  const release = async (): Promise<{ readonly kept?: string }> => {
    try {
      const last = await snapshot("Work left at the end of the session")
      if ((await git(path, "status", "--porcelain")) !== "") return { kept: `${path} holds changes that could not be committed` }
      await alone(repository, async () => {
        // Without --force: git itself refuses where a repository inside would be lost.
        await git(repository, "worktree", "remove", path)
        const unused = last === undefined && (await git(repository, "rev-parse", `refs/heads/${branch}`)) === start
        if (unused) await git(repository, "branch", "--quiet", "-D", branch)
      })
      return {}
    } catch (error) {
      return { kept: `${path} is kept: ${error instanceof Error ? error.message : String(error)}` }
    }
  }
  return {
    path,
    branch,
    snapshot,
    release,
    diff: async () => {
      // Files git has not seen yet belong to the difference: intent to add shows them without keeping them.
      await git(path, "add", "--all", "--intent-to-add")
      return git(path, "diff", "--no-color", "--no-ext-diff", start)
    },
  }
}

export const gitWorktree: WorkspaceProvider = {
  isolated: true,
  acquire: async (request) => {
    const repository = await repositoryOf(request.root)
    const start = await startOf(repository, request)
    const path = join(await prepared(repository, request.run), plainName(request.session))
    const branch = `fleetwright/${plainName(request.run)}/${plainName(request.session)}`
    const holder = holders.get(path) ?? request.session
    if (holder !== request.session) {
      throw failure("workspace_error", `sessions ${holder} and ${request.session} would both work in ${path}: rename one`)
    }
    const from = await alone(repository, () => attach(repository, path, branch, start))
    holders.set(path, request.session)
    return workspaceAt(repository, path, branch, from)
  },
}
