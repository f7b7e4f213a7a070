/** The part of a simulation script that plays the world outside: what people reply and command, what goes wrong. The sessions are the driver's part. */
import type { Json } from "#ir"
import type { FleetEvent } from "../machine/protocol.ts"
import { readDuration } from "./duration.ts"
import { readFaults, type Faults } from "./faults.ts"
import type { UserCommand } from "./run.ts"

type Fields = { readonly [key: string]: Json }

export interface ScriptedReply {
  /** Fields the `request.opened` event must have. */
  readonly when: Fields
  readonly afterMs: number
  readonly reply: Json
}

export interface ScriptedCommand {
  /** Milliseconds from the start of the run, or from the first event that has these fields. */
  readonly ms: number
  readonly after?: Fields
  readonly command: UserCommand
}

export interface OutsideScript {
  readonly replies: ReadonlyArray<ScriptedReply>
  readonly commands: ReadonlyArray<ScriptedCommand>
  readonly faults?: Faults
}

export type OutsideScriptResult = { readonly ok: true; readonly script: OutsideScript } | { readonly ok: false; readonly problems: ReadonlyArray<string> }

const isFields = (value: Json | undefined): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)

const same = (a: Json | undefined, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Whether an event has all of these fields. A session stands for its instances too. */
export const hasFields = (event: FleetEvent, fields: Fields): boolean => {
  const has: { readonly [key: string]: unknown } = { ...event }
  return Object.entries(fields).every(([key, value]) => same(has[key] as Json | undefined, value) || (key === "session" && isInstance(has[key], value)))
}

const isInstance = (id: unknown, session: Json): boolean => typeof id === "string" && typeof session === "string" && id.startsWith(`${session}[`)

const reason = (value: Json | undefined): { readonly code: string; readonly detail?: string } => {
  if (isFields(value)) {
    const { code, detail } = value
    return { code: typeof code === "string" ? code : "user", ...(typeof detail === "string" ? { detail } : {}) }
  }
  return { code: typeof value === "string" ? value : "user" }
}

/** The first key that means nothing where it stands: who misspells `session` must not cancel the fleet. */
const unknownKey = (fields: Fields, keys: ReadonlyArray<string>): string | undefined => {
  const unknown = Object.keys(fields).find((key) => !keys.includes(key))
  return unknown === undefined ? undefined : `${unknown}: unknown; the keys are ${keys.join(", ")}`
}

const verbs = ["cancel", "pause", "resume", "send", "reply", "select", "breakpoint"]

/** Of a `request.opened` event. */
const askedFields = ["request", "kind", "session", "prompt", "detail"]

const readCommand = (entry: Fields): UserCommand | string => {
  const { cancel, pause, resume, send, reply, select, breakpoint } = entry
  const misspelt = unknownKey(entry, ["at", "after", ...verbs])
  if (misspelt !== undefined) return misspelt
  const said = Object.keys(entry).filter((key) => verbs.includes(key))
  if (said.length > 1) return `${said.join(" and ")}: one command an entry`
  if (cancel !== undefined) {
    const target = isFields(cancel) ? cancel : cancel === "fleet" || cancel === true || cancel === null ? {} : { session: cancel }
    const misplaced = unknownKey(target, ["session", "turn", "fleet", "reason"])
    if (misplaced !== undefined) return `cancel, ${misplaced}`
    const why = reason(target["reason"])
    if (typeof target["turn"] === "string") return { type: "cancel", target: { kind: "turn", session: target["turn"] }, reason: why }
    if (typeof target["session"] === "string") return { type: "cancel", target: { kind: "session", session: target["session"] }, reason: why }
    return { type: "cancel", target: { kind: "fleet" }, reason: why }
  }
  if (pause !== undefined) {
    const why = isFields(pause) ? pause["reason"] : pause
    return { type: "pause", ...(typeof why === "string" ? { reason: why } : {}) }
  }
  if (resume !== undefined) return { type: "resume" }
  if (isFields(send)) {
    const { session, text, interrupt } = send
    if (typeof session !== "string" || typeof text !== "string") return "send: expected { session, text }"
    return { type: "user.sent", session, text, ...(interrupt === true ? { interrupt } : {}) }
  }
  if (isFields(reply)) {
    const { request, value } = reply
    return typeof request === "string" && value !== undefined ? { type: "reply", request, value, by: "user" } : "reply: expected { request, value }"
  }
  if (typeof select === "string") return { type: "select", session: select, by: "user" }
  if (isFields(breakpoint)) {
    const { set, clear } = breakpoint
    if (typeof set === "string") return { type: "breakpoint", action: "set", session: set }
    return typeof clear === "string" ? { type: "breakpoint", action: "clear", session: clear } : "breakpoint: expected { set: SESSION } or { clear: SESSION }"
  }
  return `expected one of ${verbs.join(", ")}`
}

const listOf = (value: Json | undefined, name: string, problems: Array<string>): ReadonlyArray<Fields> => {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) {
    problems.push(`${name}: expected a list`)
    return []
  }
  return value.filter((entry: Json, index: number): entry is Fields => {
    if (!isFields(entry)) problems.push(`${name}, entry ${index + 1}: expected a record`)
    return isFields(entry)
  })
}

/** A time may be said as what happens then: its type, or fields that it has. */
const isEvent = (at: Json | undefined): at is Fields | string => isFields(at) || (typeof at === "string" && /^(?:[a-z]+\.[a-z_]+|agent|notified)$/u.test(at))

/** Reads `replies` and `commands` of a parsed script file. Every problem names the entry it stands in. */
export const readOutsideScript = (value: Json): OutsideScriptResult => {
  const problems: Array<string> = []
  if (value !== null && !isFields(value)) return { ok: false, problems: ["expected a record with sessions, replies, commands and faults"] }
  const fields: Fields = value ?? {}
  for (const key of Object.keys(fields)) {
    if (!["sessions", "replies", "commands", "faults"].includes(key)) problems.push(`${key}: unknown; the keys are sessions, replies, commands, faults`)
  }
  const replies = listOf(fields["replies"], "replies", problems).flatMap((entry, index): ReadonlyArray<ScriptedReply> => {
    const where = `replies, entry ${index + 1}`
    const afterMs = readDuration(entry["after"] ?? 0)
    const when = entry["when"] ?? {}
    if (afterMs === undefined) problems.push(`${where}, after: expected a duration such as 10s, or milliseconds`)
    if (!isFields(when)) problems.push(`${where}, when: expected a record such as { kind: gate }`)
    const misspelt = unknownKey(entry, ["when", "after", "reply"])
    if (misspelt !== undefined) problems.push(`${where}, ${misspelt}`)
    const unasked = isFields(when) ? unknownKey(when, askedFields) : undefined
    if (unasked !== undefined) problems.push(`${where}, when, ${unasked}`)
    const { reply } = entry
    if (reply === undefined) problems.push(`${where}: no reply`)
    return afterMs === undefined || !isFields(when) || reply === undefined ? [] : [{ when, afterMs, reply }]
  })
  const commands = listOf(fields["commands"], "commands", problems).flatMap((entry, index): ReadonlyArray<ScriptedCommand> => {
    const where = `commands, entry ${index + 1}`
    const command = readCommand(entry)
    if (typeof command === "string") problems.push(`${where}: ${command}`)
    const when = isEvent(entry["at"]) ? { at: entry["after"], after: entry["at"] } : entry
    const ms = readDuration(when["at"] ?? 0)
    if (ms === undefined) problems.push(`${where}, at: expected a duration such as 10s, milliseconds, or an event such as { type: turn.started, session: a }`)
    const after = typeof when["after"] === "string" ? { type: when["after"] } : when["after"]
    if (after !== undefined && !isFields(after)) problems.push(`${where}, after: expected an event such as { type: turn.started, session: a }`)
    if (typeof command === "string" || ms === undefined) return []
    return [{ ms, command, ...(isFields(after) ? { after } : {}) }]
  })
  const faults = fields["faults"] === undefined || fields["faults"] === null ? undefined : readFaults(fields["faults"])
  if (faults?.ok === false) problems.push(...faults.problems)
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, script: { replies, commands, ...(faults?.ok === true ? { faults: faults.faults } : {}) } }
}
