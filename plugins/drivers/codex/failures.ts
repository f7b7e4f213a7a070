/** Why a turn of Codex failed, in the kinds a fleet knows. */
import type { FailureKind, Json } from "#ir"
import { failed, fieldsOf, textOf } from "#sdk"
import type { AgentEvent, DriverFailure } from "#sdk"

const kinds: { readonly [info: string]: FailureKind } = {
  usageLimitExceeded: "rate_limit",
  rateLimitExceeded: "rate_limit",
  serverOverloaded: "rate_limit",
  flexUnavailable: "rate_limit",
  unauthorized: "auth_error",
  sessionBudgetExceeded: "budget_exceeded",
  contextWindowExceeded: "max_tokens",
}

const kindOfStatus = (status: Json | undefined): FailureKind =>
  status === 401 || status === 403 ? "auth_error" : status === 429 || status === 503 || status === 529 ? "rate_limit" : "driver_error"

/** `info` is a name, or a record of one name with the status that the service answered. */
const kindOf = (info: Json | undefined): FailureKind => {
  if (typeof info === "string") return kinds[info] ?? "driver_error"
  const [name, detail] = Object.entries(fieldsOf(info))[0] ?? []
  return name === undefined ? "driver_error" : (kinds[name] ?? kindOfStatus(fieldsOf(detail)["httpStatusCode"]))
}

/** Of a turn's `error`. */
export const turnFailure = (error: Json | undefined): DriverFailure => {
  const { message, codexErrorInfo } = fieldsOf(error)
  return failed(kindOf(codexErrorInfo), textOf(message) || "codex failed without a reason")
}

/** Of what exec writes: only a text, which names the status when there was one. */
export const textFailure = (message: string): DriverFailure => {
  const status = /\b(4\d\d|5\d\d)\b/u.exec(message)?.[1]
  return failed(kindOfStatus(status === undefined ? undefined : Number(status)), message || "codex failed without a reason")
}

/** Codex tries again by itself. While that is for a rate limit the session's permit is for others. */
export const retryEvent = ({ kind, message }: DriverFailure): AgentEvent =>
  kind === "rate_limit" ? { kind: "cap.error", code: kind, message, retryable: true } : { kind: "codex.retry", error: message }
