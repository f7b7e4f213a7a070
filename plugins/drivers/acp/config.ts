/** The configuration of a session with an ACP agent, and the command line that comes of it. */
import { choiceField, durationField, optionalFields, textField, textsField, withTarget } from "#sdk"
import type { DriverContext, FieldRule } from "#sdk"

/** What may be done with files by us, as CAP's coding profile has it. */
export const fileMethods = ["read", "write", "list", "exists", "delete", "watch"] as const
export type FileMethod = (typeof fileMethods)[number]

export interface AcpOptions {
  /** What follows the program on the command line. */
  readonly args: ReadonlyArray<string>
  /** The mode of the agent, by the id that it gives it. Unless said, one in which it asks before it acts. */
  readonly mode: string
  /** The way to sign in, by the id that the agent gives it, for agents that want to be told. */
  readonly auth: string
  /** Which files it may reach by us, and where its commands may run: those of the workspace unless said. */
  readonly fs_scope: "workspace_only" | "project_root"
  /** What it may do with them by us; all unless said. */
  readonly fs_methods: ReadonlyArray<FileMethod>
  /** How many commands it may run by us at once; 8 unless said, 0 for none. */
  readonly terminals: number
  /** The version of ACP to offer; 1 unless said, because 2 is not final and has no files and terminals. */
  readonly protocol: "1" | "2"
  /** Silence, in milliseconds, that fails a turn. */
  readonly stall_timeout: number
}

export type AcpConfig = Partial<AcpOptions> & { readonly target: string }
export type AcpContext = DriverContext<AcpConfig>

const countField = (most: number): FieldRule<number> => ({
  expected: `a whole number from 0 to ${most}`,
  jsonSchema: { type: "integer", minimum: 0, maximum: most },
  read: (value) => (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most ? value : undefined),
})

const methodsField: FieldRule<ReadonlyArray<FileMethod>> = {
  expected: `a list of ${fileMethods.join(", ")}`,
  jsonSchema: { type: "array", items: { enum: [...fileMethods] }, uniqueItems: true },
  read: (value) => {
    const found = Array.isArray(value) ? fileMethods.filter((method) => value.includes(method)) : []
    return Array.isArray(value) && new Set(value).size === found.length ? found : undefined
  },
}

export const acpConfig = withTarget<Partial<AcpOptions>>(
  optionalFields<{ readonly [K in keyof AcpOptions]: AcpOptions[K] }>({
    args: textsField,
    mode: textField,
    auth: textField,
    fs_scope: choiceField("workspace_only", "project_root"),
    fs_methods: methodsField,
    terminals: countField(64),
    protocol: choiceField("1", "2"),
    stall_timeout: durationField,
  }),
  "the program of an agent, as in acp:gemini",
)

/** Program and arguments; no shell reads them. */
export const commandOf = ({ config }: AcpContext): ReadonlyArray<string> => [config.target, ...(config.args ?? [])]
