/** What a plugin throws, as a failure of the machine's kinds. */
import { failureKinds, type FailureKind } from "#ir"
import type { Failure } from "../machine/protocol.ts"

const isKind = (value: unknown): value is FailureKind => failureKinds.some((kind) => kind === value)

/** A failure that names a kind and a message keeps both; anything else becomes `kind` with the best message there is. */
export const failureOf = (cause: unknown, kind: FailureKind): Failure => {
  if (typeof cause !== "object" || cause === null) return { kind, message: String(cause) }
  const message = "message" in cause && typeof cause.message === "string" && cause.message !== "" ? cause.message : "failed without a message"
  return { kind: "kind" in cause && isKind(cause.kind) ? cause.kind : kind, message }
}
