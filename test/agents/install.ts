/**
 * Installs the agents' command lines from npm, outside of the repository (`FLEETWRIGHT_AGENTS`, else a folder of the user's cache), each
 * once for each version. They are pinned: several releases come each week, and what they say changes with them.
 */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, rename, rm, writeFile } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import type { TestProject } from "vitest/node"

interface AgentPackage {
  /** As npm takes it: the packages for one platform hold the program itself. */
  readonly spec: string
  /** The program in `node_modules`. */
  readonly program: string
}

const platform = `${process.platform}-${process.arch}`

/** A program in JavaScript is the same everywhere, and runs by this Node. */
const everywhere = (found: AgentPackage): { readonly [platform: string]: AgentPackage } => ({
  "linux-x64": found,
  "linux-arm64": found,
  "darwin-x64": found,
  "darwin-arm64": found,
})

const packages: { readonly [agent: string]: { readonly [platform: string]: AgentPackage } } = {
  claude: {
    "linux-x64": { spec: "@anthropic-ai/claude-code-linux-x64@2.1.329", program: "@anthropic-ai/claude-code-linux-x64/claude" },
    "linux-arm64": { spec: "@anthropic-ai/claude-code-linux-arm64@2.1.329", program: "@anthropic-ai/claude-code-linux-arm64/claude" },
  },
  codex: {
    "linux-x64": { spec: "@openai/codex@0.169.0-linux-x64", program: "@openai/codex/vendor/x86_64-unknown-linux-musl/bin/codex" },
    "linux-arm64": { spec: "@openai/codex@0.169.0-linux-arm64", program: "@openai/codex/vendor/aarch64-unknown-linux-musl/bin/codex" },
  },
  gemini: everywhere({ spec: "@google/gemini-cli@0.61.0", program: "@google/gemini-cli/bundle/gemini.js" }),
  // these two start the agents above
  "claude-agent-acp": everywhere({ spec: "@agentclientprotocol/claude-agent-acp@0.100.0", program: "@agentclientprotocol/claude-agent-acp/dist/index.js" }),
  "codex-acp": everywhere({ spec: "@agentclientprotocol/codex-acp@2.6.0", program: "@agentclientprotocol/codex-acp/dist/index.js" }),
  qoder: everywhere({ spec: "@qoder-ai/qodercli@1.1.52", program: "@qoder-ai/qodercli/bundle/qodercli.js" }),
  opencode: {
    "linux-x64": { spec: "opencode-linux-x64@1.18.33", program: "opencode-linux-x64/bin/opencode" },
    "linux-arm64": { spec: "opencode-linux-arm64@1.18.33", program: "opencode-linux-arm64/bin/opencode" },
  },
}

export type Installed = { readonly ok: true; readonly program: string } | { readonly ok: false; readonly reason: string }

declare module "vitest" {
  interface ProvidedContext {
    agents: { readonly [agent: string]: Installed }
  }
}

const run = promisify(execFile)

const lastLine = (text: string): string =>
  text
    .trim()
    .split("\n")
    .findLast((line) => line.includes("error")) ?? text.trim().slice(-300)

const install = async (cache: string, agent: string): Promise<Installed> => {
  const found = packages[agent]?.[platform]
  if (found === undefined) return { ok: false, reason: `${agent} is not known for ${platform}` }
  const folder = join(cache, found.spec.replaceAll(/[^\w.-]+/gu, "_"))
  const program = join(folder, "node_modules", found.program)
  if (existsSync(program)) return { ok: true, program }
  // In a folder of its own until it is whole: an install that was cut off must not look like one.
  const part = `${folder}.${process.pid}`
  try {
    await mkdir(part, { recursive: true })
    await writeFile(join(part, "package.json"), '{ "private": true }\n')
    console.log(`installing ${found.spec} into ${folder}`)
    await run("npm", ["install", "--prefix", part, "--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional", "--no-save", found.spec], {
      timeout: 300_000,
    })
    await rm(folder, { recursive: true, force: true })
    await rename(part, folder)
    return existsSync(program) ? { ok: true, program } : { ok: false, reason: `${found.spec} has no ${found.program}` }
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    const said = error instanceof Error && "stderr" in error && typeof error.stderr === "string" ? lastLine(error.stderr) : String(error)
    return { ok: false, reason: `npm could not install ${found.spec}: ${said}` }
  }
}

export default async (project: TestProject): Promise<void> => {
  const cache = process.env["FLEETWRIGHT_AGENTS"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "fleetwright-agents")
  const agents: { [agent: string]: Installed } = {}
  for (const agent of Object.keys(packages)) {
    const installed = await install(cache, agent)
    if (!installed.ok) console.warn(`skipped: ${installed.reason}`)
    agents[agent] = installed
  }
  project.provide("agents", agents)
}
