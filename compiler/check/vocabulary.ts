/** The words of expressions and events that the language itself defines (language.md 3 and 4). */
import type { SessionEvent, SessionProperty } from "../ir/model.ts"

export const sessionEvents: ReadonlyArray<SessionEvent> = ["started", "done", "failed", "cancelled", "skipped", "settled", "asked", "compensated"]

export const gateEvents = ["approved", "rejected", "expired"] as const
export type GateEvent = (typeof gateEvents)[number]

export const sessionProperties: ReadonlyArray<SessionProperty> = [
  "output",
  "outputs",
  "text",
  "cost",
  "tokens",
  "turns",
  "attempts",
  "status",
  "error",
  "branch",
]

export const fleetProperties = ["task", "cost", "elapsed"] as const

/** Names that mean something in every expression, so nothing else may be called like them. */
export const reservedRoots: ReadonlySet<string> = new Set(["inputs", "fleet", "human"])

export const oneOfThem = <T extends string>(word: string, words: ReadonlyArray<T>): T | undefined => words.find((each) => each === word)
