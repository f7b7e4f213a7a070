/** What a session shares with its run. */
import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { Ir } from "#ir"
import type { Spend } from "../machine/index.ts"
import type { Environment } from "../platform/agent-environment.ts"
import type { Police } from "../policy/police.ts"
import type { CapabilityIssuer } from "../trust/capability.ts"
import type { Inbox } from "./inbox.ts"
import type { Places } from "./places.ts"
import type { Drivers } from "./run.ts"

export interface SessionHost {
  readonly run: string
  /** Of the lease under which the run is driven. */
  readonly epoch: number
  readonly ir: Ir
  readonly drivers: Drivers
  readonly places: Places
  readonly police: Police
  readonly env: Environment
  /** Variables of it that only those sessions get that name them. */
  readonly reserved: ReadonlySet<string>
  /** The trace context of a session, as variables. */
  readonly trace: (session: string) => { readonly [name: string]: string }
  readonly issuer: CapabilityIssuer
  /** What a session has spent, and what it may still spend. */
  readonly spending: (session: string) => { readonly spent: Spend; readonly left: Partial<Spend> }
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly post: Inbox["post"]
  readonly fork: <A>(effect: Effect.Effect<A>) => Fiber.Fiber<A>
  readonly promise: <A>(effect: Effect.Effect<A>, options: { readonly signal: AbortSignal }) => Promise<A>
}
