/** Why a call or a turn of an ACP agent failed, in the kinds a fleet knows. */
import type { FailureKind, Json } from "#ir"
import { capFailure, failed, fieldsOf, numberOf, textOf } from "#sdk"
import type { DriverFailure, RpcError } from "#sdk"

export const authRequired = -32000

const ofStatus: { readonly [status: number]: FailureKind } = { 401: "auth_error", 403: "auth_error", 429: "rate_limit", 503: "rate_limit", 529: "rate_limit" }
const ofName: { readonly [name: string]: FailureKind } = {
  rate_limit: "rate_limit",
  authentication_failed: "auth_error",
  auth_error: "auth_error",
  billing_error: "auth_error",
}

/** Of a text that may name the status which the service answered. */
export const kindOfText = (text: string): FailureKind => ofStatus[Number(/\b(401|403|429|503|529)\b/u.exec(text)?.[1] ?? 0)] ?? "driver_error"

/** Codes of JSON-RPC are below zero, and CAP has names for some; some agents give the status of the service instead. */
export const kindOf = (code: number, message: string, data: Json | undefined): FailureKind => {
  if (code === authRequired) return "auth_error"
  const { errorKind, code: name, status, statusCode } = fieldsOf(data)
  const first = /^\w+/u.exec(message)?.[0]
  const known = capFailure(name) ?? capFailure(first) ?? capFailure(code)
  if (known !== undefined) return known
  return ofName[textOf(errorKind)] ?? ofStatus[code] ?? ofStatus[numberOf(status) || numberOf(statusCode)] ?? kindOfText(message)
}

export const rpcFailure = (name: string, what: string, error: RpcError): DriverFailure => {
  const kind = kindOf(error.code, error.message, error.data)
  return failed(kind, `${name} ${what}: ${error.message}${kind === "auth_error" ? "; sign in with the agent itself first, or give its key in `env`" : ""}`)
}
