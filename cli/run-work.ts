/** What the sessions of a run left in its repository. */
import { branchName } from "#plugins/workspaces/git-worktree/names.ts"
import { repositoryOf, type Repository } from "#plugins/workspaces/git-worktree/repository.ts"
import { workIn, type Work } from "#plugins/workspaces/git-worktree/work.ts"
import { suggest } from "#compiler/diagnostics/suggest.ts"
import { foldRun, irOf, type SessionStatus } from "#runtime"
import { NotStarted } from "./exit.ts"
import { ask, type FoundRun } from "./find-run.ts"

export interface SessionWork extends Work {
  readonly status: SessionStatus
}

export interface RunWork {
  readonly repository: Repository
  readonly baseBranch: string
  /** Sessions that ran, in the order in which they did. */
  readonly sessions: ReadonlyArray<SessionWork>
}

/** What git or a workspace says no to is told in a line. */
export const inWords = async <A>(work: Promise<A>): Promise<A> =>
  work.catch((error: unknown) => {
    throw error instanceof Error && "kind" in error && error.kind === "workspace_error" ? new NotStarted(error.message) : error
  })

/** Who added nothing to the branch it started from has that branch. */
export const workOfRun = async ({ journal, entry: { run, root } }: FoundRun): Promise<RunWork> => {
  const ir = await ask(irOf(journal, run))
  const { state, held } = await ask(foldRun(journal, run, ir, { anyway: true }))
  const repository = await inWords(repositoryOf(root))
  const found = await inWords(workIn(repository))
  const branches = new Set(found.flatMap(({ branch }) => branch ?? []))
  const sessions = [...state.sessions.values()].map(({ id, status }): SessionWork => {
    const left = found.find((work) => work.run === run && work.session === id)
    const passedOn = held.get(id)?.branch
    const branch = passedOn !== undefined && branches.has(passedOn) ? passedOn : left?.branch
    return { run, session: id, status, ...(branch === undefined ? {} : { branch }), ...(left?.path === undefined ? {} : { path: left.path }) }
  })
  return { repository, baseBranch: ir.fleet.baseBranch ?? "HEAD", sessions }
}

export const sessionIn = ({ sessions }: RunWork, run: string, id: string): SessionWork => {
  const found = sessions.find(({ session }) => session === id)
  if (found !== undefined) return found
  const near = suggest(
    id,
    sessions.map(({ session }) => session),
  )
  throw new NotStarted(
    `no session ${JSON.stringify(id)} ran in run ${run}${near === undefined ? `; those that did: ${sessions.map(({ session }) => session).join(", ") || "none"}` : `; did you mean ${near}?`}`,
  )
}

/** The branch is this session's, and not one that it only passed on. */
export const isOwn = ({ run, session, branch }: Work): boolean => branch === branchName(run, session)
