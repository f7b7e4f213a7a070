/** The configuration of a claude session and the command line that comes of it. */
import { argvField, durationField, optionalFields, textsField } from "#sdk"
import type { DriverContext } from "#sdk"

export interface ClaudeConfig {
  /** The program to start instead of `claude`, with arguments that come before all others. */
  readonly command: ReadonlyArray<string>
  /** Further arguments. */
  readonly args: ReadonlyArray<string>
  readonly allowed_tools: ReadonlyArray<string>
  readonly disallowed_tools: ReadonlyArray<string>
  /** Directories besides the workspace that it may use. */
  readonly add_dirs: ReadonlyArray<string>
  /** Silence, in milliseconds, that fails a turn. */
  readonly stall_timeout: number
}

export const claudeConfig = optionalFields<{ readonly [K in keyof ClaudeConfig]: ClaudeConfig[K] }>({
  command: argvField,
  args: textsField,
  allowed_tools: textsField,
  disallowed_tools: textsField,
  add_dirs: textsField,
  stall_timeout: durationField,
})

const flag = (name: string, value: string | undefined): ReadonlyArray<string> => (value === undefined ? [] : [name, value])
const list = (name: string, values: ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  values === undefined || values.length === 0 ? [] : [name, ...values]

/** Program and arguments for a conversation; none of them goes through a shell. */
export const commandOf = ({ config, ...context }: DriverContext<Partial<ClaudeConfig>>): ReadonlyArray<string> => [
  ...(config.command ?? [context.env["CLAUDE_BIN"] ?? "claude"]),
  ...["-p", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose", "--include-partial-messages", "--permission-prompt-tool", "stdio"],
  ...flag("--model", context.model),
  ...flag("--max-turns", context.maxTurns === undefined ? undefined : String(context.maxTurns)),
  ...flag("--append-system-prompt", context.systemPrompt),
  ...flag("--resume", context.resume),
  ...(context.permissions === "bypass" ? ["--dangerously-skip-permissions"] : []),
  ...list("--allowedTools", config.allowed_tools),
  ...list("--disallowedTools", config.disallowed_tools),
  ...list("--add-dir", config.add_dirs),
  ...(config.args ?? []),
]
