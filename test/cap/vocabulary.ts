/** The core events of CAP v1 (sections 7 and 8) with the fields that it names. What is marked as ours stands in no section of it. */
import type { AgentEvent } from "#sdk"

interface Kind {
  /** Fields that every event of the kind must have. */
  readonly needs: ReadonlyArray<string>
  /** Fields that it may have. */
  readonly may?: ReadonlyArray<string>
  /** Fields that only we have. */
  readonly ours?: ReadonlyArray<string>
  readonly oneOf?: { readonly [field: string]: ReadonlyArray<string> }
}

export const coreEvents: { readonly [kind: string]: Kind } = {
  "cap.session.ready": { needs: ["version"], may: ["session_id"] },
  "cap.text_chunk": { needs: ["text", "channel"], may: ["message_id"], oneOf: { channel: ["assistant", "thought", "system"] } },
  "cap.tool_call.start": { needs: ["call_id", "name", "input"] },
  "cap.tool_call.delta": { needs: ["call_id", "output_chunk"] },
  "cap.tool_call.end": { needs: ["call_id", "is_error"], may: ["output", "duration_ms"] },
  "cap.plan": { needs: ["entries"] },
  "cap.thought": { needs: ["text"], may: ["message_id"] },
  "cap.ask_user": { needs: ["ask_id", "prompt"], may: ["form", "timeout_seconds"] },
  "cap.permission.request": {
    needs: ["req_id", "tool", "risk_level"],
    may: ["intent", "scope"],
    ours: ["call_id"],
    oneOf: { risk_level: ["low", "medium", "high"], scope: ["read", "write", "execute", "network"] },
  },
  "cap.usage": {
    needs: [],
    ours: ["mode"],
    may: [
      "model_id",
      "input_tokens",
      "output_tokens",
      "cache_read_tokens",
      "cache_creation_tokens",
      "thinking_tokens",
      "cost_usd_estimate",
      "duration_ms",
      "stop_reason",
    ],
  },
  "cap.error": { needs: ["code", "message", "retryable"], may: ["details"] },
  "cap.pty.raw_bytes": { needs: ["bytes_b64"] },
}

/** What we tell beside them, under names that CAP does not use. */
export const ourEvents: { readonly [kind: string]: string } = {
  "cap.request.withdrawn": "the agent no longer wants an answer; `req_id` is that of the request or question",
  "cap.reverse_rpc": "a call of section 8 by an agent, `{ rpc_id, method, … }`; the reference implementation has it so",
}

/** What is wrong with an event of the kind. */
export const problemsOf = ({ kind, ...fields }: AgentEvent): ReadonlyArray<string> => {
  const known = coreEvents[kind]
  if (known === undefined) return !kind.startsWith("cap.") || kind in ourEvents ? [] : [`CAP has no ${JSON.stringify(kind)}`]
  const names = new Set([...known.needs, ...(known.may ?? []), ...(known.ours ?? []), "_meta"])
  return [
    ...known.needs.filter((name) => !(name in fields)).map((name) => `${kind} has no ${name}`),
    ...Object.keys(fields)
      .filter((name) => !names.has(name))
      .map((name) => `${kind} has ${name}, which CAP does not know`),
    ...Object.entries(known.oneOf ?? {}).flatMap(([name, values]) =>
      fields[name] === undefined || values.some((value) => value === fields[name]) ? [] : [`${kind} has the ${name} ${JSON.stringify(fields[name])}`],
    ),
  ]
}
