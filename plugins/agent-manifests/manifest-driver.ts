/** The driver that a manifest describes: the best of the ways to speak to the agent that are understood here (CAP v1, section 6). */
import { failure, listOf, type Driver, type DriverContext } from "#sdk"
import * as Effect from "effect/Effect"
import { a2a } from "../drivers/a2a/index.ts"
import { acp } from "../drivers/acp/index.ts"
import { claude } from "../drivers/claude/index.ts"
import { pty } from "../drivers/pty/index.ts"
import { preset } from "../preset.ts"
import { firstOf, type Way } from "./first-way.ts"
import type { AgentManifest } from "./read-manifest.ts"
import { withToolLists } from "./tool-lists.ts"

/** What the card of an A2A agent that is driven as a CAP agent must have (CAP v1, 6.5). */
const protocol = "cap-protocol/v1"

/** What the claude driver puts on the command line itself. */
const given = /^(?:-p|--print|--verbose|--(?:input|output)-format(?:=.*)?|stream-json)$/u

/** What the manifest says of the agent's terminal, as the pty driver is told. It waits when the last line is its prompt and 200 ms were silent (CAP v1, A3). */
export const terminalOf = ({ idle, columns, rows, parse }: AgentManifest) => ({ prompt_pattern: idle, prompt_lines: 1, idle: "200ms", columns, rows, parse })

/** How long a program is watched that says nothing before it is spoken to. */
const settleMs = 200

const withStartLimit = (driver: Driver, name: string, ms: number | undefined): Driver => {
  if (ms === undefined) return driver
  const late = Effect.fail(failure("timeout", `${name} was not ready within ${ms / 1000} s, the init_timeout_seconds of its manifest`))
  return {
    ...driver,
    open: (context) => {
      const opening = driver.open(context)
      return Effect.isEffect(opening) ? Effect.timeoutOrElse(opening, { duration: ms, orElse: () => late }) : opening
    },
  }
}

/** Each way that the manifest has, best first, and the terminal last. gRPC, which comes first for CAP, is not spoken here. */
export const manifestDriver = (manifest: AgentManifest): Driver => {
  const { name, command, modelArg, cwdArg, sessionIdEnv, streamJson, acp: acpCommand, a2a: address, cancelsTurns, initTimeoutMs } = manifest
  const more = (context: DriverContext<unknown> | undefined): ReadonlyArray<string> => [
    ...(modelArg === undefined || context?.model === undefined ? [] : [modelArg, context.model]),
    ...(cwdArg === undefined || context === undefined ? [] : [cwdArg, context.directory]),
  ]
  const env = (context: DriverContext<unknown>): { readonly [name: string]: string } =>
    sessionIdEnv === undefined ? {} : { [sessionIdEnv]: `${context.run}/${context.session}` }
  const ownModel = modelArg !== undefined
  const started = ([target = "", ...args]: ReadonlyArray<string>, context: DriverContext<unknown> | undefined, last: Parameters<typeof listOf>[0]) => ({
    target,
    args: [...args, ...more(context), ...listOf(last)],
  })

  const terminal = preset(pty, {
    env,
    ownModel,
    capabilities: { model: ownModel, cancelTurn: cancelsTurns },
    config: (own, context) => ({
      ...terminalOf(manifest),
      ...own,
      ...started(command, context, own["args"]),
    }),
  })
  const denied = manifest.tools?.denied ?? []
  const fast: ReadonlyArray<Way> = [
    ...(streamJson === undefined
      ? []
      : [
          {
            name: "stream_json",
            settleMs,
            driver: preset(claude, {
              env,
              config: (own) => ({
                command: streamJson.filter((part, index) => index === 0 || !given.test(part)),
                // where nobody is asked it is the agent itself that does not use them
                ...(denied.length === 0 ? {} : { disallowed_tools: denied }),
                ...own,
              }),
            }),
          },
        ]),
    ...(acpCommand === undefined
      ? []
      : [
          {
            name: "acp_stdio",
            driver: preset(acp, { env, ownModel, config: (own, context) => ({ ...manifest.coding, ...own, ...started(acpCommand, context, own["args"]) }) }),
          },
        ]),
    ...(address === undefined ? [] : [{ name: "a2a_serve_at", driver: preset(a2a, { config: (own) => ({ ...own, target: address, extension: protocol }) }) }]),
  ]
  const limited = (way: Way): Way => ({ ...way, driver: withStartLimit(withToolLists(way.driver, manifest.tools), name, initTimeoutMs) })
  const last = limited({ name: "the terminal", driver: terminal })
  const [first = last, ...others] = fast.map(limited)
  return fast.length === 0 ? last.driver : firstOf(name, [first, ...others, last])
}
