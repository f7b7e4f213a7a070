/** Each session in a git worktree of its own, on a branch of its own: `fleetwright/<run>/<session>`. Commits are how work is kept and passed on. */
import { join } from "node:path"
import { argvField, defineWorkspace, durationField, failure, optionalFields, type FieldRule, type Snapshot, type Workspace, type WorkspaceRequest } from "#sdk"
import { askGit, commitOf, git, gitBytes, isAncestor } from "./git.ts"
import { conflictsBetween } from "./conflicts.ts"
import { newlyIgnored, noteIgnored } from "./ignored.ts"
import { branchName, sessionName } from "./names.ts"
import { baseCommit, checkBranches, directoryFor, repositoryOf, type Repository } from "./repository.ts"
import { setUp } from "./setup.ts"
import { bringIn, commitAll, commitOfAll, follow, treeOf, type Tree } from "./snapshot.ts"
import { unfinishedIn } from "./unfinished.ts"
import { attach, dropIndexLock, dropUnused, remove } from "./worktree.ts"

interface Config {
  readonly [key: string]: unknown
  readonly setup: ReadonlyArray<string>
  readonly setup_timeout: number
  readonly keep: ReadonlyArray<string>
}

const setupLimitMs = 600_000

const globsField: FieldRule<ReadonlyArray<string>> = {
  expected: "a list of globs from the top of the repository",
  jsonSchema: { type: "array", items: { type: "string" } },
  read: (value) => {
    if (!Array.isArray(value)) return undefined
    const globs = value.filter((one): one is string => typeof one === "string" && one !== "" && !one.startsWith("/") && !one.split("/").includes(".."))
    return globs.length === value.length ? globs : undefined
  },
}

const startOf = async (repository: Repository, { from, baseBranch }: WorkspaceRequest<unknown>): Promise<string> => {
  if (from.kind === "base") return baseCommit(repository, baseBranch)
  const commit = await commitOf(repository.top, from.branch, "")
  if (commit === undefined) throw failure("workspace_error", `${repository.top} has no branch \`${from.branch}\``)
  return commit
}

/** `begun`: the commit that all of the session's own work comes after. The work tree of the fleet itself may be gone before this one: see `home`. */
const workspaceIn = ({ home }: Repository, tree: Tree, branch: string, begun: string): Workspace => {
  const { path } = tree
  let start = begun
  const snapshot = async (message: string): Promise<Snapshot | undefined> => {
    const commit = await commitAll(tree, branch, message)
    if (commit === start) return undefined
    await follow(path, branch, commit)
    return { branch, commit }
  }
  return {
    path,
    branch,
    snapshot,
    release: async () => {
      try {
        // The agent is gone, and what it was killed with no longer holds the index.
        await dropIndexLock(tree)
        const last = await snapshot("Work left at the end of the session")
        const ignored = await newlyIgnored(tree)
        const why = await remove(home, tree)
        if (why !== undefined) return { kept: why }
        if (last === undefined) await dropUnused(home, branch, start)
        return ignored.length === 0 ? {} : { gone: ignored }
      } catch (error) {
        return { kept: error instanceof Error ? error.message : String(error) }
      }
    },
    diff: async () => (await gitBytes(path, ["diff", "--no-color", "--no-ext-diff", "--no-textconv", start, await treeOf(tree)])).toString("utf8"),
    update: async (source) => {
      const commit = await commitOf(home, source, "")
      if (commit === undefined) throw failure("workspace_error", `${home} has no branch \`${source}\``)
      // What was left half done is first of all the agent's to end.
      if (unfinishedIn(tree.gitDirectory) !== undefined || (await isAncestor(path, commit, "HEAD"))) return { conflicts: [], unchanged: true }
      await snapshot(`Work before ${source} came in`)
      const conflicts = await bringIn(tree, branch, commit, `Bring in ${source}`)
      if (conflicts.length > 0) return { conflicts }
      start = commit
      await follow(path, branch, await git(path, "rev-parse", "HEAD"))
      return { conflicts }
    },
    conflicts: (other, own = branch) => conflictsBetween(home, own, other),
    current: () => commitOfAll(tree),
  }
}

export const gitWorktree = defineWorkspace({
  isolated: true,
  config: optionalFields<Config>({ setup: argvField, setup_timeout: durationField, keep: globsField }),
  check: async ({ root, baseBranch }) => {
    const repository = await repositoryOf(root)
    await checkBranches(repository)
    await baseCommit(repository, baseBranch)
  },
  acquire: async (request: WorkspaceRequest<Partial<Config>>) => {
    const { run, session, config, env, signal } = request
    const repository = await repositoryOf(request.root)
    await checkBranches(repository)
    const start = await startOf(repository, request)
    const path = join(await directoryFor(repository, run), sessionName(session))
    const branch = branchName(run, session)
    const ready = async (tree: Tree): Promise<void> => {
      if (config.setup !== undefined) {
        await setUp(tree.path, {
          command: config.setup,
          timeoutMs: config.setup_timeout ?? setupLimitMs,
          env: env ?? {},
          ...(signal === undefined ? {} : { signal }),
        })
      }
      await noteIgnored(tree)
    }
    const { tree: found, again } = await attach(repository, { path, branch, start, ready })
    const tree: Tree = config.keep === undefined ? found : { ...found, keep: config.keep }
    if (!again) return workspaceIn(repository, tree, branch, start)
    const workspace = workspaceIn(repository, tree, branch, await forkPoint(path, start, branch))
    if (request.from.kind === "branch") await workspace.update?.(request.from.branch)
    return workspace
  },
})

/** Where a branch that goes on left what it started from. */
const forkPoint = async (path: string, start: string, branch: string): Promise<string> =>
  (await askGit(path, "merge-base", start, `refs/heads/${branch}`)) ?? start
