/** The configuration of a session with a program that only knows terminals. */
import { durationField, optionalFields, safePattern, textsField, withTarget } from "#sdk"
import type { DriverContext, FieldRule, SafePattern } from "#sdk"

export type PromptPattern = Extract<SafePattern, { readonly ok: true }>

export interface PtyOptions {
  /** What follows the program on the command line. */
  readonly args: ReadonlyArray<string>
  /** Silence, in milliseconds, after which the program is done, when it shows its prompt or is known by nothing else. */
  readonly idle: number
  /** Found in one of the last four lines that are not empty when the program waits for its user. */
  readonly prompt_pattern: PromptPattern
  /** Silence, in milliseconds, that fails a turn. */
  readonly stall_timeout: number
}

export type PtyConfig = Partial<PtyOptions> & { readonly target: string }
export type PtyContext = DriverContext<PtyConfig>

const patternField: FieldRule<PromptPattern> = {
  expected: "a regular expression without look-around and back-references",
  jsonSchema: { type: "string", minLength: 1 },
  read: (value) => {
    const pattern = typeof value === "string" && value !== "" ? safePattern(value) : undefined
    return pattern?.ok === true ? pattern : undefined
  },
}

export const ptyConfig = withTarget<Partial<PtyOptions>>(
  optionalFields<{ readonly [K in keyof PtyOptions]: PtyOptions[K] }>({
    args: textsField,
    idle: durationField,
    prompt_pattern: patternField,
    stall_timeout: durationField,
  }),
  "a program, as in pty:aider",
)
