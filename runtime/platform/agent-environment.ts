/**
 * The environment an agent gets: what every program needs, what the agents sign in with, what the session names; nothing else.
 * Marks of an enclosing agent (`CLAUDECODE`, `CLAUDE_CODE_*`, `CODEX_SANDBOX`, …) are on no list, so they never pass.
 */
import { valueOfEntry, type Session } from "#ir"

export interface Environment {
  readonly [name: string]: string | undefined
}

const names = new Set([
  "PATH",
  "HOME",
  "LANG",
  "TERM",
  "TMPDIR",
  "TEMP",
  "TMP",
  "USER",
  "LOGNAME",
  "SHELL",
  "TZ",
  "SYSTEMROOT",
  "APPDATA",
  "LOCALAPPDATA",
  "USERPROFILE",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "ALL_PROXY",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
  "CLAUDE_CONFIG_DIR",
  "CLAUDE_BIN",
  "CODEX_HOME",
  "CODEX_BIN",
  // What somebody does not want sent is not sent by an agent either.
  "DO_NOT_TRACK",
  "DISABLE_TELEMETRY",
  "DISABLE_ERROR_REPORTING",
  "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
])
const prefixes = ["LC_", "XDG_", "ANTHROPIC_", "OPENAI_", "GEMINI_", "GOOGLE_"]

/** Marks of an enclosing agent among them: Gemini CLI's in what it runs, and of the editor that it belongs to. */
const nested = /^GEMINI_CLI(?:$|_NO_RELAUNCH$|_IDE_)/

/** Whether agents get the variable without being told. */
export const passes = (name: string): boolean => {
  const upper = name.toUpperCase()
  return names.has(upper) || (!nested.test(upper) && prefixes.some((prefix) => upper.startsWith(prefix)))
}

/** By these an agent, and all it starts, is found again (`markNames` of the plugin SDK). */
export interface AgentMarks {
  readonly run: string
  readonly session: string
  /** Which of the processes that drove the run started it: the epoch of its lease. */
  readonly epoch: number
}

/** The environment of one session: the allowed part of the caller's without what is `reserved` for those that name it, then the session's entries, then the marks. */
export const agentEnvironment = (
  caller: Environment,
  entries: Session["env"],
  marks: AgentMarks,
  reserved?: ReadonlySet<string>,
): { readonly [name: string]: string } => {
  const result: { [name: string]: string } = {}
  for (const [name, value] of Object.entries(caller)) if (value !== undefined && passes(name) && reserved?.has(name) !== true) result[name] = value
  for (const [name, entry] of Object.entries(entries)) {
    const value = valueOfEntry(entry, caller)
    if (value !== undefined) result[name] = value
  }
  result["FLEET_RUN"] = marks.run
  result["FLEET_SESSION"] = marks.session
  result["FLEET_EPOCH"] = `${marks.epoch}`
  return result
}
