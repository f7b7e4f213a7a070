/**
 * What an agent says, as policies let it pass: nothing of it becomes a fact before. Pieces of text are held until it is clear how they go on, so
 * that a secret cannot pass in two halves; an empty piece says in the meantime that the agent speaks.
 */
import * as Effect from "effect/Effect"
import type { Json } from "#ir"
import type { AgentEvent, Boundary, DriverEvent, PolicyPayload } from "#sdk"
import type { Judgement } from "../policy/judge.ts"
import type { Asker, Police } from "../policy/police.ts"
import type { Decision } from "../machine/protocol.ts"

type Ended = Extract<DriverEvent, { readonly type: "turn.ended" }>

export interface Passed {
  readonly event: AgentEvent
  readonly decisions: ReadonlyArray<Decision>
}

export interface Screened {
  readonly passed: ReadonlyArray<Passed>
  /** The turn must not go on. */
  readonly denied?: string
  readonly decisions: ReadonlyArray<Decision>
}

export interface Screen {
  readonly event: (event: AgentEvent) => Effect.Effect<Screened>
  readonly end: (ended: Ended) => Effect.Effect<Screened & { readonly ended: Ended }>
}

/** Held text is looked at when it grows beyond this. */
const mostHeld = 64_000

const pieces: ReadonlySet<string> = new Set(["cap.text_chunk", "cap.thought"])

/** Undefined when nobody looks at what the session brings: then everything passes as it is. `asks`: its driver asks before the agent acts. */
export const makeScreen = (police: Police, asker: Asker, asks: boolean): Screen | undefined => {
  const looks = (boundary: Boundary): boolean => police.looks(boundary, asker.declared)
  if (!looks("tool") && !looks("output") && !looks("artifact")) return undefined
  let held: AgentEvent | undefined
  /** Tool calls that were denied, until the agent asks for them or they turn out to have been made without asking. */
  const awaited = new Map<string, { readonly what: string; readonly denied: string; readonly decisions: ReadonlyArray<Decision> }>()

  const nothing: Screened = { passed: [], decisions: [] }

  const look = (boundary: Boundary, event: AgentEvent): Effect.Effect<{ readonly event: AgentEvent } & Judgement> => {
    const { kind, req_id, call_id, risk_level, scope, ...rest } = event
    const names = defined({ req_id, call_id, risk_level, scope })
    const asked = boundary === "tool" ? renamed(rest, toolFields(kind)) : rest
    const told = (payload: PolicyPayload): PolicyPayload =>
      boundary === "tool"
        ? renamed(
            payload,
            toolFields(kind).map(([ours, theirs]) => [theirs, ours] as const),
          )
        : payload
    // who answers to which request, and how risky it is, no redaction may change
    return Effect.map(police.ask(boundary, { ...asked, ...defined({ risk_level, scope }) }, asker), (judged) => ({
      ...judged,
      event: { ...told(judged.payload), ...names, kind },
    }))
  }

  const flush: Effect.Effect<Screened> = Effect.suspend(() => {
    const event = held
    held = undefined
    if (event === undefined) return Effect.succeed(nothing)
    return Effect.map(look("output", event), (judged): Screened =>
      judged.denied === undefined
        ? { passed: [{ event: judged.event, decisions: judged.decisions }], decisions: [] }
        : { passed: [], denied: judged.denied, decisions: judged.decisions },
    )
  })

  const hold = (event: AgentEvent): Effect.Effect<Screened> => {
    const text = typeof event["text"] === "string" ? event["text"] : ""
    const before = held
    const follows = before !== undefined && before.kind === event.kind && before["channel"] === event["channel"]
    const flushed = before === undefined || follows ? Effect.succeed(nothing) : flush
    return Effect.flatMap(flushed, (first) => {
      const so_far = follows && typeof before["text"] === "string" ? before["text"] : ""
      held = { ...event, text: so_far + text }
      const signs: Screened = { ...first, passed: [...first.passed, { event: { ...event, text: "" }, decisions: [] }] }
      return first.denied === undefined && so_far.length + text.length > mostHeld ? Effect.map(flush, (more) => joined(signs, more)) : Effect.succeed(signs)
    })
  }

  const decide = (event: AgentEvent): Effect.Effect<Screened> => {
    if (event.kind === "cap.permission.request") for (const [call, { what }] of awaited) if (what === callOf(event)) awaited.delete(call)
    const made = event.kind === "cap.tool_call.end" && typeof event["call_id"] === "string" ? awaited.get(event["call_id"]) : undefined
    if (made !== undefined) return Effect.succeed({ passed: [], denied: made.denied, decisions: made.decisions })
    const boundary: Boundary =
      event.kind === "cap.permission.request" || event.kind === "cap.tool_call.start" ? "tool" : event.kind.startsWith("cap.artifact") ? "artifact" : "output"
    if (event.kind === "cap.usage" || !looks(boundary)) return Effect.succeed({ passed: [{ event, decisions: [] }], decisions: [] })
    return Effect.map(look(boundary, event), ({ event: clean, decisions, denied }): Screened => {
      if (denied === undefined) return { passed: [{ event: clean, decisions }], decisions: [] }
      // the machine answers the request
      if (event.kind === "cap.permission.request") return { passed: [{ event: clean, decisions }], decisions: [] }
      if (boundary === "artifact") return { passed: [{ event: { kind: "fleet.withheld", what: "artifact" }, decisions }], decisions: [] }
      if (boundary !== "tool" || !asks || typeof event["call_id"] !== "string") return { passed: [], denied, decisions }
      awaited.set(event["call_id"], { what: callOf(event), denied, decisions })
      return { passed: [{ event: clean, decisions: [] }], decisions: [] }
    })
  }

  return {
    event: (event) =>
      pieces.has(event.kind) && looks("output")
        ? hold(event)
        : Effect.flatMap(flush, (first) => (first.denied === undefined ? Effect.map(decide(event), (next) => joined(first, next)) : Effect.succeed(first))),
    end: (ended) =>
      Effect.gen(function* () {
        const first = yield* flush
        if (first.denied !== undefined || !looks("output")) return { ...first, ended }
        const { text, output, end } = ended
        const message = "error" in end ? end.error.message : undefined
        const payload: PolicyPayload = defined({ text, output, message })
        if (Object.keys(payload).length === 0) return { ...first, ended }
        const judged = yield* police.ask("output", payload, asker)
        const decisions = [...first.decisions, ...judged.decisions]
        if (judged.denied !== undefined) return { ...first, decisions, denied: judged.denied, ended }
        const { text: cleanText, output: cleanOutput, message: cleanMessage } = judged.payload
        const { text: _text, output: _output, ...rest } = ended
        return {
          ...first,
          decisions,
          ended: {
            ...rest,
            ...(typeof cleanText === "string" ? { text: cleanText } : {}),
            ...(cleanOutput === undefined ? {} : { output: cleanOutput }),
            end: "error" in end && typeof cleanMessage === "string" ? { error: { kind: end.error.kind, message: cleanMessage } } : end,
          },
        }
      }),
  }
}

/** What CAP calls the tool and its input, in a call that has begun and in a request; policies know them as `tool` and `input`. */
const toolFields = (kind: string): ReadonlyArray<readonly [string, string]> => (kind === "cap.permission.request" ? [["intent", "input"]] : [["name", "tool"]])

const renamed = (fields: PolicyPayload, names: ReadonlyArray<readonly [string, string]>): PolicyPayload =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [names.find(([from]) => from === key)?.[1] ?? key, value]))

const callOf = (event: AgentEvent): string => {
  const { tool = "", input = null } = renamed(event, toolFields(event.kind))
  return JSON.stringify([tool, input])
}

const joined = (first: Screened, second: Screened): Screened => ({
  passed: [...first.passed, ...second.passed],
  decisions: [...first.decisions, ...second.decisions],
  ...(second.denied === undefined ? {} : { denied: second.denied }),
})

const defined = (fields: { readonly [key: string]: Json | undefined }): { readonly [key: string]: Json } =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined))
