/** The agents that have a driver: their programs, and whether they are signed in as far as that can be told without asking anybody. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"

export interface Environment {
  readonly [name: string]: string
}

export interface SignedIn {
  /** Undefined: it cannot be told from here. */
  readonly is: boolean | undefined
  /** By what, or why it cannot be told. Never a secret. */
  readonly by?: string
}

export interface Agent {
  readonly name: string
  /** As a fleet file writes it. */
  readonly driver: string
  /** The name of its driver in the table of drivers. */
  readonly kind: string
  readonly program: string
  /** A variable that says where the program is. */
  readonly variable?: string
  readonly signedIn: (env: Environment, home: string) => Promise<SignedIn>
}

const byVariable = (env: Environment, ...names: ReadonlyArray<string>): SignedIn | undefined => {
  const found = names.find((name) => (env[name] ?? "") !== "")
  return found === undefined ? undefined : { is: true, by: found }
}

/** The record in a JSON file; undefined when there is none. */
const recordIn = async (file: string): Promise<{ readonly [key: string]: unknown } | undefined> => {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"))
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    // What cannot be read signs nobody in.
    return undefined
  }
}

const byFile = async (file: string, ...keys: ReadonlyArray<string>): Promise<SignedIn | undefined> => {
  const record = await recordIn(file)
  if (record === undefined) return undefined
  const has = keys.length === 0 ? Object.keys(record).length > 0 : keys.some((key) => (record[key] ?? "") !== "")
  return has ? { is: true, by: file } : undefined
}

const no: SignedIn = { is: false }
const untold = (by: string): SignedIn => ({ is: undefined, by })

const claude: Agent["signedIn"] = async (env, home) => {
  const file = join(env["CLAUDE_CONFIG_DIR"] ?? join(home, ".claude"), ".credentials.json")
  const found = byVariable(env, "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN") ?? (await byFile(file, "claudeAiOauth"))
  return found ?? (process.platform === "darwin" ? untold("it may be in the keychain") : no)
}

const codex: Agent["signedIn"] = async (env, home) => {
  const directory = env["CODEX_HOME"] ?? join(home, ".codex")
  const found = await byFile(join(directory, "auth.json"), "tokens", "OPENAI_API_KEY")
  if (found !== undefined) return found
  const config = await readFile(join(directory, "config.toml"), "utf8").catch(() => "")
  return /^\s*model_provider\s*=/mu.test(config) ? untold(`${join(directory, "config.toml")} names a provider of its own`) : no
}

const gemini: Agent["signedIn"] = async (env, home) =>
  byVariable(env, "GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_APPLICATION_CREDENTIALS") ??
  (await byFile(join(home, ".gemini", "oauth_creds.json"), "refresh_token", "access_token")) ??
  no

const opencode: Agent["signedIn"] = async (env, home) =>
  (await byFile(join(env["XDG_DATA_HOME"] ?? join(home, ".local", "share"), "opencode", "auth.json"))) ??
  byVariable(env, "ANTHROPIC_API_KEY", "OPENAI_API_KEY") ??
  untold("it also has models that need no account")

const qwen: Agent["signedIn"] = async (env, home) =>
  byVariable(env, "OPENAI_API_KEY") ?? (await byFile(join(home, ".qwen", "oauth_creds.json"), "refresh_token", "access_token")) ?? no

const byKey: Agent["signedIn"] = async (env) =>
  byVariable(env, "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY") ?? untold("it reads more files than are looked at")

const unknown: Agent["signedIn"] = async () => untold("only the agent itself knows")

export const agents: ReadonlyArray<Agent> = [
  { name: "Claude Code", driver: "claude", kind: "claude", program: "claude", variable: "CLAUDE_BIN", signedIn: claude },
  { name: "Codex", driver: "codex", kind: "codex", program: "codex", variable: "CODEX_BIN", signedIn: codex },
  { name: "Gemini CLI", driver: "gemini", kind: "gemini", program: "gemini", signedIn: gemini },
  { name: "OpenCode", driver: "opencode", kind: "opencode", program: "opencode", signedIn: opencode },
  { name: "Qoder", driver: "qoder", kind: "qoder", program: "qodercli", signedIn: unknown },
  { name: "OpenClaude", driver: "openclaude", kind: "openclaude", program: "openclaude", signedIn: byKey },
  { name: "Aider", driver: "aider", kind: "aider", program: "aider", signedIn: byKey },
  { name: "Qwen Code", driver: "acp:qwen", kind: "acp", program: "qwen", signedIn: qwen },
  { name: "GitHub Copilot", driver: "acp:copilot", kind: "acp", program: "copilot", signedIn: unknown },
]
