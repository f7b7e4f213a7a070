/**
 * Capability tokens: what a session may have done for it, for one attempt of one turn, for a short time. Whoever mints them also checks them, in the
 * same process: they are signed with a key that only lives there (HMAC-SHA-256), and nothing ever writes one down.
 */
import { createHmac, timingSafeEqual } from "node:crypto"
import { FleetFailure } from "#sdk"
import { randomBytes } from "../platform/run-id.ts"

/** Whose attempt a token is for. */
export interface Holder {
  readonly run: string
  /** Instance id. */
  readonly session: string
  readonly turn: number
  readonly attempt: number
}

export interface CapabilityBudget {
  /** US dollars and tokens that the attempt may have cost; absent: no limit. */
  readonly usd?: number
  readonly tokens?: number
  /** How often it may be used. */
  readonly uses: number
}

export interface Grant extends Holder {
  readonly tools: ReadonlyArray<string>
  readonly budget: CapabilityBudget
}

/** What is asked for, and by whom, as the one who serves the tool knows it. */
export interface ToolUse {
  /** Whose attempt is under way; undefined: nobody's. */
  readonly holder: Holder | undefined
  readonly tool: string
  /** By the attempt so far. */
  readonly spent: CapabilityBudget
}

export const capabilityFaults = ["no_token", "not_ours", "expired", "wrong_session", "attempt_over", "tool_not_granted", "over_budget"] as const
export type CapabilityFault = (typeof capabilityFaults)[number]

const messages: { readonly [fault in CapabilityFault]: string } = {
  no_token: "no attempt is under way that could use tools",
  not_ours: "the capability token was not made for this run",
  expired: "the capability token has expired",
  wrong_session: "the capability token is that of another session",
  attempt_over: "the attempt that the capability token was made for is over",
  tool_not_granted: "the capability token does not name this tool",
  over_budget: "the budget of the capability token is used up",
}

/** A use of a tool that was refused; `kind` is `capability_denied`. */
export class CapabilityDenied extends FleetFailure {
  readonly fault: CapabilityFault
  constructor(fault: CapabilityFault, tool: string) {
    super("capability_denied", `${tool}: ${messages[fault]}`)
    this.fault = fault
  }
}

export interface CapabilityIssuer {
  readonly mint: (grant: Grant, now: number) => string
  /** The same grant for longer. Undefined when the token is not one of ours, or for another attempt than `holder`'s. */
  readonly renew: (token: string, holder: Holder | undefined, now: number) => string | undefined
  /** Undefined: it may be done. `now` in milliseconds since the epoch. */
  readonly fault: (token: string | undefined, use: ToolUse, now: number) => CapabilityFault | undefined
}

interface Claims extends Grant {
  readonly expires: number
}

/** Tokens of one issuer are nothing to another. `lifetimeMs`: how long each holds. */
export const makeCapabilityIssuer = (lifetimeMs: number): CapabilityIssuer => {
  const key = randomBytes(32)
  const signatureOf = (body: string): Uint8Array => createHmac("sha256", key).update(body).digest()
  const seal = (grant: Grant, now: number): string => {
    const claims: Claims = { ...grant, expires: now + lifetimeMs }
    const body = Buffer.from(JSON.stringify(claims)).toString("base64url")
    return `${body}.${Buffer.from(signatureOf(body)).toString("base64url")}`
  }
  const open = (token: string): Claims | undefined => {
    const [body = "", signature = "", ...more] = token.split(".")
    const [given, own] = [Buffer.from(signature, "base64url"), signatureOf(body)]
    // What has our signature we wrote.
    return more.length === 0 && given.length === own.length && timingSafeEqual(given, own) ? JSON.parse(Buffer.from(body, "base64url").toString()) : undefined
  }
  return {
    mint: seal,
    renew: (token, holder, now) => {
      const claims = open(token)
      if (claims === undefined || strange(claims, holder) !== undefined) return undefined
      const { expires: _expires, ...grant } = claims
      return seal(grant, now)
    },
    fault: (token, { holder, tool, spent }, now) => {
      if (token === undefined) return "no_token"
      const claims = open(token)
      if (claims === undefined) return "not_ours"
      const stranger = strange(claims, holder)
      if (stranger !== undefined) return stranger
      if (now >= claims.expires) return "expired"
      if (!claims.tools.includes(tool)) return "tool_not_granted"
      return isSpent(claims.budget, spent) ? "over_budget" : undefined
    },
  }
}

const strange = (claims: Claims, holder: Holder | undefined): CapabilityFault | undefined => {
  if (holder === undefined) return "attempt_over"
  if (claims.run !== holder.run || claims.session !== holder.session) return "wrong_session"
  return claims.turn === holder.turn && claims.attempt === holder.attempt ? undefined : "attempt_over"
}

const isSpent = (budget: CapabilityBudget, spent: CapabilityBudget): boolean =>
  (budget.usd !== undefined && (spent.usd ?? 0) >= budget.usd) ||
  (budget.tokens !== undefined && (spent.tokens ?? 0) >= budget.tokens) ||
  spent.uses >= budget.uses
