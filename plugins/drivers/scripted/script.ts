/** What the scripted driver plays: per session a list of turns, one for each prompt it gets. The words are those of `simulate --script`. */
import type { Json } from "#ir"
import type { AgentEvent, DriverFailure, StopReason } from "#sdk"

export interface ScriptedTurn {
  readonly text?: string
  readonly output?: Json
  /** What the turn cost, in US dollars and in tokens. */
  readonly usd?: number
  readonly tokens?: number
  readonly afterMs: number
  /** How long the agent takes to start, where this is the first turn of a conversation. */
  readonly startsMs: number
  readonly stop: StopReason
  readonly failure?: DriverFailure
  /** The agent goes away instead of ending the turn. */
  readonly exit: boolean
  readonly hang: boolean
  readonly events: ReadonlyArray<AgentEvent>
  readonly permission?: { readonly tool: string; readonly risk: "low" | "medium" | "high" }
  readonly question?: string
  /** Every further turn is like this one, where it is the last. */
  readonly again: boolean
  readonly usage: "cumulative" | "delta"
}

/** By session id, or by the id of one instance (`worker[0]`). */
export type Script = ReadonlyMap<string, ReadonlyArray<ScriptedTurn>>

/** The turn of a session nobody wrote a script for. */
export const okTurn: ScriptedTurn = {
  text: "ok",
  afterMs: 0,
  startsMs: 0,
  stop: "end_turn",
  exit: false,
  hang: false,
  events: [],
  again: false,
  usage: "delta",
}

/** The turn of a session for its n-th prompt, counted from 0: of its own turns, else of those of the session it is an instance of. */
export const turnAt = (script: Script, session: string, position: number): ScriptedTurn => {
  const turns = script.get(session) ?? script.get(session.replace(/\[\d+\]$/u, "")) ?? []
  const last = turns.at(-1)
  return turns[position] ?? (last?.again === true ? last : okTurn)
}
