/**
 * The driver contract: one agent conversation.
 * `open` starts it (a process, a connection); what it returns lives until `close`. A driver keeps no state of its own outside
 * the handle, so one driver serves many sessions. Plain async functions are enough; Effects and Streams may be used instead.
 * Capabilities are honest: one that is on and fails at run time is a defect of the driver.
 */
import type { FailureKind, Json, PermissionMode } from "#ir"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { AgentEvent, Frame, StopReason, Usage } from "./cap.ts"
import type { ConfigSchema } from "./config.ts"
import type { ToolGate } from "./tool-gate.ts"

export interface DriverCapabilities {
  readonly model: boolean
  readonly systemPrompt: boolean
  readonly maxTurns: boolean
  /** A conversation can be continued by a new process from `session.handle`. */
  readonly resume: boolean
  readonly queuedInput: boolean
  readonly cancelTurn: boolean
  /** The agent's permission requests reach us and our answers reach it. */
  readonly permission: boolean
  readonly structuredOutput: boolean
  readonly usage: "none" | "delta" | "cumulative"
  /** Every program that it starts for a session it starts through `confine`. */
  readonly sandbox?: boolean
}

/** What a driver can do that names nothing. */
export const noCapabilities: DriverCapabilities = {
  model: false,
  systemPrompt: false,
  maxTurns: false,
  resume: false,
  queuedInput: false,
  cancelTurn: false,
  permission: false,
  structuredOutput: false,
  usage: "none",
}

/**
 * The command line that runs a program in the session's sandbox. `variables`: those that the agent named for it; they are the program's alone, what
 * starts the sandbox must not get them. Throws an error with the code `ENOENT` where there is no such program.
 */
export type Confine = (command: ReadonlyArray<string>, directory: string, variables?: { readonly [name: string]: string }) => ReadonlyArray<string>

/** A failure a driver can name. Anything else it throws is `driver_error`. */
export interface DriverFailure {
  readonly kind: FailureKind
  readonly message: string
}

export type DriverEvent =
  | { readonly type: "agent"; readonly event: AgentEvent }
  /** The name by which `open({resume})` finds this conversation again. */
  | { readonly type: "session.handle"; readonly resume: string }
  | {
      readonly type: "turn.ended"
      readonly end: { readonly stop: StopReason } | { readonly error: DriverFailure }
      readonly text?: string
      readonly output?: Json
      readonly usage?: Usage
    }

export interface DriverContext<Config> {
  readonly run: string
  /** Instance id, such as `worker[2]`. */
  readonly session: string
  readonly config: Config
  /** Where the agent works: an absolute path that exists. */
  readonly directory: string
  readonly model?: string
  readonly systemPrompt?: string
  readonly maxTurns?: number
  readonly permissions: PermissionMode
  /** The whole environment of the agent; nothing is inherited besides. Carries `FLEET_RUN`, `FLEET_SESSION` and `FLEET_EPOCH`. */
  readonly env: { readonly [name: string]: string }
  readonly resume?: string
  /** Absent: the session has no sandbox. Given only to drivers that say they can. */
  readonly confine?: Confine
  /** For drivers that do things for their agent (read a file, run a command). In every run; absent where a driver is tried out alone. */
  readonly tools?: ToolGate
}

export interface DriverHandle {
  /** What this conversation can do, where that is not what its driver declares. */
  readonly capabilities?: DriverCapabilities
  send(frame: Frame): void | Promise<void> | Effect.Effect<void, unknown>
  /** Ends when the agent is gone. Ending within a turn, without `turn.ended`, is `agent_exited`. Failing is `driver_error`. */
  readonly events: AsyncIterable<DriverEvent> | Stream.Stream<DriverEvent, unknown>
  /** Stops the agent and everything it started; called once; may take the grace time (5 s). */
  close(): void | Promise<void> | Effect.Effect<void>
}

export interface Driver<Config = unknown> {
  readonly config?: ConfigSchema<Config>
  readonly capabilities: DriverCapabilities
  readonly open: (context: DriverContext<Config>) => Promise<DriverHandle> | Effect.Effect<DriverHandle, unknown, Scope.Scope>
}
