/** What the tests of whole fleets share: the command line, its events, the installed agents, and git. */
import { execFileSync, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { inject } from "vitest"

export interface Event {
  readonly type: string
  readonly run: string
  readonly session?: string
  readonly status?: string
  readonly text?: string
  readonly prompt?: string
  readonly reasons?: ReadonlyArray<string>
  readonly boundary?: string
  readonly pack?: string
  readonly effect?: string
  readonly scope?: string
  readonly usd?: number
  readonly tokens?: number
  readonly usage?: { readonly usd: number; readonly tokens: number }
  readonly workspace?: { readonly path: string; readonly branch?: string }
}

/** A file of the repository. */
export const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url))

export const run = (
  args: ReadonlyArray<string>,
  cwd: string,
  env: { readonly [name: string]: string },
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, env: { ...process.env, NO_COLOR: "1", ...env }, stdio: ["ignore", "pipe", "pipe"] })
    let [out, err] = ["", ""]
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text
    })
    child.on("error", reject).on("close", (code) => resolve({ code, out, err }))
  })

export const readEvents = (file: string): ReadonlyArray<Event> =>
  readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line): Event => JSON.parse(line))

export const git = (cwd: string, ...args: ReadonlyArray<string>): string =>
  execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@localhost", ...args], { cwd, encoding: "utf8" })

const agents = inject("agents")

/** Why one of the agents cannot be had. */
export const reasonFor = (...names: ReadonlyArray<string>): string | undefined =>
  names.flatMap((name) => {
    const agent = agents[name]
    return agent === undefined ? [`${name} is not installed by test/agents/install.ts`] : agent.ok ? [] : [agent.reason]
  })[0]

export const programOf = (name: string): string => {
  const agent = agents[name]
  return agent?.ok === true ? agent.program : "not installed"
}

export const titled = (title: string, reason: string | undefined): string => (reason === undefined ? title : `${title} (skipped: ${reason})`)
