/**
 * The routing contract: what follows once a session has settled. The answer is data; whatever it names is checked before any of it happens,
 * and it is written to the journal, so a replay does not ask again. Throwing, taking too long and answering nonsense are `routing_error`.
 */
import type { Json } from "#ir"
import type * as Effect from "effect/Effect"
import type { ConfigSchema } from "./config.ts"

export interface SessionView {
  /** Instance id, such as `worker[2]`. */
  readonly id: string
  readonly role?: string
  /** A status of runtime.md 2: `pending`, `working`, `done`, `failed`, … */
  readonly status: string
  /** What its latest turn said; empty before. */
  readonly text: string
  readonly output?: Json
  readonly error?: { readonly kind: string; readonly message: string }
  readonly turns: number
  readonly usd: number
}

/** A session of which an answer may begin instances: whoever sends to it begins one, `id[0]` and so on. */
export interface DynamicView {
  readonly id: string
  readonly role?: string
  /** As the fleet writes it. */
  readonly driver: string
  /** How many may still be begun in this run. */
  readonly left: number
}

/** The run as it stands, to be read only. */
export interface RoutingView {
  readonly run: string
  readonly task?: string
  /** In the order declared, instances after their fan-out. */
  readonly sessions: ReadonlyArray<SessionView>
  /** Those that the fleet declares `dynamic`. */
  readonly dynamic: ReadonlyArray<DynamicView>
  /** Throws for a session that the fleet does not have. */
  readonly session: (id: string) => SessionView
}

export type RoutingAction =
  /** Declared sessions only. Without a prompt: the task and what the settled session said. */
  | { readonly send: string | ReadonlyArray<string>; readonly prompt?: string; readonly fresh?: boolean }
  /** A person chooses among sessions of the fleet. */
  | { readonly select: ReadonlyArray<string> }
  | { readonly complete: true }
  | { readonly fail: string }

export interface RoutingRequest<Config> {
  /** The session that settled; the first of them where a join fired. Empty when no session stands behind the rule. */
  readonly session: string
  /** How it ended: a stop reason, or `failed`. */
  readonly stop: string
  readonly view: RoutingView
  readonly config: Config
  /** The directory of the fleet file: absolute. */
  readonly directory: string
  /** The whole environment for a program that the plugin starts; nothing is inherited besides. */
  readonly env: { readonly [name: string]: string }
  /** Aborted when the answer comes too late or nobody waits for it any more: stop what was started. */
  readonly signal: AbortSignal
}

type Answer = ReadonlyArray<RoutingAction>

export interface Routing<Config = unknown> {
  readonly config?: ConfigSchema<Config>
  /** Milliseconds it may take; 60000 when absent, at most 600000. */
  readonly timeoutMs?: number
  readonly decide: (request: RoutingRequest<Config>) => Answer | Promise<Answer> | Effect.Effect<Answer, unknown>
}
