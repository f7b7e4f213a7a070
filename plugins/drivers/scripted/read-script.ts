/** Reads the `sessions` part of a script file. Every problem names the entry it stands in, as `sessions.worker[0], turn 2, after`. */
import { failureKinds, type FailureKind, type Json } from "#ir"
import type { AgentEvent, DriverFailure, StopReason } from "#sdk"
import { okTurn, type Script, type ScriptedTurn } from "./script.ts"

const stops: ReadonlyArray<StopReason> = ["end_turn", "stop_sequence", "max_tokens", "max_turns", "tool_use", "cancelled", "refusal", "error"]
const risks = ["low", "medium", "high"] as const
const usages = ["cumulative", "delta"] as const
const units: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export type ScriptResult = { readonly ok: true; readonly script: Script } | { readonly ok: false; readonly problems: ReadonlyArray<string> }

type Fields = { readonly [key: string]: Json }
type Writable<T> = { -readonly [K in keyof T]: T[K] }

const isFields = (value: Json | undefined): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)
const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)
const oneOf = <T extends string>(values: ReadonlyArray<T>, value: Json | undefined): T | undefined => values.find((known) => known === value)

/** `10s`, `1h30m`, `250ms`, or a number of milliseconds; undefined when it is none of these. */
export const readDuration = (value: Json): number | undefined => {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : undefined
  if (typeof value !== "string" || !/^(\d+(\.\d+)?(ms|s|m|h|d))+$/u.test(value)) return undefined
  return [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/gu)].reduce((sum, [, figure, unit]) => sum + Number(figure) * (units[unit ?? ""] ?? 0), 0)
}

/** `sessions`: what the script file has under that key; absent means no session has a script. */
export const readScript = (sessions: Json | undefined): ScriptResult => {
  const problems: Array<string> = []
  const script = new Map<string, ReadonlyArray<ScriptedTurn>>()
  if (sessions === undefined || sessions === null) return { ok: true, script }
  if (!isFields(sessions)) return { ok: false, problems: ["sessions: expected session ids with their turns"] }
  for (const [id, turns] of Object.entries(sessions)) {
    if (isList(turns))
      script.set(
        id,
        turns.map((turn, index) => readTurn(turn, `sessions.${id}, turn ${index + 1}`, problems)),
      )
    else problems.push(`sessions.${id}: expected a list of turns`)
  }
  return problems.length === 0 ? { ok: true, script } : { ok: false, problems }
}

type Read = (turn: Writable<ScriptedTurn>, value: Json) => string | undefined

const flag =
  (key: "exit" | "hang" | "again"): Read =>
  (turn, value) => {
    if (typeof value !== "boolean") return "expected true or false"
    turn[key] = value
    return undefined
  }

const text =
  (key: "text" | "question"): Read =>
  (turn, value) => {
    if (isFields(value) || isList(value) || value === null) return "expected text"
    turn[key] = String(value)
    return undefined
  }

const figure =
  (key: "usd" | "tokens"): Read =>
  (turn, value) => {
    if (typeof value !== "number" || !Number.isFinite(value) || value < 0) return "expected a number that is not negative"
    turn[key] = value
    return undefined
  }

const choice =
  <K extends "stop" | "usage">(key: K, values: ReadonlyArray<ScriptedTurn[K] & string>): Read =>
  (turn, value) => {
    const found = oneOf(values, value)
    if (found === undefined) return `expected one of ${values.join(", ")}`
    turn[key] = found
    return undefined
  }

const time =
  (key: "afterMs" | "startsMs"): Read =>
  (turn, value) => {
    const ms = readDuration(value)
    if (ms === undefined) return "expected a duration such as 10s, or milliseconds"
    turn[key] = ms
    return undefined
  }

const readers: { readonly [key: string]: Read } = {
  text: text("text"),
  question: text("question"),
  exit: flag("exit"),
  hang: flag("hang"),
  again: flag("again"),
  cost_usd: figure("usd"),
  tokens: figure("tokens"),
  stop: choice("stop", stops),
  usage: choice("usage", usages),
  output: (turn, value) => {
    turn.output = value
    return undefined
  },
  after: time("afterMs"),
  starts: time("startsMs"),
  fail: (turn, value) => {
    const failed = readFailure(value)
    if (typeof failed === "string") return failed
    turn.failure = failed
    return undefined
  },
  events: (turn, value) => {
    if (!isList(value)) return "expected a list of events"
    const events = value.filter((event): event is AgentEvent => isFields(event) && typeof event["kind"] === "string")
    if (events.length !== value.length) return "each event needs a `kind`"
    turn.events = events
    return undefined
  },
  permission: (turn, value) => {
    const tool = isFields(value) ? value["tool"] : value
    const risk = oneOf(risks, isFields(value) ? (value["risk"] ?? "medium") : "medium")
    if (typeof tool !== "string") return "expected { tool, risk }"
    if (risk === undefined) return `risk: expected one of ${risks.join(", ")}`
    turn.permission = { tool, risk }
    return undefined
  },
}

const readFailure = (value: Json): DriverFailure | string => {
  const kind: FailureKind | undefined = oneOf(failureKinds, isFields(value) ? value["kind"] : value)
  if (kind === undefined) return `kind: expected one of ${failureKinds.join(", ")}`
  const message = isFields(value) ? value["message"] : undefined
  return { kind, message: typeof message === "string" ? message : "the script says so" }
}

const readTurn = (value: Json, where: string, problems: Array<string>): ScriptedTurn => {
  if (!isFields(value)) {
    problems.push(`${where}: expected a record such as { text: done }`)
    return okTurn
  }
  const turn: Writable<ScriptedTurn> = { ...okTurn }
  // "ok" is what an agent says that is told nothing else; one that fails, hangs or only has an output says nothing by itself.
  if (["output", "fail", "hang", "exit"].some((key) => key in value)) delete turn.text
  for (const [key, field] of Object.entries(value)) {
    const read = Object.hasOwn(readers, key) ? readers[key] : undefined
    const problem = read === undefined ? `unknown; the keys are ${Object.keys(readers).join(", ")}` : read(turn, field)
    if (problem !== undefined) problems.push(`${where}, ${key}: ${problem}`)
  }
  return turn
}
