/** The configuration of a codex session, and what of the session it says to Codex. */
import type { Json, PermissionMode } from "#ir"
import { argvField, choiceField, durationField, fieldsOf, numberOf, optionalFields, textsField } from "#sdk"
import type { DriverContext, FieldRule, Fields } from "#sdk"

const sandboxes = ["read-only", "workspace-write", "danger-full-access"] as const
export type Sandbox = (typeof sandboxes)[number]

/** US dollars for a million tokens. Codex reports tokens only. */
export interface Price {
  readonly input: number
  /** Input that the service had in its cache. */
  readonly cached: number
  readonly output: number
}

export interface CodexConfig {
  /** The program to start instead of `codex`, with arguments that come before all others. */
  readonly command: ReadonlyArray<string>
  /** Options of Codex itself, such as `-c key=value`. */
  readonly args: ReadonlyArray<string>
  readonly sandbox: Sandbox
  /** Silence, in milliseconds, that fails a turn. */
  readonly stall_timeout: number
  readonly price: Price
}

export type CodexContext = DriverContext<Partial<CodexConfig>>

const isAmount = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0

const priceField: FieldRule<Price> = {
  expected: "US dollars for a million tokens: `input`, `output` and, when it differs, `cached`",
  jsonSchema: {
    type: "object",
    properties: { input: { type: "number" }, cached: { type: "number" }, output: { type: "number" } },
    required: ["input", "output"],
    additionalProperties: false,
  },
  read: (value) => {
    if (typeof value !== "object" || value === null || Object.keys(value).some((key) => !["input", "cached", "output"].includes(key))) return undefined
    const { input, cached = input, output }: { readonly input?: unknown; readonly cached?: unknown; readonly output?: unknown } = value
    return isAmount(input) && isAmount(cached) && isAmount(output) ? { input, cached, output } : undefined
  },
}

export const codexConfig = optionalFields<{ readonly [K in keyof CodexConfig]: CodexConfig[K] }>({
  command: argvField,
  args: textsField,
  sandbox: choiceField(...sandboxes),
  stall_timeout: durationField,
  price: priceField,
})

/** Program and options, before the subcommand; none of them goes through a shell. */
export const programOf = ({ config, env }: CodexContext): ReadonlyArray<string> => [
  ...(config.command ?? [env["CODEX_BIN"] ?? "codex"]),
  ...(config.args ?? []),
]

const sandboxFor: { readonly [mode in PermissionMode]: Sandbox } = {
  ask: "workspace-write",
  allow: "workspace-write",
  deny: "read-only",
  bypass: "danger-full-access",
}

export const sandboxOf = ({ config, permissions }: CodexContext): Sandbox => config.sandbox ?? sandboxFor[permissions]

/** For starting and resuming a thread. All but the harmless commands are asked for: the fleet decides, not Codex. */
export const threadParams = (context: CodexContext): Fields => ({
  cwd: context.directory,
  approvalPolicy: context.permissions === "bypass" ? "never" : "untrusted",
  sandbox: sandboxOf(context),
  ...(context.model === undefined ? {} : { model: context.model }),
  ...(context.systemPrompt === undefined ? {} : { developerInstructions: context.systemPrompt }),
})

export interface Tokens {
  readonly input: number
  readonly cached: number
  readonly output: number
}

/** Of the app server's `total`, and of the `usage` of exec: both are of the whole thread. */
export const tokensOf = (usage: Json | undefined): Tokens => {
  const of = fieldsOf(usage)
  const figure = (camel: string, snake: string): number => numberOf(of[camel]) + numberOf(of[snake])
  return {
    input: figure("inputTokens", "input_tokens"),
    cached: figure("cachedInputTokens", "cached_input_tokens"),
    output: figure("outputTokens", "output_tokens"),
  }
}

export const costOf = ({ input, cached, output }: Tokens, price: Price): number =>
  (Math.max(0, input - cached) * price.input + cached * price.cached + output * price.output) / 1_000_000
