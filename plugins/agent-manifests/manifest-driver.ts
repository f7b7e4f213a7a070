/** The driver that a manifest describes: the best of the ways to speak to the agent that are understood here (CAP v1, section 6). */
import { failure, listOf, type Driver, type DriverContext } from "#sdk"
import * as Effect from "effect/Effect"
import { a2a } from "../drivers/a2a/index.ts"
import { acp } from "../drivers/acp/index.ts"
import { claude } from "../drivers/claude/index.ts"
import { pty } from "../drivers/pty/index.ts"
import { preset } from "../preset.ts"
import type { AgentManifest } from "./read-manifest.ts"

/** What the claude driver puts on the command line itself. */
const given = /^(?:-p|--print|--verbose|--(?:input|output)-format(?:=.*)?|stream-json)$/u

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

/** gRPC, which comes first for CAP, is not spoken here: then the next one is taken, and a terminal always is. */
export const manifestDriver = (manifest: AgentManifest): Driver => {
  const { name, command, modelArg, cwdArg, sessionIdEnv, streamJson, acp: acpCommand, a2a: address, idle, cancelsTurns, initTimeoutMs } = manifest
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

  const driver = (): Driver => {
    if (streamJson !== undefined)
      return preset(claude, { env, config: (own) => ({ command: streamJson.filter((part, index) => index === 0 || !given.test(part)), ...own }) })
    if (acpCommand !== undefined) return preset(acp, { env, ownModel, config: (own, context) => ({ ...own, ...started(acpCommand, context, own["args"]) }) })
    if (address !== undefined) return preset(a2a, { config: (own) => ({ ...own, target: address }) })
    return preset(pty, {
      env,
      ownModel,
      capabilities: { model: ownModel, cancelTurn: cancelsTurns },
      config: (own, context) => ({ prompt_pattern: idle, ...own, ...started(command, context, own["args"]) }),
    })
  }
  return withStartLimit(driver(), name, initTimeoutMs)
}
