import * as Effect from "effect/Effect"
import type { Ir } from "#ir"
import type { Environment } from "../platform/agent-environment.ts"
import { bwrapProblem } from "../platform/bwrap.ts"

/** Why a fleet that wants a sandbox cannot run here; undefined when it can, or wants none. An agent that is to be confined never runs unconfined. */
export const sandboxProblem = (ir: Ir, env: Environment = {}): Effect.Effect<string | undefined> =>
  ir.sessions.every(({ sandbox }) => sandbox === undefined) ? Effect.succeed(undefined) : Effect.promise(() => bwrapProblem(env))
