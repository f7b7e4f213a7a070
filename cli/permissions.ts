import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import type { Ir } from "#ir"
import { agentNeeds } from "#plugins/agent-manifests/agent-needs.ts"
import { placesRead } from "#plugins/loader/index.ts"
import type { Command } from "./command.ts"
import { changedGrants, denoFlags, grantsOf, isOwnDriver, type Grant, type GrantChanges, type Needs, type Places } from "./deno-flags.ts"
import { exit, NotStarted, type ExitCode } from "./exit.ts"
import { loadFleet } from "./load-fleet.ts"
import { quoted } from "./quoted.ts"
import { out } from "./terminal.ts"

export const permissions: Command = {
  usage: "permissions FILE [NEWER]",
  about: "Prints the least that a fleet needs under Deno, as flags, with what each is for; of two files, what the second touches more and less than the first.",
  options: { format: { type: "string", choices: ["pretty", "json", "flags"], about: "how to print (pretty); flags: one line for a command line" } },
  positionals: { least: 1, most: 2 },
  run: async (given) => {
    const [path = "", newer] = given.positionals
    const format = given.text("format")
    if (newer !== undefined) return compare(path, newer, format)
    const ir = await loadFleet(path, { headless: false })
    const needs = denoFlags(ir, await placesOf(dirname(resolve(path)), ir))
    if (format === "json") out(`${JSON.stringify({ needs }, null, 2)}\n`)
    else if (format === "flags") out(`${needs.map(({ flag }) => flag).join(" ")}\n`)
    else out(pretty(needs, path))
    return exit.fine
  },
}

/** Both as if they stood where the newer one does: an older version is often read out of somewhere else. */
const compare = async (older: string, newer: string, format: string | undefined): Promise<ExitCode> => {
  if (format === "flags") throw new NotStarted("--format flags is for one file; of two, pretty and json tell what changed")
  const before = await loadFleet(older, { headless: false })
  const after = await loadFleet(newer, { headless: false })
  const root = dirname(resolve(newer))
  const changes = changedGrants(grantsOf(before, await placesOf(root, before)), grantsOf(after, await placesOf(root, after)))
  out(format === "json" ? `${JSON.stringify(changes, null, 2)}\n` : prettyChanges(changes))
  return exit.fine
}

const prettyChanges = ({ added, removed }: GrantChanges): string => {
  if (added.length + removed.length === 0) return "both need the same\n"
  const width = Math.min(60, Math.max(...[...added, ...removed].map(({ what = "" }) => what.length), "anything".length))
  const row = (sign: string, { kind, what = "anything", why }: Grant): string => `${sign} ${kind.padEnd(5)}  ${what.padEnd(width)}  ${why}\n`
  return [...added.map((grant) => row("+", grant)), ...removed.map((grant) => row("-", grant))].join("")
}

const installed = fileURLToPath(new URL("..", import.meta.url))

const placesOf = async (root: string, ir: Ir): Promise<Places> => {
  let repository = root
  while (!existsSync(join(repository, ".git")) && dirname(repository) !== repository) repository = dirname(repository)
  const cedar = placeOf("@cedar-policy/cedar-wasm/nodejs")
  const pty = placeOf("@lydell/node-pty")
  const uses = [...new Set(ir.sessions.map(({ driver }) => driver.use))]
  const agents = await Promise.all(uses.map(async (use) => [use, await agentNeeds(use, root, isOwnDriver)] as const))
  const taken = ir.plugins.map(({ from }) => from).filter((from) => !from.startsWith("builtin:"))
  return {
    plugins: new Map(await Promise.all(taken.map(async (from) => [from, await placesRead(from, root)] as const))),
    agents: new Map(agents.flatMap(([use, needs]) => (needs === undefined ? [] : [[use, needs] as const]))),
    root,
    temporary: tmpdir(),
    repository: existsSync(join(repository, ".git")) ? repository : root,
    installed: installed.replace(/[/\\]$/, ""),
    ...(cedar === undefined ? {} : { cedar }),
    // its binaries are packages beside it
    ...(pty === undefined ? {} : { terminals: dirname(pty) }),
  }
}

/** Undefined where it is not installed: a fleet that needs it is then refused, with the reason. */
const placeOf = (name: string): string | undefined => {
  try {
    return dirname(createRequire(import.meta.url).resolve(name))
  } catch {
    return undefined
  }
}

const pretty = (needs: ReadonlyArray<Needs>, path: string): string => {
  const width = Math.min(60, Math.max(...needs.map(({ flag }) => flag.length)))
  const rows = needs.map(({ flag, why }) => `  ${flag.padEnd(width)}  ${why.join("; ")}\n`)
  return `${rows.join("")}\ndeno run ${needs.map(({ flag }) => quoted(flag)).join(" ")} npm:fleetwright run ${quoted(path)}\n`
}
