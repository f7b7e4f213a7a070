/** The boundary at which a session's driver does for its agent what the agent cannot do itself: each use needs a token of the attempt under way. */
import type { PermissionMode } from "#ir"
import { servedTools, type ToolGate } from "#sdk"
import type { Spend } from "../machine/index.ts"
import { CapabilityDenied, type CapabilityIssuer, type Grant, type Holder } from "../trust/capability.ts"

/** More than any honest attempt asks for. */
const mostUses = 10_000

export interface GateKeeper {
  readonly gate: ToolGate
  /** An attempt begins; what came before it is over. */
  readonly begin: (turn: number, attempt: number) => void
  readonly end: () => void
}

export interface GateOptions {
  readonly run: string
  readonly session: string
  readonly permissions: PermissionMode
  readonly issuer: CapabilityIssuer
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** What the session has spent so far, in all. */
  readonly spent: () => Spend
  /** What it may still spend, with all that limits it; absent where nothing does. */
  readonly left: () => Partial<Spend>
  /** Hears of every refusal. */
  readonly refused: (refusal: CapabilityDenied) => void
}

/** Where every request is denied an agent may look, and nothing else. */
const toolsUnder = (permissions: PermissionMode): ReadonlyArray<string> => (permissions === "deny" ? ["read_file"] : servedTools)

export const makeToolGate = ({ run, session, permissions, issuer, now, spent, left, refused }: GateOptions): GateKeeper => {
  let holder: Holder | undefined
  /** Made when it is first asked for: most drivers do nothing for their agent. */
  let grant: Grant | undefined
  let before: Spend = { usd: 0, tokens: 0 }
  let uses = 0
  const granted = (to: Holder): Grant => {
    if (grant !== undefined) return grant
    before = spent()
    grant = { ...to, tools: toolsUnder(permissions), budget: { ...left(), uses: mostUses } }
    return grant
  }
  const refuse = (refusal: CapabilityDenied): never => {
    refused(refusal)
    throw refusal
  }
  return {
    gate: {
      token: () => (holder === undefined ? undefined : issuer.mint(granted(holder), now())),
      renew: (token) => (token === undefined ? undefined : issuer.renew(token, holder, now())),
      use: (token, tool) => {
        const total = spent()
        const cost = { usd: total.usd - before.usd, tokens: total.tokens - before.tokens, uses }
        const fault = issuer.fault(token, { holder, tool, spent: cost }, now())
        if (fault !== undefined) return refuse(new CapabilityDenied(fault, tool))
        uses++
      },
    },
    begin: (turn, attempt) => {
      holder = { run, session, turn, attempt }
      grant = undefined
      uses = 0
    },
    end: () => {
      holder = undefined
    },
  }
}
