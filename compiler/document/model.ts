/**
 * A fleet as its file declares it: keys known, types right, defaults merged, every value with the place it was written at.
 * Not here: what names mean, what routes say, what a driver's own keys may be. Texts that later stages parse (routes, templates,
 * expressions, types) are kept as YAML nodes, which map decoded characters back to the file.
 */
import type { Span } from "../diagnostics/span.ts"
import type { PluginManifest } from "../ir/manifest.ts"
import type { MapNode, ScalarNode, YamlNode } from "../source/model.ts"

/** A value and the text that decided it; for a default that nobody wrote, the span of the section it belongs to. */
export interface Spanned<T> {
  readonly value: T
  readonly span: Span
}

export interface FleetDocument {
  readonly file: string
  /** the whole value of `fleet:` */
  readonly span: Span
  /** the key `fleet`, for what the file as a whole lacks */
  readonly key: Span
  /** file name without extension when not written */
  readonly name: Spanned<string>
  readonly baseBranch?: Spanned<string>
  readonly task?: TaskSource
  readonly inputs: ReadonlyArray<InputDeclaration>
  readonly plugins: ReadonlyArray<PluginDeclaration>
  readonly permissions: Spanned<Permissions>
  readonly policies: ReadonlyArray<PluginUse>
  readonly sinks: ReadonlyArray<PluginUse>
  readonly workspace: PluginUse
  readonly budget: Budget
  /** something was to limit it, right or wrong */
  readonly hasBudget: boolean
  readonly limits: Limits
  /** as written; already merged under every session */
  readonly defaults: SessionSettings
  /** `static`, `llm`, `hybrid`, or the name of a routing plugin (only when the file loads plugins) */
  readonly mode: PluginUse
  readonly llm?: LlmRouting
  readonly sessions: ReadonlyArray<SessionDeclaration>
  readonly start: ReadonlyArray<Spanned<string>>
  /** in the order they are written, which is the order in which rules fire */
  readonly routes: ReadonlyArray<RouteSource>
  readonly outputs: ReadonlyArray<OutputDeclaration>
}

export type Permissions = "ask" | "allow" | "deny" | "bypass"

/** A template, or a file whose text is one (`./TASK.md`, taken relative to the fleet file). */
export type TaskSource =
  | { readonly kind: "template"; readonly text: ScalarNode; readonly span: Span }
  | { readonly kind: "file"; readonly path: string; readonly span: Span }

export interface InputDeclaration {
  readonly name: Spanned<string>
  /** type shorthand or JSON Schema (language.md 4); a scalar, a map or a list */
  readonly type: YamlNode
  readonly default?: YamlNode
  readonly description?: Spanned<string>
}

export interface OutputDeclaration {
  readonly name: Spanned<string>
  /** an expression */
  readonly expression: ScalarNode
}

/** `name` or `{ use: name, with: { … } }`; `span` is the name's when it stands alone, else the whole map's. */
export interface PluginUse {
  readonly use: Spanned<string>
  readonly with?: MapNode
  readonly span: Span
}

/** One of `plugins`: `with` is its configuration wherever the use itself says nothing else. */
export interface PluginDeclaration extends PluginUse {
  /** what the plugin says of itself, once somebody has loaded it */
  readonly manifest?: PluginManifest
}

/** Hard limits. `usd` in dollars, `wall` in ms. */
export interface Budget {
  readonly usd?: Spanned<number>
  readonly tokens?: Spanned<number>
  readonly wall?: Spanned<number>
  readonly turns?: Spanned<number>
}

export interface Limits {
  /** 8 when not written */
  readonly parallel: Spanned<number>
  readonly outputChars?: Spanned<number>
}

/** CAP's LLM routing; `timeout` in ms. */
export interface LlmRouting {
  readonly span: Span
  readonly command?: ReadonlyArray<Spanned<string>>
  readonly systemPrompt?: Spanned<string>
  readonly timeout?: Spanned<number>
  readonly maxDecisions?: Spanned<number>
  readonly maxContextChars?: Spanned<number>
}

// ---- sessions ------------------------------------------------------------------------------------------------------------

/** What runs a session. The name is not looked up here; `acp:gemini` is scheme `acp`, target `gemini`. */
export type Runner =
  | { readonly kind: "driver"; readonly name: Spanned<string>; readonly scheme?: "acp" | "a2a" | "pty" | "grpc"; readonly target?: string }
  | { readonly kind: "agent"; readonly name: Spanned<string> }
  | { readonly kind: "manifest"; readonly path: Spanned<string> }

/** Everything a session may say, and `defaults` too. Times in ms. */
export interface SessionSettings {
  readonly runner?: Runner
  readonly role?: Spanned<string>
  readonly model?: Spanned<string>
  readonly systemPrompt?: Spanned<string>
  readonly maxTurns?: Spanned<number>
  readonly permissions?: Spanned<Permissions>
  readonly policies?: ReadonlyArray<PluginUse>
  readonly workspace?: PluginUse
  /** `base`, `trigger` or a session id */
  readonly from?: Spanned<string>
  /** type shorthand or JSON Schema */
  readonly output?: YamlNode
  readonly timeout?: Spanned<number>
  readonly idleTimeout?: Spanned<number>
  readonly retry?: RetrySettings
  readonly budget?: Budget
  readonly slo?: SloSettings
  readonly priority?: Spanned<number>
  /** a session id */
  readonly compensate?: Spanned<string>
  readonly effect?: Spanned<"pure" | "idempotent" | "external">
  readonly context?: Spanned<"keep" | "fresh">
  readonly env?: ReadonlyArray<EnvironmentEntry>
  readonly checkpoint?: Spanned<boolean>
  readonly sandbox?: SandboxSettings
  /** how many instances models and plugins may begin */
  readonly dynamic?: Spanned<number>
  readonly allowPrivate?: Spanned<boolean>
  /** keys that are not common to all sessions: only the driver's config schema knows them */
  readonly driverKeys: ReadonlyArray<DriverKey>
}

/** What the agent's program sees of the machine besides its workspace and the system's own programs. */
export interface SandboxSettings {
  readonly span: Span
  readonly use: Spanned<"bwrap">
  readonly net?: Spanned<boolean | ReadonlyArray<string>>
  readonly read?: ReadonlyArray<Spanned<string>>
  readonly write?: ReadonlyArray<Spanned<string>>
}

export interface DriverKey {
  readonly name: string
  readonly key: Span
  readonly value: YamlNode
  /** written in `defaults`, not in the session: a driver that does not know it passes over it */
  readonly inherited: boolean
}

export interface EnvironmentEntry {
  readonly name: Spanned<string>
  readonly value: Spanned<string>
}

export interface RetrySettings {
  readonly span: Span
  readonly attempts?: Spanned<number>
  readonly backoff?: Spanned<number>
  readonly factor?: Spanned<number>
  readonly max?: Spanned<number>
  readonly jitter?: Spanned<boolean>
  /** failure kinds, unchecked here */
  readonly on?: ReadonlyArray<Spanned<string>>
}

export interface SloSettings {
  readonly span: Span
  readonly tier?: Spanned<string>
  readonly queueTarget?: Spanned<number>
  readonly priority?: Spanned<number>
}

export interface SessionDeclaration {
  readonly id: Spanned<string>
  /** the session's own map; its key when it has none */
  readonly span: Span
  /** the session's keys over `defaults` */
  readonly settings: SessionSettings
}

// ---- routes --------------------------------------------------------------------------------------------------------------

export type RouteSource = { readonly kind: "dsl"; readonly text: ScalarNode } | CapRoute | RefusedRoute

/** Something is wrong with it, which was told: what it would have done is not known. */
export interface RefusedRoute {
  readonly kind: "refused"
}

/** `{ when, route_to | fan_out | collect }`; `when` names the sessions whose `done` is awaited, all of them. */
export interface CapRoute {
  readonly kind: "cap"
  readonly span: Span
  /** the session of each `X.done`, span of `X` alone; at least one */
  readonly when: ReadonlyArray<Spanned<string>>
  readonly whenSpan: Span
  readonly action: CapAction
}

export type CapAction =
  | { readonly kind: "route_to"; readonly to: Spanned<string>; readonly span: Span }
  | { readonly kind: "fan_out"; readonly to: ReadonlyArray<Spanned<string>>; readonly split: Spanned<"broadcast" | "by_subtask">; readonly span: Span }
  | { readonly kind: "collect"; readonly span: Span }
