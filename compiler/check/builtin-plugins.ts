/** What comes with the compiler (the plugins page): names, and for drivers the keys and abilities that their manifests declare. */

/** Session keys that only some drivers can honour. */
export type Ability = "model" | "system_prompt" | "max_turns" | "permissions" | "output" | "checkpoint" | "sandbox"

/** `text list`: one text is not enough, since no shell takes it apart; a `command` is one that names a program. */
export interface DriverKeyDescription {
  readonly type: "text" | "text list" | "command" | "duration" | "count" | "any"
  readonly required: boolean
  /** of a text: which it may be */
  readonly choices?: ReadonlyArray<string>
  /** of a count, which is a whole number */
  readonly least?: number
  readonly most?: number
}

export interface DriverDescription {
  readonly name: string
  readonly version: string
  /** what comes before the colon: the driver is written `name:target` */
  readonly scheme: boolean
  readonly keys: { readonly [key: string]: DriverKeyDescription }
  readonly abilities: ReadonlyArray<Ability>
  /** false: its agent never asks for a permission */
  readonly asks?: boolean
  /** what it tells of costs: nothing, though it may cost; `free` when it costs nothing. Absent: all there is to tell */
  readonly usage?: "none" | "free"
}

const everything: ReadonlyArray<Ability> = ["model", "system_prompt", "max_turns", "permissions", "output", "checkpoint", "sandbox"]
const protocol: ReadonlyArray<Ability> = ["model", "system_prompt", "permissions", "output", "checkpoint", "sandbox"]
const optional = (type: DriverKeyDescription["type"]): DriverKeyDescription => ({ type, required: false })
const choice = (...choices: ReadonlyArray<string>): DriverKeyDescription => ({ type: "text", required: false, choices })
const count = (least: number, most: number): DriverKeyDescription => ({ type: "count", required: false, least, most })
const args = { args: optional("text list") }

type More = Pick<DriverDescription, "asks" | "usage">

const driver = (name: string, abilities: ReadonlyArray<Ability>, keys: DriverDescription["keys"] = {}, scheme = false, more: More = {}): DriverDescription => ({
  name,
  version: "1.0.0",
  scheme,
  keys,
  abilities,
  ...more,
})

const stall = { stall_timeout: optional("duration") }
const ofClaude = {
  ...args,
  ...stall,
  command: optional("command"),
  allowed_tools: optional("text list"),
  disallowed_tools: optional("text list"),
  add_dirs: optional("text list"),
}
const ofAcp = {
  ...args,
  ...stall,
  mode: optional("text"),
  auth: optional("text"),
  protocol: choice("1", "2"),
  fs_scope: choice("workspace_only", "project_root"),
  fs_methods: optional("any"),
  terminals: count(0, 64),
}
const ofPty = {
  ...args,
  ...stall,
  idle: optional("duration"),
  prompt_pattern: optional("text"),
  prompt_lines: count(1, 50),
  parse: optional("any"),
  columns: count(1, 1000),
  rows: count(1, 1000),
}
const ofCodex = {
  ...args,
  ...stall,
  command: optional("command"),
  sandbox: choice("read-only", "workspace-write", "danger-full-access"),
  price: optional("any"),
}

export const builtinDrivers: ReadonlyArray<DriverDescription> = [
  driver("claude", everything, ofClaude),
  driver("codex", protocol, ofCodex),
  driver("shell", ["output", "permissions", "sandbox"], { command: { type: "command", required: true } }, false, { asks: false, usage: "free" }),
  driver("scripted", ["model", "system_prompt", "max_turns", "permissions", "output"]),
  driver("openclaude", everything, ofClaude),
  driver("opencode", protocol, ofAcp),
  driver("qoder", protocol, ofAcp),
  driver("gemini", ["model", "system_prompt", "permissions", "output", "sandbox"], ofAcp),
  driver("aider", ["model", "system_prompt", "permissions", "output", "sandbox"], ofPty, false, { asks: false, usage: "none" }),
  driver("acp", protocol, ofAcp, true),
  driver("a2a", ["system_prompt", "permissions", "output", "checkpoint"], { ...stall, token_env: optional("text"), extension: optional("text") }, true, {
    asks: false,
    usage: "none",
  }),
  driver("pty", ["system_prompt", "permissions", "output", "sandbox"], ofPty, true, { asks: false, usage: "none" }),
  // an address that CAP knows; it can be checked and simulated, and `run` says that nothing speaks it
  driver("grpc", protocol, { token_env: optional("text") }, true),
]

export const builtinPolicies = ["baseline", "secrets", "shell-rules", "read-only", "cedar"] as const
export const builtinWorkspaces = ["git-worktree", "directory", "none"] as const
/** Whether a workspace is a session's own. */
export const isolatedWorkspaces: { readonly [name: string]: boolean | undefined } = { "git-worktree": true, directory: false, none: false }
/** The routing plugin that a rule may use without loading anything. */
export const builtinRouter = "llm"
export const builtinModes = ["static", "llm", "hybrid"] as const
export const builtinVersion = "1.0.0"
