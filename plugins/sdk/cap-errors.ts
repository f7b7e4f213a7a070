/** The errors of CAP v1 (14.2, and 10 of the coding profile): a number where JSON-RPC is spoken, a name elsewhere, and both mean the same. */
import type { FailureKind, Json } from "#ir"

const numbered: { readonly [code: number]: string } = {
  [-32001]: "cap_manifest_missing",
  [-32002]: "cap_session_config_missing",
  [-32003]: "cap_unsupported_capability",
  [-32004]: "cap_budget_exceeded",
  [-32005]: "cap_invalid_answer",
  [-32006]: "cap_unknown_permission",
  [-32007]: "cap_queued_input_unsupported",
  [-32008]: "cap_cancel_unsupported",
  [-32009]: "cap_binding_unavailable",
  [-32010]: "cap_profile_unsupported",
  [-32020]: "cap_scope_violation",
  [-32021]: "cap_path_not_found",
  [-32022]: "cap_io_error",
  [-32023]: "cap_terminal_unavailable",
  [-32024]: "cap_terminal_killed",
}

const kinds: { readonly [name: string]: FailureKind } = {
  rate_limit: "rate_limit",
  auth_error: "auth_error",
  tool_timeout: "timeout",
  context_overflow: "max_tokens",
  pty_died: "agent_exited",
  cap_budget_exceeded: "budget_exceeded",
  cap_unsupported_capability: "capability_denied",
  cap_scope_violation: "capability_denied",
}

/** What a turn that ended with the error failed of; undefined for what tells no more than that it failed. */
export const capFailure = (code: Json | undefined): FailureKind | undefined => {
  const name = typeof code === "number" ? numbered[code] : code
  return typeof name === "string" && Object.hasOwn(kinds, name) ? kinds[name] : undefined
}
