/** The configuration of a session with a program that only knows terminals. */
import { durationField, optionalFields, safePattern, textsField, withTarget } from "#sdk"
import { patternNames, type LinePatterns } from "./read-lines.ts"
import type { DriverContext, FieldRule, SafePattern } from "#sdk"

export type PromptPattern = Extract<SafePattern, { readonly ok: true }>

export interface PtyOptions {
  /** What follows the program on the command line. */
  readonly args: ReadonlyArray<string>
  /** Silence, in milliseconds, after which the program is done, when it shows its prompt or is known by nothing else. */
  readonly idle: number
  /** Found in one of the last four lines that are not empty when the program waits for its user. */
  readonly prompt_pattern: PromptPattern
  /** How many of the last lines that are not empty may be the prompt; 4 unless said. */
  readonly prompt_lines: number
  /** What its lines mean besides their text. */
  readonly parse: LinePatterns
  /** The size of its terminal. */
  readonly columns: number
  readonly rows: number
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

const countField = (most: number): FieldRule<number> => ({
  expected: `a whole number from 1 to ${most}`,
  jsonSchema: { type: "integer", minimum: 1, maximum: most },
  read: (value) => (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= most ? value : undefined),
})

const isPatterns = (value: unknown): value is string | ReadonlyArray<string> =>
  [value].flat().every((one) => typeof one === "string" && one !== "" && patternField.read(one) !== undefined)

const parseField: FieldRule<LinePatterns> = {
  expected: `a record of regular expressions, or lists of them, without look-around and back-references: ${patternNames.join(", ")}`,
  jsonSchema: {
    type: "object",
    properties: Object.fromEntries(patternNames.map((name) => [name, { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] }])),
    additionalProperties: false,
  },
  read: (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined
    const entries = Object.entries(value).flatMap(([key, patterns]) => {
      const name = patternNames.find((one) => one === key)
      return name !== undefined && isPatterns(patterns) ? [[name, [patterns].flat()] as const] : []
    })
    return entries.length === Object.keys(value).length ? Object.fromEntries(entries) : undefined
  },
}

export const ptyConfig = withTarget<Partial<PtyOptions>>(
  optionalFields<{ readonly [K in keyof PtyOptions]: PtyOptions[K] }>({
    args: textsField,
    idle: durationField,
    prompt_pattern: patternField,
    prompt_lines: countField(50),
    parse: parseField,
    columns: countField(1000),
    rows: countField(1000),
    stall_timeout: durationField,
  }),
  "a program, as in pty:aider",
)
