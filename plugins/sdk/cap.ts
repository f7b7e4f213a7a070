/** CAP v1 as it crosses our borders: a core event is plain JSON with a `kind`; frames go the other way. */
import type { Json } from "#ir"

/**
 * A CAP core event (`cap.text_chunk`, `cap.tool_call.start`, `cap.usage`, `cap.permission.request`, …). Unknown kinds pass through.
 * `cap.error` with `code: "rate_limit"` and `retryable: true` says that the agent waits for its service by itself: until it is heard of again
 * its session's permit is for others.
 */
export type AgentEvent = { readonly kind: string } & { readonly [key: string]: Json }

export type StopReason = "end_turn" | "stop_sequence" | "max_tokens" | "max_turns" | "tool_use" | "cancelled" | "refusal" | "error"

/** Cost in US dollars. `cumulative`: of the whole conversation; `delta`: since the last report. */
export interface Usage {
  readonly mode: "cumulative" | "delta"
  readonly usd?: number
  readonly tokens?: number
}

/** What the engine tells a driver. */
export type Frame =
  | {
      readonly type: "prompt"
      readonly turn: number
      readonly attempt: number
      readonly text: string
      /** What the answer must look like; a driver with native structured output may use `outputSchema` instead. */
      readonly instructions?: string
      readonly outputSchema?: Json
      /** The same for every try of one piece of work after a crash. */
      readonly idempotencyKey: string
    }
  /** The user speaks while a turn runs (only with the capability `queuedInput`). */
  | { readonly type: "message"; readonly text: string }
  /** The reply to a `cap.permission.request` or `cap.ask_user` event, by the `req_id` or `ask_id` the driver gave. */
  | { readonly type: "answer"; readonly request: string; readonly reply: Json }
  /** Stop the turn that runs; the driver still ends it with `turn.ended`. */
  | { readonly type: "cancel" }
