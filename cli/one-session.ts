/** The fleet of a conversation that no file describes: one session of an agent that is here, in a worktree where there is a repository. */
import { homedir } from "node:os"
import { askGit } from "#plugins/workspaces/git-worktree/git.ts"
import { repositoryOf } from "#plugins/workspaces/git-worktree/repository.ts"
import { findProgram } from "#sdk"
import { agents, type Agent } from "./agents-here.ts"
import { NotStarted } from "./exit.ts"

export interface OneSession {
  readonly text: string
  /** What was chosen, and why. */
  readonly told: ReadonlyArray<string>
}

/** `driver`: as a fleet file writes it; absent: an agent that is installed, signed in before others. Rejects with `NotStarted` where none is. */
export const oneSession = async (directory: string, driver: string | undefined): Promise<OneSession> => {
  const chosen = driver === undefined ? await installed(directory) : { driver, told: driver }
  const place = await placeFor(directory)
  const text = `fleet:\n  name: chat\n${place.base}  sessions:\n    agent: { driver: ${JSON.stringify(chosen.driver)}, workspace: ${place.workspace} }\n  start: agent\n`
  return { text, told: [`you speak to ${chosen.told}; ${place.told}`] }
}

const installed = async (directory: string): Promise<{ readonly driver: string; readonly told: string }> => {
  const env = Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
  const here = agents.filter(({ program, variable }) => findProgram(env[variable ?? ""] ?? program, { directory, path: env["PATH"] ?? "" }) !== undefined)
  const home = env["HOME"] ?? env["USERPROFILE"] ?? homedir()
  const ranked = await Promise.all(here.map(async (agent) => ({ agent, signedIn: (await agent.signedIn(env, home)).is })))
  const [best] = [true, undefined, false].flatMap((wanted) => ranked.filter(({ signedIn }) => signedIn === wanted))
  if (best === undefined)
    throw new NotStarted(
      `there is no fleet.yaml here, and no agent that is known (${agents.map(({ program }) => program).join(", ")}): name a fleet file, or a driver with --driver; fleetwright doctor says what is here`,
    )
  const { agent, signedIn } = best
  return { driver: agent.driver, told: `${named(agent)}${signedIn === false ? ", which is not signed in" : ""}` }
}

const named = ({ name, driver }: Agent): string => `${name} (driver ${driver}; --driver names another)`

interface Site {
  readonly base: string
  readonly workspace: string
  readonly told: string
}

const placeFor = async (directory: string): Promise<Site> => {
  const repository = await repositoryOf(directory).catch((error: unknown) => {
    // Where worktrees cannot be made, the agent works where the person is.
    if (error instanceof Error && "kind" in error && error.kind === "workspace_error") return undefined
    throw error
  })
  if (repository === undefined) return { base: "", workspace: "directory", told: `it works in ${directory} itself, which is no git repository with a commit` }
  const branch = await askGit(repository.top, "symbolic-ref", "--quiet", "--short", "HEAD")
  const base = branch ?? (await askGit(repository.top, "rev-parse", "HEAD")) ?? "HEAD"
  return {
    base: `  base_branch: ${JSON.stringify(base)}\n`,
    workspace: "git-worktree",
    told: `it works in a worktree of its own, from ${branch ?? "what is checked out"}`,
  }
}
