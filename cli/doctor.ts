import { homedir } from "node:os"
import type { Driver, DriverCapabilities } from "#sdk"
import { agentEnvironment } from "#runtime/platform/agent-environment.ts"
import { agents, type Agent, type Environment, type SignedIn } from "./agents-here.ts"
import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { isAtLeast, probeProgram, type Probed } from "./probe-program.ts"
import { out } from "./terminal.ts"
import { version } from "./version.ts"

export const doctor: Command = {
  usage: "doctor",
  about:
    "Says what is here: git, the runtime, the agents with their versions, whether they are signed in, and what their drivers can do. Starts no agent and uses no network.",
  options: { format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" } },
  positionals: { least: 0, most: 0 },
  run: async (given) => {
    // What an agent would get: a key that does not reach it signs nobody in.
    const { FLEET_RUN: _run, FLEET_SESSION: _session, FLEET_EPOCH: _epoch, ...env } = agentEnvironment(process.env, {}, { run: "", session: "", epoch: 0 })
    const { builtinDrivers } = await import("#plugins")
    const [tools, found] = await Promise.all([toolsHere(env), agentsHere(env, builtinDrivers)])
    const drivers = Object.entries(builtinDrivers).map(([name, { capabilities }]) => ({ name, can: abilities(capabilities) }))
    const ok = tools.every(({ ok: fine, needed }) => fine || !needed)
    if (given.text("format") === "json") out(`${JSON.stringify({ ok, fleetwright: version(), tools, drivers, agents: found }, null, 2)}\n`)
    else out(`${tools.map(toldTool).join("")}\n${found.map(toldAgent).join("")}`)
    return ok ? exit.fine : exit.failed
  },
}

interface Tool {
  readonly name: string
  readonly ok: boolean
  /** Nothing runs without it. */
  readonly needed: boolean
  readonly version?: string
  readonly note?: string
}

const leastNode = "22.19"
const leastGit = "2.31"
const gitThatCompares = "2.38"

const toolsHere = async (env: Environment): Promise<ReadonlyArray<Tool>> => {
  const [git, deno, repository, journal, terminals] = await Promise.all([
    probeProgram(["git", "--version"], env),
    probeProgram(["deno", "--version"], env),
    repositoryHere(),
    journalHere(),
    terminalsHere(),
  ])
  return [
    runtime(),
    gitTool(git),
    repository,
    journal,
    {
      name: "deno",
      ok: deno.found && deno.problem === undefined,
      needed: false,
      ...versionOf(deno),
      ...(deno.found ? {} : { note: "not installed; fleets also run under Deno" }),
    },
    terminals,
    await sandboxHere(env),
    await leftoversHere(),
  ]
}

const runtime = (): Tool => {
  if ("Deno" in globalThis) return { name: "runtime", ok: true, needed: true, version: `Deno (as Node ${process.versions.node})` }
  const { node } = process.versions
  const ok = isAtLeast(node, leastNode)
  return { name: "runtime", ok, needed: true, version: `Node ${node}`, ...(ok ? {} : { note: `Node ${leastNode} or newer is needed` }) }
}

const sandboxHere = async (env: Environment): Promise<Tool> => {
  const { bwrapProblem } = await import("#runtime/platform/bwrap.ts")
  const problem = await bwrapProblem(env)
  return {
    name: "bwrap",
    ok: problem === undefined,
    needed: false,
    ...(problem === undefined ? {} : { note: `${problem}; fleets with "sandbox: bwrap" do not start` }),
  }
}

const gitTool = (git: Probed): Tool => {
  if (!git.found) return { name: "git", ok: false, needed: true, note: "not installed; worktrees need it" }
  const old = git.version === undefined || !isAtLeast(git.version, leastGit)
  const blind = git.version !== undefined && !old && !isAtLeast(git.version, gitThatCompares)
  const note = git.problem ?? (old ? `${leastGit} or newer is needed` : blind ? `no warning of work that conflicts before ${gitThatCompares}` : undefined)
  return { name: "git", ok: git.problem === undefined && !old, needed: true, ...versionOf(git), ...(note === undefined ? {} : { note }) }
}

const versionOf = ({ version: found }: Probed): { readonly version?: string } => (found === undefined ? {} : { version: found })

const reasonOf = (error: unknown): string => (error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error))

/** Whether worktrees can be made where the command runs. */
const repositoryHere = async (): Promise<Tool> => {
  const { repositoryOf } = await import("#plugins/workspaces/git-worktree/repository.ts")
  return repositoryOf(process.cwd()).then(
    ({ top }) => ({ name: "repository", ok: true, needed: false, note: top }),
    (error: unknown) => ({ name: "repository", ok: false, needed: false, note: reasonOf(error) }),
  )
}

const journalHere = async (): Promise<Tool> => {
  try {
    const { DatabaseSync } = await import("node:sqlite")
    const database = new DatabaseSync(":memory:")
    const found = database.prepare("select sqlite_version() as version").get()?.["version"]
    database.close()
    return { name: "sqlite", ok: true, needed: true, version: String(found) }
  } catch (error) {
    return { name: "sqlite", ok: false, needed: true, note: `no journal can be kept: ${reasonOf(error)}` }
  }
}

const terminalsHere = async (): Promise<Tool> => {
  const { loadTerminals } = await import("#plugins/drivers/pty/terminal.ts")
  return loadTerminals().then(
    () => ({ name: "terminals", ok: true, needed: false }),
    (error: unknown) => ({ name: "terminals", ok: false, needed: false, note: reasonOf(error) }),
  )
}

/** Whether the agents of a run that was killed can be found. */
const leftoversHere = async (): Promise<Tool> => {
  const { findsMarks } = await import("#sdk")
  const note = `agents that a killed run left are not found on ${process.platform}: stop them by hand before \`resume\``
  return { name: "leftovers", ok: findsMarks, needed: false, ...(findsMarks ? {} : { note }) }
}

interface AgentHere {
  readonly name: string
  readonly driver: string
  readonly program: string
  readonly installed: boolean
  readonly version?: string
  readonly problem?: string
  /** Null: it cannot be told. */
  readonly signed_in: boolean | null
  readonly signed_in_by?: string
  /** What its driver can do, by the names of fleet files and of the driver contract. */
  readonly can: ReadonlyArray<string>
}

const agentsHere = async (env: Environment, drivers: { readonly [name: string]: Driver }): Promise<ReadonlyArray<AgentHere>> => {
  const quiet = { ...env, DISABLE_AUTOUPDATER: "1", OPENCODE_DISABLE_AUTOUPDATE: "1", NO_UPDATE_NOTIFIER: "1" }
  return Promise.all(
    agents.map(async (agent): Promise<AgentHere> => {
      const { name, driver, kind } = agent
      const program = env[agent.variable ?? ""] ?? agent.program
      const [{ found, version: which, problem }, signedIn] = await Promise.all([probeProgram([program, "--version"], quiet), signedInto(agent, env)])
      return {
        name,
        driver,
        program,
        installed: found,
        ...(which === undefined ? {} : { version: which }),
        ...(problem === undefined ? {} : { problem }),
        signed_in: signedIn.is ?? null,
        ...(signedIn.by === undefined ? {} : { signed_in_by: signedIn.by }),
        can: abilities(drivers[kind]?.capabilities),
      }
    }),
  )
}

const signedInto = ({ signedIn }: Agent, env: Environment): Promise<SignedIn> => signedIn(env, env["HOME"] ?? env["USERPROFILE"] ?? homedir())

const words: { readonly [capability: string]: string } = {
  model: "model",
  systemPrompt: "system_prompt",
  maxTurns: "max_turns",
  resume: "resume",
  queuedInput: "queued input",
  cancelTurn: "cancel a turn",
  permission: "ask for permissions",
  structuredOutput: "structured output",
}

const abilities = (capabilities: DriverCapabilities | undefined): ReadonlyArray<string> => {
  const has = new Map(Object.entries(capabilities ?? {}))
  const flags = Object.entries(words).flatMap(([name, word]) => (has.get(name) === true ? [word] : []))
  return has.has("usage") && has.get("usage") !== "none" ? [...flags, "tell usage"] : flags
}

const toldTool = ({ name, ok, version: which, note }: Tool): string =>
  `${`${ok ? "ok " : "no "} ${name.padEnd(12)}${[which, note].filter((part) => part !== undefined).join("; ")}`.trimEnd()}\n`

const toldAgent = ({ driver, program, installed, version: which, problem, signed_in: is, signed_in_by: by, can }: AgentHere): string => {
  if (!installed) return `no  ${driver.padEnd(12)}\`${program}\` is not installed\n`
  const signed = is === null ? `whether it is signed in cannot be told${by === undefined ? "" : `: ${by}`}` : is ? `signed in (${by})` : "not signed in"
  return `${problem === undefined && is !== false ? "ok " : "no "} ${driver.padEnd(12)}${problem ?? which ?? "version unknown"}; ${signed}\n    ${" ".repeat(12)}can ${can.join(", ")}\n`
}
