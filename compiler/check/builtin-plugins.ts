/** What comes with the compiler (the plugins page): names, and for drivers the keys and abilities that their manifests declare. */

/** Session keys that only some drivers can honour. */
export type Ability = "model" | "system_prompt" | "max_turns" | "permissions" | "output" | "checkpoint" | "sandbox"

/** `text list`: one text is not enough, since no shell takes it apart. */
export interface DriverKeyDescription {
  readonly type: "text" | "text list" | "number" | "boolean" | "any"
  readonly required: boolean
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

const stall = { stall_timeout: optional("text") }
const ofClaude = {
  ...args,
  ...stall,
  command: optional("text list"),
  allowed_tools: optional("text list"),
  disallowed_tools: optional("text list"),
  add_dirs: optional("text list"),
}
const ofAcp = { ...args, ...stall, mode: optional("text"), auth: optional("text"), protocol: optional("text") }
const ofPty = { ...args, ...stall, idle: optional("text"), prompt_pattern: optional("text") }

export const builtinDrivers: ReadonlyArray<DriverDescription> = [
  driver("claude", everything, ofClaude),
  driver("codex", protocol, { ...args, ...stall, command: optional("text list"), sandbox: optional("text"), price: optional("any") }),
  driver("shell", ["output", "permissions", "sandbox"], { command: { type: "text list", required: true } }, false, { asks: false, usage: "free" }),
  driver("scripted", ["model", "system_prompt", "max_turns", "permissions", "output"]),
  driver("openclaude", everything, ofClaude),
  driver("opencode", protocol, ofAcp),
  driver("qoder", protocol, ofAcp),
  driver("gemini", ["model", "system_prompt", "permissions", "output", "sandbox"], ofAcp),
  driver("aider", ["model", "system_prompt", "permissions", "output", "sandbox"], ofPty, false, { asks: false, usage: "none" }),
  driver("acp", protocol, ofAcp, true),
  driver("a2a", ["system_prompt", "permissions", "output", "checkpoint"], { ...stall, token_env: optional("text") }, true, { asks: false, usage: "none" }),
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
