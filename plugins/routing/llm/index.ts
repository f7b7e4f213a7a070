/** `llm`: a language model decides what follows. Whatever it answers is checked like every plugin's answer: declared sessions, nothing widened. */
import { argvField, defineRouting, optionalFields, textField, type ConfigSchema, type FieldRule } from "#sdk"
import { askEndpoint, askProgram } from "./model.ts"
import { defaultSystemPrompt, promptOf } from "./prompt.ts"
import { readAnswer } from "./read-answer.ts"

interface LlmConfig {
  readonly command?: ReadonlyArray<string>
  readonly url?: string
  readonly model?: string
  readonly token_env?: string
  readonly system_prompt?: string
  readonly timeout_ms?: number
  readonly max_decisions?: number
  readonly max_context_chars?: number
}

const count = (least: number, most: number): FieldRule<number> => ({
  expected: `a number from ${least} to ${most}`,
  jsonSchema: { type: "number", minimum: least, maximum: most },
  read: (value) => (typeof value === "number" && value >= least && value <= most ? value : undefined),
})

const urlField: FieldRule<string> = {
  expected: "an address that begins with http:// or https://",
  jsonSchema: { type: "string", pattern: "^https?://" },
  read: (value) => (typeof value === "string" && /^https?:\/\//.test(value) && URL.canParse(value) ? value : undefined),
}

const config: ConfigSchema<LlmConfig> = optionalFields({
  command: argvField,
  url: urlField,
  model: textField,
  token_env: textField,
  system_prompt: textField,
  timeout_ms: count(1, 600_000),
  max_decisions: count(1, 100),
  max_context_chars: count(0, 1_000_000),
})

const defaultTimeoutMs = 60_000

export const llm = defineRouting({
  config,
  // the longest that can be configured: the configured time is kept here
  timeoutMs: 600_000,
  decide: async ({ session, view, config: given, directory, env, signal }) => {
    const { command = ["claude", "-p"], url, model, token_env: tokenEnv, system_prompt: system = defaultSystemPrompt } = given
    const timeoutMs = given.timeout_ms ?? defaultTimeoutMs
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), timeoutMs)
    const asked = { system, prompt: promptOf(session, view, given.max_context_chars ?? 4000), directory, env, signal: AbortSignal.any([signal, late.signal]) }
    try {
      const endpoint = url === undefined ? undefined : { url, ...(model === undefined ? {} : { model }), ...(tokenEnv === undefined ? {} : { tokenEnv }) }
      const answer = await (endpoint === undefined ? askProgram(command, asked) : askEndpoint(endpoint, asked))
      if (late.signal.aborted) throw new Error("the model was stopped")
      return readAnswer(answer, given.max_decisions ?? 5, view)
    } catch (error) {
      if (late.signal.aborted) throw new Error(`the model takes longer than ${timeoutMs / 1000} s`)
      throw error
    } finally {
      clearTimeout(timer)
    }
  },
})
