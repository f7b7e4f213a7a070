/** What passes between the engine's thread and that of a plugin: plain data only. */
import type { Access, Json, PluginFault } from "#ir"
import type { Boundary, ConfigIssue, DriverCapabilities, PluginKind } from "#sdk"

/** A configuration schema without its function. */
export interface ToldConfig {
  readonly keys: ReadonlyArray<string>
  readonly jsonSchema: Json
  readonly files?: ReadonlyArray<string>
}

interface Configured {
  readonly config?: ToldConfig
}

interface Timed extends Configured {
  readonly timeoutMs?: number
}

/** A plugin as it tells of itself once it is imported: everything but its functions, and which of those that it may leave out it has. */
export interface ToldPlugin {
  readonly name: string
  readonly version: string
  readonly access?: Partial<Access>
  readonly driver?: Configured & { readonly capabilities: DriverCapabilities }
  readonly workspace?: Configured & { readonly isolated: boolean; readonly checks: boolean }
  readonly policy?: Timed & { readonly boundaries: ReadonlyArray<Boundary> }
  readonly routing?: Timed
  readonly sink?: Configured & { readonly closes: boolean }
}

export interface ToldError {
  readonly message: string
  /** Of a failure that names its kind. */
  readonly kind?: string
  /** Such as `ENOENT`. */
  readonly code?: string
}

/** What a plugin may be asked: a hook of its own, or one of what `open` (`agent`) or `acquire` (`place`) made. */
export type Hook =
  | "routing.decide"
  | "policy.decide"
  | "sink.write"
  | "sink.close"
  | "workspace.check"
  | "workspace.acquire"
  | `place.${PlaceHook}`
  | "driver.open"
  | "agent.send"
  | "agent.next"
  | "agent.return"
  | "agent.close"

export type PlaceHook = "snapshot" | "diff" | "update" | "conflicts" | "current" | "release"

/** What `acquire` made: its plain fields, and which functions it has. */
export interface ToldPlace {
  readonly path: unknown
  readonly branch: unknown
  readonly has: ReadonlyArray<PlaceHook>
}

/** What `open` made. */
export interface ToldAgent {
  readonly capabilities?: DriverCapabilities
}

export interface Call {
  readonly type: "call"
  /** Names what the call makes as well. */
  readonly id: number
  readonly hook: Hook
  /** The call that made what is asked. */
  readonly of?: number
  readonly args: ReadonlyArray<unknown>
}

export type ToThread =
  | Call
  /** Nobody waits for the call any more. */
  | { readonly type: "abandon"; readonly id: number }
  /** The signal that the call was given is aborted. */
  | { readonly type: "abort"; readonly id: number }
  | { readonly type: "ping" }
  /** Answered on the port of checks; the asker sleeps until then. */
  | { readonly type: "check"; readonly kind: PluginKind; readonly value: unknown }

export type FromThread =
  | { readonly type: "loaded"; readonly plugin: ToldPlugin }
  | { readonly type: "refused"; readonly fault: PluginFault }
  | { readonly type: "answer"; readonly id: number; readonly value: unknown }
  | { readonly type: "failed"; readonly id: number; readonly error: ToldError }
  /** An error that nobody waits for. */
  | { readonly type: "stray"; readonly message: string }
  /** A function that was given with the call `id` is wanted; answered on the port of functions, while the thread sleeps. */
  | { readonly type: "wanted"; readonly id: number; readonly turn: number; readonly name: string; readonly args: ReadonlyArray<unknown> }

export type Checked =
  | { readonly ok: true }
  | { readonly ok: false; readonly issues: ReadonlyArray<ConfigIssue> }
  | { readonly ok: false; readonly threw: string }

/** `turn`: of what was wanted. */
export type Returned = { readonly turn: number } & ({ readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: ToldError })

/** Where each side tells the other something that it can see without taking messages. */
export const cells = { beats: 0, checks: 1, functions: 2 } as const
export const cellBytes = 12

/** What a thread is started with; the two ports are moved to it. */
export interface Start<Port> {
  /** Of the plugin's module. */
  readonly url: string
  readonly shared: SharedArrayBuffer
  readonly checks: Port
  readonly functions: Port
}
