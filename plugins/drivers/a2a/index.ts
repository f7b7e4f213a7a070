/** Agents elsewhere that speak A2A, version 1.0 or 0.3: `a2a:<address>`. */
import { defineDriver } from "#sdk"
import * as Effect from "effect/Effect"
import { a2aConfig, type A2aContext } from "./config.ts"

export const a2a = defineDriver({
  config: a2aConfig,
  capabilities: { systemPrompt: true, resume: true, cancelTurn: true },
  // reading streams of events takes long to load, and few fleets need it
  open: (context: A2aContext) =>
    Effect.flatMap(
      Effect.promise(() => import("./converse.ts")),
      ({ openA2a }) => openA2a(context),
    ),
})
