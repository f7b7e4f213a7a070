/**
 * What crosses the border of the machine: facts in, events and commands out.
 * A fact is something that happened outside (`step` never asks a clock: every fact says when it came).
 * Events are what the world may see; commands are what the engine must do. Both follow from the fact and the state alone.
 */
import type { FailureKind, Json, PluginUse, Budget, SessionStatus } from "#ir"

export interface Failure {
  readonly kind: FailureKind
  readonly message: string
}

export interface CancelReason {
  readonly code: string
  readonly detail?: string
}

export type StopReason = "end_turn" | "stop_sequence" | "max_tokens" | "max_turns" | "tool_use" | "cancelled" | "refusal" | "error"

/**
 * A CAP core event as a driver sends it. The machine reads `cap.text_chunk`, `cap.usage`, `cap.permission.request`, `cap.ask_user`,
 * `cap.reverse_rpc` and `cap.request.withdrawn`, and passes all on.
 */
export type AgentEvent = { readonly kind: string } & { readonly [key: string]: Json }

/** Usage figures a driver reported: what `mode` says they are, of the whole conversation or since the last report. */
export interface Usage {
  readonly mode: "cumulative" | "delta"
  readonly usd?: number
  readonly tokens?: number
}

export interface WorkspaceInfo {
  readonly path: string
  readonly branch?: string
}

export type Source = { readonly kind: "base" } | { readonly kind: "branch"; readonly branch: string }

export type RequestKind = "permission" | "question" | "rpc" | "selection" | "gate" | "breakpoint"

/** What a policy pack said of something; a redaction is done when this is told. */
export interface Decision {
  readonly boundary: "prompt" | "tool" | "route" | "spawn" | "output" | "artifact"
  readonly session?: string
  readonly pack: string
  readonly effect: "deny" | "redact" | "ask" | "allow"
  readonly reasons: ReadonlyArray<string>
}

/** Facts. `decisions`: what policies said of it before it became a fact. `at` is milliseconds since the epoch, never going back within a run. */
export type Fact = { readonly at: number; readonly decisions?: ReadonlyArray<Decision> } & (
  | {
      readonly type: "run.begun"
      readonly run: string
      readonly inputs: { readonly [name: string]: Json }
      readonly task?: string
      /** The boundaries that some policy pack looks at. */ readonly policed?: ReadonlyArray<Decision["boundary"]>
    }
  | {
      readonly type: "session.opened"
      readonly session: string
      readonly workspace?: WorkspaceInfo
      readonly resume?: string
      /** What the driver takes while a turn runs; absent: yes. */
      readonly takesMessages?: boolean
      readonly cancelsTurns?: boolean
    }
  /** The driver named the conversation, so that another driver can go on with it. */
  | { readonly type: "session.handle"; readonly session: string; readonly resume: string }
  | { readonly type: "session.refused"; readonly session: string; readonly error: Failure }
  | { readonly type: "session.closed"; readonly session: string; readonly error?: Failure }
  | { readonly type: "agent.said"; readonly session: string; readonly turn: number; readonly attempt: number; readonly event: AgentEvent }
  | {
      readonly type: "turn.ended"
      readonly session: string
      readonly turn: number
      readonly attempt: number
      /** How it ended: a stop reason, or an error (the stream ended without a result, the driver broke). */
      readonly end: { readonly stop: StopReason } | { readonly error: Failure }
      /** The final text when the driver has one; else the text chunks are joined. */
      readonly text?: string
      /** Native structured output. */
      readonly output?: Json
      readonly usage?: Usage
      /** What the workspace holds now. */
      readonly branch?: string
      /** Where `branch` stands after a snapshot that added to it. */
      readonly commit?: string
      /** The name by which the conversation can be continued, when the driver gave one since it was opened. */
      readonly resume?: string
    }
  /** Work was committed that no turn ended with: what a broken or a cancelled one left, when its place was given back or found again. */
  | { readonly type: "workspace.committed"; readonly session: string; readonly branch: string; readonly commit: string }
  /** The work of two sessions does not fit together. `refused`: the first was to take in the other's, and goes on without. */
  | { readonly type: "workspace.clashed"; readonly session: string; readonly other: string; readonly files: ReadonlyArray<string>; readonly refused: boolean }
  | { readonly type: "timer.fired"; readonly timer: string }
  | { readonly type: "reply"; readonly request: string; readonly value: Json; readonly by: string }
  /** `interrupt`: the turn under way stops; the next one is told what was asked, what had been said, and this. */
  | { readonly type: "user.sent"; readonly session: string; readonly text: string; readonly interrupt?: boolean }
  /** Policies did not let in what somebody said, to a session or as a reply: what they decided is told, and no word of it. */
  | { readonly type: "command.refused"; readonly session?: string; readonly reason: string }
  | {
      readonly type: "cancel"
      readonly target: { readonly kind: "fleet" } | { readonly kind: "session"; readonly session: string } | { readonly kind: "turn"; readonly session: string }
      readonly reason: CancelReason
    }
  | { readonly type: "pause"; readonly reason?: string }
  | { readonly type: "resume" }
  /** The answer to the open selection, when there is only one. */
  | { readonly type: "select"; readonly session: string; readonly by: string }
  /** Before the next activation of the session starts, the run pauses and asks. Once. */
  | { readonly type: "breakpoint"; readonly action: "set" | "clear"; readonly session: string }
  /** A run whose process died is taken up again; every driver is gone. `resumable`: sessions whose conversation their driver can go on with. `forked`: it is a new run with the past of another, whose work is wanted once more. */
  | { readonly type: "run.recovered"; readonly resumable: ReadonlyArray<string>; readonly forked?: boolean }
  | { readonly type: "plugin.routed"; readonly request: string; readonly answer: { readonly actions: ReadonlyArray<Json> } | { readonly error: Failure } }
  /** `denied`: why; else `payload` is what may pass. */
  | {
      readonly type: "policy.answered"
      readonly request: string
      readonly session?: string
      readonly denied?: string
      readonly payload?: { readonly [key: string]: Json }
    }
)

export interface Clash {
  readonly sessions: ReadonlyArray<string>
  readonly files: ReadonlyArray<string>
}

/** Why an agent's message to another did not reach it. `not_allowed`: no rule of the fleet sends from the one to the other; `denied`: a policy does not let it pass. */
export interface Undelivered {
  readonly code: "unknown_session" | "not_allowed" | "finished" | "run_ending" | "denied" | "limit"
  readonly reason: string
}

/** Events as the machine makes them; the engine adds nothing. `seq` counts from 1 without gaps. */
export type FleetEvent = { readonly seq: number; readonly run: string; readonly at: number } & EventBody

export type EventBody =
  | { readonly type: "run.started"; readonly fleet: string; readonly ir: string }
  | { readonly type: "run.paused"; readonly reason: string }
  | { readonly type: "run.resumed" }
  | {
      readonly type: "run.ended"
      readonly status: "succeeded" | "failed" | "cancelled" | "needs_review"
      readonly reason?: string
      readonly usage: { readonly usd: number; readonly tokens: number }
      readonly outputs?: { readonly [name: string]: Json }
    }
  | { readonly type: "session.queued"; readonly session: string }
  | { readonly type: "session.started"; readonly session: string; readonly workspace?: WorkspaceInfo }
  | { readonly type: "session.ready"; readonly session: string }
  | {
      readonly type: "turn.started"
      readonly session: string
      readonly turn: number
      readonly attempt: number
      readonly rule: string
      readonly from: ReadonlyArray<string>
      readonly prompt: string
    }
  | { readonly type: "agent"; readonly session: string; readonly turn: number; readonly event: AgentEvent }
  | { readonly type: "turn.done"; readonly session: string; readonly turn: number; readonly attempt: number; readonly stop_reason: StopReason }
  | { readonly type: "turn.failed"; readonly session: string; readonly turn: number; readonly attempt: number; readonly error: Failure }
  | { readonly type: "turn.cancelled"; readonly session: string; readonly turn: number; readonly attempt: number; readonly reason: CancelReason }
  | {
      readonly type: "session.retrying"
      readonly session: string
      readonly turn: number
      readonly attempt: number
      readonly delay_ms: number
      readonly error: Failure
    }
  | {
      readonly type: "session.done"
      readonly session: string
      readonly turn: number
      readonly stop_reason: StopReason
      readonly output?: Json
      readonly text: string
    }
  | { readonly type: "session.failed"; readonly session: string; readonly turn: number; readonly attempt: number; readonly error: Failure }
  | { readonly type: "session.cancelled"; readonly session: string; readonly reason: CancelReason; readonly was: SessionStatus }
  | { readonly type: "session.skipped"; readonly session: string; readonly reason: string }
  | { readonly type: "session.compensating" | "session.compensated" | "session.needs_review"; readonly session: string; readonly reason?: string }
  | { readonly type: "route.fired"; readonly rule: string; readonly from: ReadonlyArray<string>; readonly to: ReadonlyArray<string>; readonly action: string }
  | { readonly type: "route.declined"; readonly rule: string; readonly reason: "guard" | "limit" }
  | { readonly type: "route.failed"; readonly rule: string; readonly error: Failure }
  | {
      readonly type: "request.opened"
      readonly request: string
      readonly kind: RequestKind
      readonly session?: string
      readonly prompt?: string
      readonly detail?: Json
    }
  | { readonly type: "request.answered"; readonly request: string; readonly by: string; readonly reply: Json }
  | { readonly type: "request.withdrawn"; readonly request: string; readonly reason: string }
  /** `from`: the session whose agent says it; absent: a person. */
  | { readonly type: "message.queued"; readonly session: string; readonly text: string; readonly from?: string }
  /** The agent of `session` has it, in the turn that runs or with the prompt of the one that began just now. */
  | { readonly type: "message.delivered"; readonly session: string; readonly text: string; readonly from: string }
  /** `code`, `text` and `from`: of a message that an agent sent. */
  | {
      readonly type: "message.undeliverable"
      readonly session: string
      readonly reason: string
      readonly code?: Undelivered["code"]
      readonly text?: string
      readonly from?: string
    }
  /** `rule`: a rule id; `agent` when an agent tells people something; or `workspace` when the work of sessions does not fit together, and `clash` says whose and where. */
  | { readonly type: "notified"; readonly rule: string; readonly text: string; readonly clash?: Clash }
  | {
      readonly type: "policy.decided"
      readonly boundary: string
      readonly session?: string
      readonly pack: string
      readonly effect: string
      readonly reasons: ReadonlyArray<string>
    }
  | { readonly type: "budget.updated"; readonly scope: string; readonly usd: number; readonly tokens: number }
  | { readonly type: "budget.exceeded"; readonly scope: string; readonly limit: number; readonly used: number }

export type { SessionStatus } from "#ir"

/** What the engine must do. A session id here is an instance id (`worker[2]`); `declared` is the session of the IR it is one of. */
export type Command =
  | { readonly type: "session.open"; readonly session: string; readonly declared: string; readonly from: Source; readonly resume?: string }
  /** `takeIn`: branches whose work the workspace is to have before the turn. */
  | {
      readonly type: "turn.start"
      readonly session: string
      readonly turn: number
      readonly attempt: number
      readonly prompt: string
      readonly takeIn?: ReadonlyArray<string>
      readonly instructions?: string
      /** For drivers that have a way of their own to a typed answer, which then leaves the instructions out: only where these ask for nothing else. */
      readonly outputSchema?: Json
      readonly budget?: Budget
      readonly idempotencyKey: string
    }
  | { readonly type: "turn.cancel"; readonly session: string; readonly turn: number }
  | { readonly type: "session.message"; readonly session: string; readonly text: string }
  | { readonly type: "session.answer"; readonly session: string; readonly request: string; readonly agentRequest: string; readonly reply: Json }
  /** Stop the driver; `workspace: keep` when the session may be opened again in this run. */
  | { readonly type: "session.close"; readonly session: string; readonly workspace: "keep" | "release" }
  | { readonly type: "timer.set"; readonly timer: string; readonly at: number }
  | { readonly type: "timer.clear"; readonly timer: string }
  | { readonly type: "route.ask"; readonly request: string; readonly plugin: PluginUse; readonly session: string; readonly stop: string; readonly rule: string }
  /** Ask the packs of the session, or those of the fleet. `declared`: the session of the IR. */
  | {
      readonly type: "policy.ask"
      readonly request: string
      readonly boundary: "prompt" | "route"
      readonly session?: string
      readonly declared?: string
      readonly payload: { readonly [key: string]: Json }
    }
  | { readonly type: "run.end" }

/**
 * Why a fact had no effect. A stale fact (a late driver frame, a cleared timer) is ignored without one.
 * `not_waiting`: the request was withdrawn, or nothing of the kind is open. `run_stopped`: the process that was asked does not drive the run any
 * more, which is not over.
 */
export interface Rejection {
  readonly code:
    | "unknown_request"
    | "already_answered"
    | "not_waiting"
    | "run_ended"
    | "unknown_session"
    | "invalid_reply"
    | "not_running"
    | "policy_denied"
    | "run_stopped"
  readonly message: string
}
