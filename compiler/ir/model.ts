/**
 * The IR: what a compiled fleet is. One JSON value, the only thing the runtime reads.
 * Every name is resolved, every default filled in. `schema.ts` decodes untrusted JSON into these types,
 * `verify.ts` re-checks what a schema cannot say. Field meanings follow the language page of the same name.
 */

export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** Where something stands in a source file. `source` indexes `Ir.sources`; lines and columns count from 1, offsets are UTF-16 units. */
export interface SourceSpan {
  readonly source: number
  readonly start: number
  readonly end: number
  readonly line: number
  readonly column: number
}

// ---------------------------------------------------------------- types and expressions

export type ScalarKind = "string" | "integer" | "number" | "boolean" | "duration" | "money" | "json" | "null"

export type Type =
  | { readonly kind: ScalarKind }
  | { readonly kind: "enum"; readonly values: ReadonlyArray<string> }
  | { readonly kind: "list"; readonly item: Type }
  | { readonly kind: "record"; readonly fields: { readonly [name: string]: Field }; readonly open: boolean }
  | { readonly kind: "maybe"; readonly type: Type }

export interface Field {
  readonly type: Type
  readonly optional: boolean
}

export type SessionProperty = "output" | "outputs" | "text" | "cost" | "tokens" | "turns" | "attempts" | "status" | "error" | "branch"

export type BinaryOperator = "??" | "or" | "and" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "matches" | "+" | "-" | "*" | "/" | "%"

export const functionNames = [
  "len",
  "lower",
  "upper",
  "trim",
  "contains",
  "starts_with",
  "ends_with",
  "split",
  "join",
  "lines",
  "first",
  "last",
  "min",
  "max",
  "sum",
  "sort",
  "unique",
  "keys",
  "values",
  "json",
  "from_json",
  "round",
  "default",
] as const
export type FunctionName = (typeof functionNames)[number]

/** Durations are milliseconds, money is US dollars, percent is 0..100. */
export type LiteralKind = "string" | "integer" | "number" | "boolean" | "null" | "duration" | "money" | "percent"

/** A resolved expression tree: a pure function of the run's state. */
export type Expr =
  | { readonly op: "literal"; readonly kind: LiteralKind; readonly value: null | boolean | number | string }
  | { readonly op: "regex"; readonly source: string }
  | { readonly op: "template"; readonly parts: ReadonlyArray<string | Expr> }
  | { readonly op: "list"; readonly items: ReadonlyArray<Expr> }
  | { readonly op: "record"; readonly entries: ReadonlyArray<{ readonly key: string; readonly value: Expr }> }
  | { readonly op: "session"; readonly session: string; readonly property: SessionProperty }
  | { readonly op: "input"; readonly name: string }
  | { readonly op: "fleet"; readonly property: "task" | "cost" | "elapsed" }
  | { readonly op: "human" }
  | { readonly op: "let"; readonly name: string }
  | { readonly op: "variable"; readonly name: string }
  | { readonly op: "member"; readonly object: Expr; readonly field: string; readonly safe: boolean }
  | { readonly op: "index"; readonly object: Expr; readonly index: Expr }
  | { readonly op: "not"; readonly operand: Expr }
  | { readonly op: "negate"; readonly operand: Expr }
  | { readonly op: "binary"; readonly operator: BinaryOperator; readonly left: Expr; readonly right: Expr }
  | { readonly op: "call"; readonly function: FunctionName; readonly arguments: ReadonlyArray<Expr> }

export interface Expression {
  readonly expr: Expr
  readonly type: Type
  readonly span?: SourceSpan
}

// ---------------------------------------------------------------- sessions

/** What `X.status` may be (runtime.md 2). */
export const sessionStatuses = [
  "pending",
  "queued",
  "starting",
  "working",
  "waiting",
  "done",
  "failed",
  "cancelled",
  "skipped",
  "compensating",
  "compensated",
  "needs_review",
] as const
export type SessionStatus = (typeof sessionStatuses)[number]

export const failureKinds = [
  "agent_exited",
  "driver_error",
  "timeout",
  "budget_exceeded",
  "policy_denied",
  "capability_denied",
  "max_tokens",
  "max_turns",
  "rate_limit",
  "auth_error",
  "output_invalid",
  "routing_error",
  "undeliverable",
  "workspace_error",
  "lease_lost",
  "internal",
] as const
export type FailureKind = (typeof failureKinds)[number]

export type PermissionMode = "ask" | "allow" | "deny" | "bypass"

/** A plugin by the name it has in `Ir.plugins`, with its decoded configuration. */
export interface PluginUse {
  readonly use: string
  readonly with: Json
}

/** Limits in US dollars, tokens, milliseconds of wall time, and turns. */
export interface Budget {
  readonly usd?: number
  readonly tokens?: number
  readonly wallMs?: number
  readonly turns?: number
}

export interface Retry {
  /** Total executions of a turn, the first included. */
  readonly attempts: number
  readonly backoffMs: number
  readonly factor: number
  readonly maxMs?: number
  readonly jitter: boolean
  /** Failure kinds that are retried; absent: the transient ones. */
  readonly on?: ReadonlyArray<FailureKind>
}

/** Confines the program of an agent to its workspace, the system's programs and what is named: paths are absolute or begin with `~/`. */
export interface Sandbox {
  readonly use: "bwrap"
  /** All of the network or none; or the hosts that may be reached through a proxy: `name`, `*.name`, with `:port` or for 80 and 443. */
  readonly net: boolean | ReadonlyArray<string>
  readonly read: ReadonlyArray<string>
  readonly write: ReadonlyArray<string>
}

/** Literal text, a variable of the caller's environment passed on by name, or text with secrets of it. A secret goes to the sessions that name it alone. */
export type EnvironmentValue =
  | { readonly value: string }
  | { readonly from: string; readonly secret?: true }
  | { readonly parts: ReadonlyArray<string | { readonly from: string }> }

export interface Session {
  readonly id: string
  readonly role?: string
  readonly driver: PluginUse
  readonly model?: string
  readonly systemPrompt?: string
  readonly maxTurns?: number
  readonly permissions: PermissionMode
  readonly policies: ReadonlyArray<PluginUse>
  readonly workspace: PluginUse
  readonly from: { readonly kind: "base" } | { readonly kind: "trigger" } | { readonly kind: "session"; readonly session: string }
  /** `schema` is set when the author wrote JSON Schema that says more than `type`. */
  readonly output?: { readonly type: Type; readonly schema?: Json }
  readonly timeoutMs?: number
  readonly idleTimeoutMs?: number
  readonly retry: Retry
  readonly budget?: Budget
  readonly slo?: { readonly tier?: string; readonly queueTargetMs?: number; readonly priority?: number }
  readonly priority: number
  readonly compensate?: string
  readonly effect: "pure" | "idempotent" | "external"
  readonly context: "keep" | "fresh"
  readonly env: { readonly [name: string]: EnvironmentValue }
  readonly checkpoint: boolean
  readonly sandbox?: Sandbox
  /** True when a `for` fans this session out, or it is `dynamic`: it then exists only as instances `id[0]`, `id[1]`, … */
  readonly instances: boolean
  /** How many instances models and plugins that route may begin in a run. */
  readonly dynamic?: number
  readonly span?: SourceSpan
}

// ---------------------------------------------------------------- rules

export type SessionEvent = "started" | "done" | "failed" | "cancelled" | "skipped" | "settled" | "asked" | "compensated"

export type EventPattern =
  | { readonly source: "session"; readonly session: string; readonly event: SessionEvent; readonly kinds?: ReadonlyArray<FailureKind> }
  | { readonly source: "idle"; readonly session: string; readonly ms: number }
  | { readonly source: "gate"; readonly gate: string; readonly event: "approved" | "rejected" | "expired" }
  | { readonly source: "human" }
  | { readonly source: "fleet" }
  | { readonly source: "budget"; readonly percent: number }
  | { readonly source: "every"; readonly ms: number }

/**
 * A join. `leaf` numbers the rule's leaves from 0, in source order.
 * `instances` is a leaf on a fanned-out session: `all` of one fan-out, at least `count`, or `each` on its own.
 */
export type Join =
  | { readonly kind: "event"; readonly leaf: number; readonly event: EventPattern }
  | {
      readonly kind: "instances"
      readonly leaf: number
      readonly event: EventPattern
      readonly want: { readonly kind: "all" } | { readonly kind: "each" } | { readonly kind: "atLeast"; readonly count: number; readonly race: boolean }
    }
  | { readonly kind: "all" | "any" | "race"; readonly of: ReadonlyArray<Join> }
  | { readonly kind: "atLeast"; readonly count: number; readonly of: ReadonlyArray<Join> }

export interface Send {
  readonly kind: "send"
  /** Unique in the fleet: counters of `max` are kept under it. */
  readonly id: string
  readonly to: ReadonlyArray<string>
  readonly prompt?: Expression
  readonly bySubtask: boolean
  readonly max?: { readonly count: number; readonly then?: Action }
  readonly afterMs?: number
  readonly fresh: boolean
  readonly priority?: number
}

export type Action =
  | Send
  | { readonly kind: "for"; readonly variable: string; readonly list: Expression; readonly limit?: number; readonly send: Send }
  | {
      readonly kind: "retry"
      readonly id: string
      readonly session: string
      readonly prompt?: Expression
      readonly afterMs?: number
      readonly max?: { readonly count: number; readonly then?: Action }
      readonly fresh: boolean
      readonly priority?: number
    }
  | { readonly kind: "select"; readonly from: ReadonlyArray<string> }
  | { readonly kind: "gate"; readonly gate: string; readonly prompt: Expression; readonly withinMs?: number }
  | {
      readonly kind: "cancel"
      readonly target: { readonly kind: "session"; readonly session: string } | { readonly kind: "others" } | { readonly kind: "fleet" }
    }
  | { readonly kind: "undo"; readonly session: string }
  | { readonly kind: "pause"; readonly reason?: Expression }
  | { readonly kind: "complete" }
  | { readonly kind: "fail"; readonly reason: Expression }
  | { readonly kind: "notify"; readonly text: Expression }
  | { readonly kind: "use"; readonly plugin: PluginUse }
  | { readonly kind: "sequence"; readonly actions: ReadonlyArray<Action> }

export interface Case {
  /** Absent: always (a plain rule or `otherwise`). */
  readonly guard?: Expression
  readonly action: Action
  readonly span?: SourceSpan
}

export interface Rule {
  /** `r1`, `r2`, … in file order. */
  readonly id: string
  readonly join: Join
  /** Runs when the join has not held `ms` after its first token of the round (or the run's start when none came). */
  readonly within?: { readonly ms: number; readonly otherwise: Action }
  /** First match wins. */
  readonly cases: ReadonlyArray<Case>
  readonly span?: SourceSpan
}

// ---------------------------------------------------------------- the document

export interface Input {
  readonly name: string
  readonly type: Type
  /** Where the type was written as a JSON Schema: values have to fit both. */
  readonly schema?: Json
  readonly default?: Json
  readonly description?: string
}

/** What a plugin may touch; the runtime grants no more than the union. */
export interface Access {
  readonly read: ReadonlyArray<string>
  readonly write: ReadonlyArray<string>
  readonly net: ReadonlyArray<string>
  readonly run: ReadonlyArray<string>
  readonly env: ReadonlyArray<string>
}

export interface Plugin {
  readonly name: string
  readonly version: string
  /** `builtin:<name>`, a path relative to the fleet file, or a package name. */
  readonly from: string
  /** `sha256-<hex>` of what its code is made of; absent for built-ins. */
  readonly integrity?: string
  /** `name@version` of the installed package that it is. */
  readonly package?: string
  readonly capabilities: Access
}

/** Who answers a request: a person; the permission mode alone; or the mode, and a person where the risk is high. */
export interface Responder {
  readonly request: "permission" | "gate" | "selection"
  /** A session's id, a gate's name, or the id of the rule that asks for a selection. */
  readonly of: string
  readonly by: "human" | "mode" | "mode-or-human"
}

/** What the compiler proved. A join is decided or not; figures are absent when there is no bound that is a number. */
export interface Claims {
  readonly joins: ReadonlyArray<{ readonly rule: string; readonly verdict: "satisfiable" | "may-starve" | "undecided" }>
  readonly worstCaseTurns?: number
  readonly worstCaseUsd?: number
  /** Milliseconds, not counting the time that people take to answer. */
  readonly worstCaseWallMs?: number
  readonly responders?: ReadonlyArray<Responder>
}

export interface Ir {
  readonly irVersion: 1
  readonly compiler: string
  /** SHA-256 in hex over the canonical form without this field. */
  readonly hash: string
  readonly fleet: { readonly name: string; readonly baseBranch?: string; readonly task?: Expression; readonly taskFile?: string }
  readonly sources: ReadonlyArray<{ readonly path: string; readonly sha256: string }>
  readonly inputs: ReadonlyArray<Input>
  readonly sessions: ReadonlyArray<Session>
  readonly start: ReadonlyArray<string>
  readonly lets: ReadonlyArray<{ readonly name: string; readonly value: Expression }>
  readonly rules: ReadonlyArray<Rule>
  readonly outputs: ReadonlyArray<{ readonly name: string; readonly value: Expression }>
  readonly plugins: ReadonlyArray<Plugin>
  readonly policies: ReadonlyArray<PluginUse>
  readonly sinks: ReadonlyArray<PluginUse>
  readonly mode: PluginUse
  readonly budget?: Budget
  readonly limits: { readonly parallel: number; readonly outputChars?: number }
  readonly claims: Claims
}
