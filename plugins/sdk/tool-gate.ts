/** What a driver does for its agent on this side of the conversation, and the token that each use of it takes. */

export const servedTools = ["read_file", "write_file", "terminal"] as const
export type ServedTool = (typeof servedTools)[number]

/** Tokens are short-lived, for one attempt of one session, and are never to be written down or sent to an agent's service. */
export interface ToolGate {
  /** For the attempt under way: take it when the agent asks. Undefined between turns. */
  readonly token: () => string | undefined
  /** A fresh one for the same attempt, after a person took their time; undefined when that is over. */
  readonly renew: (token: string | undefined) => string | undefined
  /** Called right before the thing is done. Throws a `FleetFailure` `capability_denied` that says why not. */
  readonly use: (token: string | undefined, tool: ServedTool) => void
}
