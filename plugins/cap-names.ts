/** The names that CAP has for well-known agents: each is one of the other drivers, told how that agent is started. */
import type { Json, PermissionMode } from "#ir"
import { fieldsOf, listOf } from "#sdk"
import type { Driver, DriverCapabilities, DriverContext, Fields } from "#sdk"
import { acp } from "./drivers/acp/index.ts"
import { claude } from "./drivers/claude/index.ts"
import { pty } from "./drivers/pty/index.ts"

interface Preset {
  /** The configuration of the driver, from what the session says. */
  readonly config: (given: Fields, permissions?: PermissionMode) => Json
  readonly capabilities?: Partial<DriverCapabilities>
  /** Further arguments that say what of the session the protocol cannot; that is then left out. */
  readonly model?: (model: string) => ReadonlyArray<string>
}

/** A driver under another name. Its keys are those of the driver it is. */
const preset = (driver: Driver, { config, capabilities = {}, model }: Preset): Driver => {
  const { config: schema } = driver
  const adapt = (context: DriverContext<unknown>): DriverContext<unknown> => {
    const { model: wanted, ...rest } = context
    const given = fieldsOf(context.config as Json)
    if (wanted === undefined || model === undefined) return { ...context, config: config(given, context.permissions) }
    return { ...rest, config: config({ ...given, args: [...model(wanted), ...listOf(given["args"])] }, context.permissions) }
  }
  return {
    capabilities: { ...driver.capabilities, ...capabilities },
    ...(schema === undefined ? {} : {
      config: {
        keys: schema.keys,
        jsonSchema: { type: "object" },
        decode: (value) => {
          const result = schema.decode(config(fieldsOf(value as Json)))
          return result.ok ? { ok: true, value } : result
        },
      },
    }),
    open: (context) => driver.open(adapt(context)),
  }
}

/** An ACP agent: its program, and the arguments that make it speak ACP before those of the session. */
const acpAgent = (target: string, first: ReadonlyArray<string>, more: Omit<Preset, "config"> = {}): Driver =>
  preset(acp, { ...more, config: (given) => ({ ...given, target, args: [...first, ...listOf(given["args"])] }) })

/** Aider asks on the screen, where nobody is: what the fleet allows anyway it is not to ask. Else its question ends the turn. */
const aiderArgs = (permissions: PermissionMode | undefined): ReadonlyArray<string> =>
  ["--no-pretty", "--no-check-update", "--no-show-release-notes", ...(permissions === "allow" || permissions === "bypass" ? ["--yes-always"] : [])]

export const capDrivers: { readonly [name: string]: Driver } = {
  openclaude: preset(claude, { config: (given) => ({ command: ["openclaude"], ...given }) }),
  aider: preset(pty, {
    capabilities: { model: true },
    model: (model) => ["--model", model],
    config: (given, permissions) => ({ idle: "1s", prompt_pattern: "^[a-z]*>$|\\[(Yes|No)\\]:$", ...given, target: "aider", args: [...aiderArgs(permissions), ...listOf(given["args"])] }),
  }),
  opencode: acpAgent("opencode", ["acp"]),
  qoder: acpAgent("qodercli", ["--acp"]),
  // It offers to load a session and does not find it, and takes models that it does not offer.
  gemini: acpAgent("gemini", ["--acp"], { capabilities: { resume: false }, model: (model) => ["--model", model] }),
}
