/**
 * The policy contract: what may pass a boundary of the run. A pack sees one payload at a time and says what it thinks of it, or nothing.
 * A pack that throws, takes too long or answers with something else denies: policies fail closed.
 */
import type { Json, PermissionMode } from "#ir"
import type * as Effect from "effect/Effect"
import type { ConfigSchema } from "./config.ts"

export const boundaries = ["prompt", "tool", "route", "spawn", "output", "artifact"] as const
export type Boundary = (typeof boundaries)[number]

/**
 * What stands at each boundary:
 * `prompt` `{ text }`; `tool` `{ tool, input?, risk_level?, scope?, … }` (a permission request, or a tool call that has begun);
 * `route` `{ rule, from, to, action }`; `spawn` `{ session, driver, model?, permissions, workspace, effect, asks }`;
 * `output` `{ text?, output?, message? }`, or the fields of an agent's event; `artifact` the fields of the agent's artifact event.
 */
export type PolicyPayload = { readonly [key: string]: Json }

/** RFC 6902, the three operations that redaction needs. */
export type PatchOperation = { readonly op: "add" | "replace"; readonly path: string; readonly value: Json } | { readonly op: "remove"; readonly path: string }

export const policyEffects = ["deny", "redact", "ask", "allow"] as const
export type PolicyEffect = (typeof policyEffects)[number]

export interface PolicyDecision {
  /** `deny` is final; `redact` needs `patches`; `ask` opens a request whatever the permission mode; `allow` lets a tool of high risk pass where the mode lets others pass. */
  readonly effect: PolicyEffect
  /** Shown to people and written to the journal: never quote what is to be hidden. */
  readonly reasons?: ReadonlyArray<string>
  /** Applied to the payload in order; one that does not apply denies. */
  readonly patches?: ReadonlyArray<PatchOperation>
}

export interface PolicyContext<Config> {
  readonly run: string
  /** Instance id, such as `worker[2]`; absent where the boundary is not a session's. */
  readonly session?: string
  readonly permissions?: PermissionMode
  /** Where the session's agent works: absolute. */
  readonly workspace?: string
  readonly config: Config
}

type Answer = PolicyDecision | undefined

export interface PolicyPack<Config = unknown> {
  readonly config?: ConfigSchema<Config>
  /** What the pack looks at; it is not asked about the rest. */
  readonly boundaries: ReadonlyArray<Boundary>
  /** Milliseconds it may take; 5000 when absent, at most 60000. */
  readonly timeoutMs?: number
  readonly decide: (boundary: Boundary, payload: PolicyPayload, context: PolicyContext<Config>) => Answer | Promise<Answer> | Effect.Effect<Answer, unknown>
}
