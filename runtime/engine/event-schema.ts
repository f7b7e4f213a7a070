/**
 * What the world may see, as a schema: one for every event of `FleetEvent`, field by field. An event that the two describe differently does not
 * compile. Events of another version, or of a journal that somebody edited, are decoded with it before anything believes them.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { failureKinds, sessionStatuses, type Json } from "#ir"
import type { AgentEvent, FleetEvent } from "../machine/protocol.ts"

const text = Schema.String
const texts = Schema.Array(Schema.String)
const json: Schema.Codec<Json> = Schema.Json
const amount = Schema.Finite
const count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

// No annotations here: one would hide a field that only its type has.
const failure = Schema.Struct({ kind: Schema.Literals(failureKinds), message: text })
const cancelReason = Schema.Struct({ code: text, detail: Schema.optionalKey(text) })
const workspace = Schema.Struct({ path: text, branch: Schema.optionalKey(text) })
const agentEvent: Schema.Codec<AgentEvent> = Schema.StructWithRest(Schema.Struct({ kind: text }), [Schema.Record(text, json)])
const stopReason = Schema.Literals(["end_turn", "stop_sequence", "max_tokens", "max_turns", "tool_use", "cancelled", "refusal", "error"])
const requestKind = Schema.Literals(["permission", "question", "rpc", "selection", "gate", "breakpoint"])
const sessionStatus = Schema.Literals(sessionStatuses)

const event = <const Type extends string, const Fields extends Schema.Struct.Fields>(type: Type, fields: Fields) =>
  Schema.Struct({ seq: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)), run: text, at: amount, type: Schema.Literal(type), ...fields }).annotate({
    identifier: type,
  })

const attempt = { session: text, turn: count, attempt: count }
const compensation = { session: text, reason: Schema.optionalKey(text) }

const events = Schema.Union([
  event("run.started", { fleet: text, ir: text }),
  event("run.paused", { reason: text }),
  event("run.resumed", {}),
  event("run.ended", {
    status: Schema.Literals(["succeeded", "failed", "cancelled", "needs_review"]),
    reason: Schema.optionalKey(text),
    usage: Schema.Struct({ usd: amount, tokens: amount }),
    outputs: Schema.optionalKey(Schema.Record(text, json)),
  }),
  event("session.queued", { session: text }),
  event("session.started", { session: text, workspace: Schema.optionalKey(workspace) }),
  event("session.ready", { session: text }),
  event("turn.started", { ...attempt, rule: text, from: texts, prompt: text }),
  event("agent", { session: text, turn: count, event: agentEvent }),
  event("turn.done", { ...attempt, stop_reason: stopReason }),
  event("turn.failed", { ...attempt, error: failure }),
  event("turn.cancelled", { ...attempt, reason: cancelReason }),
  event("session.retrying", { ...attempt, delay_ms: amount, error: failure }),
  event("session.done", { session: text, turn: count, stop_reason: stopReason, output: Schema.optionalKey(json), text }),
  event("session.failed", { ...attempt, error: failure }),
  event("session.cancelled", { session: text, reason: cancelReason, was: sessionStatus }),
  event("session.skipped", { session: text, reason: text }),
  event("session.compensating", compensation),
  event("session.compensated", compensation),
  event("session.needs_review", compensation),
  event("route.fired", { rule: text, from: texts, to: texts, action: text }),
  event("route.declined", { rule: text, reason: Schema.Literals(["guard", "limit"]) }),
  event("route.failed", { rule: text, error: failure }),
  event("request.opened", {
    request: text,
    kind: requestKind,
    session: Schema.optionalKey(text),
    prompt: Schema.optionalKey(text),
    detail: Schema.optionalKey(json),
  }),
  event("request.answered", { request: text, by: text, reply: json }),
  event("request.withdrawn", { request: text, reason: text }),
  event("message.queued", { session: text, text, from: Schema.optionalKey(text) }),
  event("message.delivered", { session: text, text, from: text }),
  event("message.undeliverable", {
    session: text,
    reason: text,
    code: Schema.optionalKey(Schema.Literals(["unknown_session", "not_allowed", "finished", "run_ending", "denied", "limit"])),
    text: Schema.optionalKey(text),
    from: Schema.optionalKey(text),
  }),
  event("notified", { rule: text, text, clash: Schema.optionalKey(Schema.Struct({ sessions: texts, files: texts })) }),
  event("policy.decided", { boundary: text, session: Schema.optionalKey(text), pack: text, effect: text, reasons: texts }),
  event("budget.updated", { scope: text, usd: amount, tokens: amount }),
  event("budget.exceeded", { scope: text, limit: amount, used: amount }),
])

/** The fields of one type of event; the types that one member of a union stands for are told apart. */
type Fields<Events, Type> = Events extends { readonly type: infer Types }
  ? Type extends Types
    ? { [Name in keyof Events]: Name extends "type" ? Type : Events[Name] }
    : never
  : never
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Differing<A extends { readonly type: string }, B extends { readonly type: string }> = {
  [Type in A["type"] | B["type"]]: Same<Fields<A, Type>, Fields<B, Type>> extends true ? never : Type
}[A["type"] | B["type"]]

/** Events that the schema and `FleetEvent` describe differently: `never`, or nothing below compiles. */
type Disagreement = Differing<FleetEvent, typeof events.Type>

/** Every event of a run, as NDJSON lines, the journal and subscribers have it. */
export const eventSchema: Schema.Codec<[Disagreement] extends [never] ? FleetEvent : Disagreement> = events.annotate({ expected: "an event of this version" })

export type DecodedEvent = { readonly ok: true; readonly event: FleetEvent } | { readonly ok: false; readonly problems: ReadonlyArray<string> }

const decode = Schema.decodeUnknownResult(eventSchema, { errors: "all", onExcessProperty: "error" })

const pointer = (path: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }>): string =>
  path.length === 0 ? "the event" : path.map((part) => `/${String(typeof part === "object" ? part.key : part)}`).join("")

/** An event from JSON nobody vouches for: exactly one, keys too many refused, or what is wrong with it and where. */
export const decodeEvent = (value: unknown): DecodedEvent => {
  const result = decode(value)
  if (Result.isSuccess(result)) return { ok: true, event: result.success }
  const { issues } = SchemaIssue.makeFormatterStandardSchemaV1()(result.failure.issue)
  return { ok: false, problems: issues.map(({ path = [], message }) => `${pointer(path)}: ${message}`) }
}

/** JSON Schema (draft 2020-12) of an event, self-contained. Fields may be added in later versions, so it leaves events open. */
export const eventJsonSchema = (): unknown => {
  const { schema, definitions } = Schema.toJsonSchemaDocument(eventSchema)
  return { $schema: "https://json-schema.org/draft/2020-12/schema", title: "fleetwright event", ...schema, $defs: definitions }
}
