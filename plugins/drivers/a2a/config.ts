/** The configuration of a session with an A2A agent. */
import { durationField, failure, optionalFields, textField, withTarget } from "#sdk"
import type { DriverContext } from "#sdk"

export interface A2aOptions {
  /** The variable of the session's environment that holds the token, sent as `Authorization: Bearer …`. */
  readonly token_env: string
  /** The URI of an extension that the agent's card must have: `cap-protocol/v1` for a CAP agent. */
  readonly extension: string
  /** Silence, in milliseconds, that fails a turn. */
  readonly stall_timeout: number
}

export type A2aConfig = Partial<A2aOptions> & { readonly target: string }
export type A2aContext = DriverContext<A2aConfig>

export const a2aConfig = withTarget<Partial<A2aOptions>>(
  optionalFields<{ readonly [K in keyof A2aOptions]: A2aOptions[K] }>({ token_env: textField, extension: textField, stall_timeout: durationField }),
  "the address of an agent, as in a2a:https://agents.example.com",
)

/** What is sent along with every request. Fails with `auth_error` when the token is not there. */
export const credentials = ({ config: { token_env: name, extension }, env }: A2aContext): { readonly [header: string]: string } => {
  // version 0.3 had it as an X- header
  const wanted: { readonly [header: string]: string } = extension === undefined ? {} : { "a2a-extensions": extension, "x-a2a-extensions": extension }
  if (name === undefined) return wanted
  const token = env[name]?.trim()
  if (token === undefined || token === "") throw failure("auth_error", `token_env: the session's environment has no ${name}; give it there with \`env\``)
  return { ...wanted, authorization: `Bearer ${token}` }
}
