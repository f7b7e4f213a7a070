/** CAP agent manifests (CAP v1, section 5): TOML that says how an agent is started and spoken to. */
import * as Result from "effect/Result"
import { parse } from "effect/encoding/Toml"
import { safePattern } from "#sdk"
import { isPermitted, type ToolLists } from "./tool-lists.ts"

export interface AgentManifest {
  readonly name: string
  readonly binary: string
  /** The start of the command line. */
  readonly command: ReadonlyArray<string>
  readonly modelArg?: string
  readonly cwdArg?: string
  readonly sessionIdEnv?: string
  readonly initTimeoutMs?: number
  /** How it is spoken to by protocols: command lines, and an address. */
  readonly streamJson?: ReadonlyArray<string>
  readonly acp?: ReadonlyArray<string>
  readonly a2a?: string
  readonly columns: number
  readonly rows: number
  /** What its terminal shows in the last line when it waits. */
  readonly idle: string
  /** What other lines mean, by the names that they have under `parse`. */
  readonly parse: { readonly [name: string]: ReadonlyArray<string> }
  /** Of the coding profile: what files it may reach by us, and how many commands it may run at once. `unrestricted` is as far as the project, no farther. */
  readonly coding?: Coding
  /** The tools that it may use at all: of those that are allowed, which none means all, those that are not denied. */
  readonly tools?: ToolLists
  /** Whether Ctrl-C stops its turn and nothing else. */
  readonly cancelsTurns: boolean
}

export interface Coding {
  readonly fs_scope: "workspace_only" | "project_root"
  readonly fs_methods: ReadonlyArray<string>
  readonly terminals: number
}

export type ReadManifest = { readonly ok: true; readonly manifest: AgentManifest } | { readonly ok: false; readonly problems: ReadonlyArray<string> }

type Table = { readonly [key: string]: unknown }

const isTable = (value: unknown): value is Table => typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)
const tableOf = (value: unknown): Table => (isTable(value) ? value : {})
const isText = (value: unknown): value is string => typeof value === "string" && value !== "" && !value.includes("\0")
const isArgv = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === "string" && !part.includes("\0")) && value[0] !== ""

const idleByDefault = ["^>\\s*$", "^❯\\s*$"]

/** Look-around and back-references, which a pattern that is not run here may not have either. */
const isOutside = (pattern: string): boolean => /\(\?(?:[=!]|<[=!])|\\[1-9]/u.test(pattern)

/** Of `[parse]` besides `idle`. */
const lineNames = ["tool_call_start", "tool_call_end", "plan_section", "thought_section", "ask_yes_no", "ask_options", "error_lines"]

const texts = (value: unknown): ReadonlyArray<string> => (Array.isArray(value) ? value : [value]).filter(isText)

const problemsIn = (root: Table): ReadonlyArray<string> => {
  const [agent, startup, pty, parsing, capabilities] = ["agent", "startup", "pty", "parse", "capabilities"].map((name) => tableOf(root[name]))
  const problems: Array<string> = []
  const need = (holds: boolean, what: string): void => {
    if (!holds) problems.push(what)
  }
  need(isText(agent?.["name"]), "agent.name: expected text")
  need(isText(agent?.["binary"]), "agent.binary: expected the name or the path of a program")
  need(Array.isArray(agent?.["profiles"]), "agent.profiles: expected a list, which may be empty")
  need(isArgv(startup?.["command"]), "startup.command: expected a list of texts: a program and its arguments")
  need(isText(tableOf(startup?.["ready_when"])["pattern"]), "startup.ready_when.pattern: expected a regular expression")
  for (const size of ["cols", "rows"]) need(Number.isInteger(pty?.[size]) && Number(pty?.[size]) > 0, `pty.${size}: expected a whole number above 0`)
  need(typeof capabilities?.["streaming_output"] === "boolean", "capabilities.streaming_output: expected true or false")
  for (const [name, value] of Object.entries(parsing ?? {}))
    for (const pattern of texts(value)) need(!isOutside(pattern), `parse.${name}: look-around and back-references are not allowed in ${pattern}`)
  for (const pattern of [...["idle", ...lineNames].flatMap((name) => texts(parsing?.[name])), ...texts(tableOf(startup?.["ready_when"])["pattern"])]) {
    const read = safePattern(pattern)
    need(read.ok, `the pattern ${pattern} is not understood${read.ok ? "" : `: ${read.message}`}`)
  }
  const coding = capabilities?.["coding"]
  need(
    coding === undefined || ["workspace_only", "project_root", "unrestricted"].some((scope) => scope === tableOf(tableOf(coding)["fs"])["scope"]),
    "capabilities.coding.fs.scope: expected workspace_only, project_root or unrestricted",
  )
  for (const name of ["tools_allowed", "tools_denied"]) {
    const list = tableOf(coding)[name]
    need(list === undefined || (Array.isArray(list) && list.every(isText)), `capabilities.coding.${name}: expected a list of names of tools`)
  }
  const paths = tableOf(root["fast_path"])
  for (const name of ["stream_json", "acp_stdio"])
    need([undefined, true, false].includes(paths[name] as boolean) || isArgv(paths[name]), `fast_path.${name}: expected true, false, or a list of texts`)
  for (const name of ["grpc", "a2a_serve_at"])
    need(paths[name] === undefined || paths[name] === false || isText(paths[name]), `fast_path.${name}: expected false or an address`)
  const address = paths["a2a_serve_at"]
  need(
    !isText(address) || /^https?:$/u.test(URL.canParse(address) ? new URL(address).protocol : ""),
    "fast_path.a2a_serve_at: expected an http or https address",
  )
  return problems
}

const mostTerminals = 64
const fileMethods = ["read", "write", "list", "exists", "delete", "watch"]

const toolsOf = (coding: Table): ToolLists => ({ allowed: texts(coding["tools_allowed"]), denied: texts(coding["tools_denied"]) })

/** Four commands at once, as the profile's example has it, where the manifest names no number. */
const codingOf = (coding: Table): Coding => {
  const mayUse = (tool: string): boolean => isPermitted(toolsOf(coding), tool)
  const [files, terminal] = [tableOf(coding["fs"]), tableOf(coding["terminal"])]
  const most = terminal["concurrent_max"]
  const terminals = typeof most === "number" && Number.isInteger(most) && most > 0 ? Math.min(most, mostTerminals) : 4
  return {
    fs_scope: files["scope"] === "workspace_only" ? "workspace_only" : "project_root",
    fs_methods: fileMethods.filter((method) => files[method] === true && mayUse(`cap.fs.${method}`)),
    terminals: terminal["enabled"] === true && mayUse("cap.terminal.create") ? terminals : 0,
  }
}

/** The text of a manifest. All that is wrong with it is told. */
export const readManifest = (text: string): ReadManifest => {
  const parsed = parse(text)
  if (Result.isFailure(parsed)) return { ok: false, problems: [`it is not TOML: ${parsed.failure.message}`] }
  const root = parsed.success
  const problems = problemsIn(root)
  const [agent, startup, paths, parsing, pty, capabilities] = ["agent", "startup", "fast_path", "parse", "pty", "capabilities"].map((name) =>
    tableOf(root[name]),
  )
  const command = startup?.["command"]
  const { name, binary } = agent ?? {}
  if (problems.length > 0 || !isArgv(command) || !isText(name) || !isText(binary)) return { ok: false, problems }
  const argvOf = (value: unknown): ReadonlyArray<string> | undefined => (value === true ? command : isArgv(value) ? value : undefined)
  const named = <Key extends string>(key: Key, value: unknown) => (isText(value) ? { [key]: value } : {}) as { readonly [K in Key]?: string }
  const seconds = startup?.["init_timeout_seconds"]
  const [streamJson, acp] = [argvOf(paths?.["stream_json"]), argvOf(paths?.["acp_stdio"])]
  const idle = texts(parsing?.["idle"])
  const cancel = capabilities?.["mid_turn_cancel"] ?? pty?.["sigint_cancels_turn"] ?? "hard"
  return {
    ok: true,
    manifest: {
      name,
      binary,
      command,
      ...named("modelArg", startup?.["model_arg"]),
      ...named("cwdArg", startup?.["cwd_arg"]),
      ...named("sessionIdEnv", startup?.["session_id_env"]),
      ...(typeof seconds === "number" && seconds > 0 ? { initTimeoutMs: seconds * 1000 } : {}),
      ...(streamJson === undefined ? {} : { streamJson }),
      ...(acp === undefined ? {} : { acp }),
      ...named("a2a", paths?.["a2a_serve_at"]),
      idle: (idle.length === 0 ? idleByDefault : idle).map((pattern) => `(?:${pattern})`).join("|"),
      columns: Number(pty?.["cols"]),
      rows: Number(pty?.["rows"]),
      parse: Object.fromEntries(lineNames.flatMap((name) => (texts(parsing?.[name]).length === 0 ? [] : [[name, texts(parsing?.[name])]]))),
      ...(capabilities?.["coding"] === undefined ? {} : { coding: codingOf(tableOf(capabilities["coding"])), tools: toolsOf(tableOf(capabilities["coding"])) }),
      cancelsTurns: cancel === "graceful",
    },
  }
}
