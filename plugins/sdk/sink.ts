/** The sink contract: sees every event, influences nothing. One that is slow misses events and is told so; one that throws goes on with the next. */
import type { Json } from "#ir"
import type * as Effect from "effect/Effect"
import type { ConfigSchema } from "./config.ts"

/** An event of the run (runtime.md 3), or `lagged` with the numbers of the events that were missed. */
export type SinkEvent = { readonly type: string; readonly [key: string]: Json }

export interface SinkContext<Config> {
  readonly run: string
  readonly config: Config
}

export interface Sink<Config = unknown> {
  readonly config?: ConfigSchema<Config>
  readonly write: (event: SinkEvent, context: SinkContext<Config>) => void | Promise<void> | Effect.Effect<void, unknown>
  /** After the last event; may take a second. */
  readonly close?: (context: SinkContext<Config>) => void | Promise<void> | Effect.Effect<void, unknown>
}
