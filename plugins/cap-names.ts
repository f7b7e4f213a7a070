/** The names that CAP has for well-known agents: each is one of the other drivers, told how that agent is started. */
import { listOf, type Driver, type DriverContext } from "#sdk"
import { acp } from "./drivers/acp/index.ts"
import { claude } from "./drivers/claude/index.ts"
import { pty } from "./drivers/pty/index.ts"
import { preset, type Preset } from "./preset.ts"

/** An ACP agent: its program, and the arguments that make it speak ACP before those of the session. */
const acpAgent = (target: string, first: (context?: DriverContext<unknown>) => ReadonlyArray<string>, more: Omit<Preset, "config"> = {}): Driver =>
  preset(acp, { ...more, config: (given, context) => ({ ...given, target, args: [...first(context), ...listOf(given["args"])] }) })

const modelFlag = (context?: DriverContext<unknown>): ReadonlyArray<string> => (context?.model === undefined ? [] : ["--model", context.model])

/** Aider asks on the screen, where nobody is: what the fleet allows anyway it is not to ask. Else its question ends the turn. */
const aiderArgs = (context?: DriverContext<unknown>): ReadonlyArray<string> => [
  ...["--no-pretty", "--no-check-update", "--no-show-release-notes"],
  ...(context?.permissions === "allow" || context?.permissions === "bypass" ? ["--yes-always"] : []),
  ...modelFlag(context),
]

export const capDrivers: { readonly [name: string]: Driver } = {
  openclaude: preset(claude, { config: (given) => ({ command: ["openclaude"], ...given }) }),
  aider: preset(pty, {
    capabilities: { model: true },
    ownModel: true,
    config: (given, context) => ({
      idle: "1s",
      // one that comes while it starts is all there is to wait for
      prompt_pattern: "^[a-z]*>$|\\[(Yes|No)\\]:$",
      parse: { ask_yes_no: "\\[(Yes|No)\\]:$" },
      ...given,
      target: "aider",
      args: [...aiderArgs(context), ...listOf(given["args"])],
    }),
  }),
  opencode: acpAgent("opencode", () => ["acp"]),
  qoder: acpAgent("qodercli", () => ["--acp"]),
  // It offers to load a session and does not find it, and takes models that it does not offer.
  gemini: acpAgent("gemini", (context) => ["--acp", ...modelFlag(context)], { capabilities: { resume: false }, ownModel: true }),
}
