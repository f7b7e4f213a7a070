/** What a plugin throws, as a failure of the machine's kinds. */
import { failureKinds, type FailureKind } from "#ir"
import type { Failure } from "../machine/protocol.ts"

const isKind = (value: unknown): value is FailureKind => failureKinds.some((kind) => kind === value)

/** What an error is when it says nothing of it, and who made it. */
export interface Blame {
  readonly kind: FailureKind
  /** Plugin, what was called, and the session: `workspace "scratch" (acquire, session "a")`. */
  readonly who: string
}

/** Of a message: it goes into the journal and to people. */
const longest = 10_000

/** A failure that names a kind and a message keeps both; anything else becomes `kind` with the best message there is, and with who made it. */
export const failureOf = (cause: unknown, blame: FailureKind | Blame): Failure => {
  const { kind, who } = typeof blame === "string" ? { kind: blame, who: undefined } : blame
  const named = (message: string): string => (who === undefined ? message : `${who}: ${message}`)
  try {
    const failure = said(cause, kind, named)
    return failure.message.length <= longest ? failure : { ...failure, message: `${failure.message.slice(0, longest)}…` }
  } catch {
    // its own fields throw
    return { kind, message: named("failed without a message") }
  }
}

const said = (cause: unknown, kind: FailureKind, named: (message: string) => string): Failure => {
  if (typeof cause !== "object" || cause === null) return { kind, message: named(String(cause)) }
  const message = "message" in cause && typeof cause.message === "string" && cause.message !== "" ? cause.message : "failed without a message"
  return "kind" in cause && isKind(cause.kind) ? { kind: cause.kind, message } : { kind, message: named(message) }
}
