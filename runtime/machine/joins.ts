/** What a token of the machine's joins is. The token game itself is in `#ir`. */
import type { JoinState } from "#ir"
import type { Carried } from "./occurrence.ts"

export interface Token {
  /** The session or instance it comes from; absent for gates, humans, timers. */
  readonly session?: string
  readonly declared?: string
  readonly carried: Carried
}

export type RuleJoin = JoinState<Token>
