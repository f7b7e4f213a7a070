/** What a compiled fleet touches, as permissions of Deno. Paths are those of this machine. */
import { resolve, sep } from "node:path"
import { secretsNamed, type Ir } from "#ir"
import type { AgentNeeds } from "#plugins/agent-manifests/agent-needs.ts"

export interface Needs {
  readonly flag: string
  readonly why: ReadonlyArray<string>
}

export interface Grant {
  readonly kind: Kind
  /** Undefined: everything of its kind. */
  readonly what: string | undefined
  readonly why: string
}

const pluginKinds = ["read", "write", "net", "run", "env"] as const
const kinds = [...pluginKinds, "ffi"] as const
type Kind = (typeof kinds)[number]

export interface Places {
  /** The directory of the fleet file. */
  readonly root: string
  /** The git repository it is in, or the same. */
  readonly repository: string
  /** The system's folder for temporary files. */
  readonly temporary: string
  /** Where fleetwright is installed. */
  readonly installed: string
  /** Where Cedar's engine is, if it is. */
  readonly cedar?: string
  /** Where the native code of terminals is, if it is. */
  readonly terminals?: string
  /** What loading each plugin reads, by the name under which the fleet takes it. */
  readonly plugins: ReadonlyMap<string, ReadonlyArray<string>>
  /** What sessions that name an agent or a manifest come to, by the names that the IR has for them. */
  readonly agents: ReadonlyMap<string, AgentNeeds>
}

const quietDrivers: ReadonlySet<string> = new Set(["scripted", "a2a", "grpc"])
const terminalDrivers: ReadonlySet<string> = new Set(["pty", "aider"])
const ownDrivers: ReadonlySet<string> = new Set([
  "shell",
  "claude",
  "codex",
  "acp",
  "a2a",
  "pty",
  "grpc",
  "scripted",
  "openclaude",
  "opencode",
  "qoder",
  "aider",
  "gemini",
  "agent",
])

export const isOwnDriver = (name: string): boolean => ownDrivers.has(name)

const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null && key in value ? Object.entries(value).find(([name]) => name === key)?.[1] : undefined

/** A program and the first argument of a session's `command`. */
const programOf = (use: string, config: unknown): string => {
  const command = fieldOf(config, "command")
  return Array.isArray(command) && typeof command[0] === "string" ? command[0] : use
}

const hostOf = (config: unknown, key: string): string | undefined => {
  const url = fieldOf(config, key)
  return typeof url === "string" && URL.canParse(url) ? new URL(url).host : typeof url === "string" ? url : undefined
}

const isInside = (path: string, folder: string): boolean => path.startsWith(folder.endsWith(sep) ? folder : folder + sep)

/** Each thing that the fleet touches, with what touches it. */
export const grantsOf = (ir: Ir, { root, repository, temporary, installed, cedar, terminals, plugins, agents }: Places): ReadonlyArray<Grant> => {
  const grants: Array<Grant> = []
  const grant = (kind: Kind, what: string | undefined, why: string): void => void grants.push({ kind, what, why })
  grant("read", root, "the fleet and its files")
  if (ir.plugins.some(({ from }) => !from.startsWith("builtin:"))) grant("read", installed, "what plugins import of fleetwright")
  grant("write", `${root}/.fleetwright`, "the journal")
  if (cedar !== undefined && [...ir.policies, ...ir.sessions.flatMap(({ policies }) => policies)].some(({ use }) => use === "cedar"))
    grant("read", cedar, "Cedar's engine")
  // who looks for variables by how their names begin has to look at all of them
  grant("env", undefined, "sessions get the allowed part of the environment")
  for (const { name, from, capabilities } of ir.plugins) {
    if (from.startsWith("builtin:")) continue
    for (const path of plugins.get(from) ?? []) if (!isInside(path, root)) grant("read", path, `the code of plugin ${name}`)
    for (const kind of pluginKinds) for (const what of capabilities[kind]) grant(kind, what, `plugin ${name}`)
  }
  // a group of processes can be stopped only with the permission to run anything: a list would leave what an agent has started behind; what
  // left the group is found by programs, as Deno opens /proc to nobody
  const starts = (why: string): void => grant("run", undefined, `${why}: stopping a program with all it started needs the whole permission`)
  for (const { id, driver, workspace, sandbox, env } of ir.sessions) {
    const agent = agents.get(driver.use)
    const use = agent?.driver ?? driver.use
    for (const path of agent?.reads ?? []) if (!isInside(path, root)) grant("read", path, `the manifest of session ${id} is looked for`)
    if (ownDrivers.has(use) && !quietDrivers.has(use)) starts(`session ${id} runs ${programOf(agent?.program ?? use, driver.with)}`)
    const host = agent?.address === undefined ? hostOf(driver.with, "target") : new URL(agent.address).host
    if ((use === "a2a" || use === "grpc") && host !== undefined) grant("net", host, `session ${id}`)
    if (terminalDrivers.has(use)) {
      grant("read", undefined, `session ${id}: its program is looked for`)
      grant("write", undefined, `session ${id}: terminals are devices`)
      grant("ffi", terminals, `session ${id}: terminals are native code`)
    }
    if (sandbox !== undefined) grant("read", undefined, `the sandbox of session ${id} shows it the system`)
    if (sandbox !== undefined && typeof sandbox.net !== "boolean") {
      // Deno names a socket by its whole path, which is made anew for each session
      grant("net", undefined, `the way out of the sandbox of session ${id} is a socket`)
      grant("write", temporary, `the way out of the sandbox of session ${id} is a socket`)
    }
    if (workspace.use === "git-worktree") {
      starts("workspaces are git worktrees")
      grant("read", repository, "the repository")
      grant("write", repository, "git worktrees and branches")
    }
    if (workspace.use === "directory") grant("write", root, `session ${id} works there`)
    for (const variable of Object.values(env))
      for (const name of "from" in variable ? [variable.from] : secretsNamed(variable)) grant("env", name, `session ${id}`)
  }
  const routers = [ir.mode, ...ir.rules.flatMap(({ cases }) => cases.flatMap(({ action }) => (action.kind === "use" ? [action.plugin] : [])))].filter(
    ({ use }) => use === "llm" || use === "hybrid",
  )
  for (const { with: config } of routers) {
    const host = hostOf(config, "url")
    if (host === undefined) starts(`the model is ${programOf("claude", config)}`)
    else grant("net", host, "the model")
    const token = fieldOf(config, "token_env")
    if (typeof token === "string") grant("env", token, "the model's token")
  }
  return grants
}

/** Without the places that are inside of others; those of plugins may be relative to where fleetwright is started. */
const widest = (kind: Kind, whats: ReadonlyArray<string>): ReadonlyArray<string> =>
  kind === "read" || kind === "write"
    ? whats.filter((what, at) => !whats.some((other, before) => isInside(resolve(what), resolve(other)) || (before < at && resolve(what) === resolve(other))))
    : whats

/** Deno's own way to write a comma that does not part two of them. */
const inList = (what: string): string => what.replaceAll(",", ",,")

/** One flag for each kind of permission. */
export const denoFlags = (ir: Ir, places: Places): ReadonlyArray<Needs> => {
  const grants = grantsOf(ir, places)
  const flags = kinds.flatMap((kind): ReadonlyArray<Needs> => {
    const given = grants.filter((grant) => grant.kind === kind)
    if (given.length === 0) return []
    const why = [...new Set(given.map((one) => one.why))]
    if (given.some(({ what }) => what === undefined))
      return [{ flag: `--allow-${kind}`, why: [...new Set(given.filter(({ what }) => what === undefined).map((one) => one.why))] }]
    const whats = widest(kind, [...new Set(given.flatMap(({ what }) => what ?? []))])
    return [{ flag: `--allow-${kind}=${[...whats].sort().map(inList).join(",")}`, why }]
  })
  return [{ flag: "--no-prompt", why: ["what is not allowed fails at once"] }, ...flags]
}

export interface GrantChanges {
  readonly added: ReadonlyArray<Grant>
  readonly removed: ReadonlyArray<Grant>
}

/** What a newer version of a fleet touches that an older one did not, and what it touches no more. */
export const changedGrants = (older: ReadonlyArray<Grant>, newer: ReadonlyArray<Grant>): GrantChanges => {
  const without = (some: ReadonlyArray<Grant>, others: ReadonlyArray<Grant>): ReadonlyArray<Grant> => {
    const known = new Set(others.map(keyOf))
    return [...new Map(some.map((grant) => [keyOf(grant), grant])).values()].filter((grant) => !known.has(keyOf(grant)))
  }
  return { added: without(newer, older), removed: without(older, newer) }
}

const keyOf = ({ kind, what, why }: Grant): string => JSON.stringify([kind, what, why])
