/** What a caller gives to start a run, and what it gets. */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Ir, Json } from "#ir"
import type { ConfigSchema, Driver, PolicyPack, Routing, Sink, WorkspaceProvider } from "#sdk"
import type { JournalError, JournalShape } from "../journal/journal.ts"
import type { Fact, FleetEvent, Rejection, SessionStatus } from "../machine/protocol.ts"
import type { Environment } from "../platform/agent-environment.ts"

/** A driver whatever its configuration: its own schema decodes what it is opened with. */
export type AnyDriver = Omit<Driver<never>, "config"> & { readonly config?: ConfigSchema<unknown> }
export type AnyWorkspaceProvider = Omit<WorkspaceProvider<never>, "config"> & { readonly config?: ConfigSchema<unknown> }

export type AnyPolicyPack = Omit<PolicyPack<never>, "config"> & { readonly config?: ConfigSchema<unknown> }
export type AnyRouting = Omit<Routing<never>, "config"> & { readonly config?: ConfigSchema<unknown> }
export type AnySink = Omit<Sink<never>, "config"> & { readonly config?: ConfigSchema<unknown> }

export interface Policies {
  readonly [name: string]: AnyPolicyPack
}

export interface Routers {
  readonly [name: string]: AnyRouting
}

export interface Sinks {
  readonly [name: string]: AnySink
}

/** Drivers by the name a fleet uses. A name that ends in a colon serves all that begin with it (`acp:` serves `acp:gemini`). */
export interface Drivers {
  readonly [name: string]: AnyDriver
}

export interface Workspaces {
  readonly [name: string]: AnyWorkspaceProvider
}

export interface RunOptions {
  readonly ir: Ir
  /** Checked against what the fleet declares; defaults fill the rest. */
  readonly inputs?: { readonly [name: string]: Json }
  /** Instead of the fleet's own task. */
  readonly task?: string
  readonly drivers: Drivers
  readonly workspaces: Workspaces
  /** A pack that the fleet names and that is not here denies everything. */
  readonly policies?: Policies
  /** Routing plugins; one that is not here fails every route that asks it. */
  readonly routers?: Routers
  readonly sinks?: Sinks
  /** Told what a sink did wrong, or why no telemetry is sent: they have no other way to be noticed. */
  readonly onSinkProblem?: (problem: string) => void
  readonly journal: JournalShape
  /** The directory of the fleet file: absolute. */
  readonly root: string
  /** The caller's environment; sessions get the allowed part of it. */
  readonly env?: Environment
  /** Spans and metrics of the run go to the tracer and the metrics of the Effect context that starts it; absent: none are made. */
  readonly telemetry?: {
    /** They go to an OpenTelemetry collector instead: variables such as `OTEL_EXPORTER_OTLP_ENDPOINT` say where. */
    readonly otlp?: Environment
  }
  /** The W3C trace context that the run is a part of. Agents get it as `TRACEPARENT`, or with telemetry that of their session. */
  readonly traceparent?: string
  /** The W3C `tracestate` that came with it. Agents get it as `TRACESTATE`. */
  readonly tracestate?: string
  /** Absent: made from the clock and chance. */
  readonly run?: string
  /** Records from one snapshot of the run's state to the next; absent: as many as keep the cost of snapshots small. */
  readonly snapshotEvery?: number
  /** Called once, when nothing of the run is left: its sinks are through as well. */
  readonly onOver?: () => void
  /** Called for every event, in order, once it is in the journal. Must return fast and not throw. */
  readonly onEvent?: (event: FleetEvent) => void
}

export interface SessionResult {
  readonly id: string
  readonly status: SessionStatus
  readonly branch?: string
  /** The workspace is still there, because something in it could not be made durable: where, and why. */
  readonly workspaceKept?: { readonly path: string; readonly reason: string }
  /** Files of the session that count as no work, because git ignores them, and went with its workspace. */
  readonly filesGone?: ReadonlyArray<string>
}

export interface RunResult {
  readonly run: string
  readonly status: "succeeded" | "failed" | "cancelled" | "needs_review"
  readonly reason?: string
  readonly usage: { readonly usd: number; readonly tokens: number }
  readonly outputs: { readonly [name: string]: Json }
  readonly sessions: ReadonlyArray<SessionResult>
}

/** Events a slow subscriber missed: `from` to `to` inclusive. The journal has them. */
export interface Lagged {
  readonly type: "lagged"
  readonly from: number
  readonly to: number
}

type Unstamped<F> = F extends Fact ? Omit<F, "at"> : never

/** A fact before the engine says when it came. */
export type FactBody = Unstamped<Fact>

/** What somebody outside may say to a run. */
export type UserCommand = Extract<FactBody, { readonly type: "reply" | "select" | "user.sent" | "cancel" | "pause" | "resume" | "breakpoint" }>

export interface RunHandle {
  readonly id: string
  /** From the first event of the run on; ends after `run.ended`. `buffer` events are held for a slow reader, then it gets `lagged`. */
  readonly events: (options?: { readonly buffer?: number }) => Stream.Stream<FleetEvent | Lagged, JournalError>
  /** Undefined when accepted. */
  readonly send: (command: UserCommand) => Effect.Effect<Rejection | undefined>
  /** Resolves when the run has ended and everything it held is released. */
  readonly result: Effect.Effect<RunResult>
}
