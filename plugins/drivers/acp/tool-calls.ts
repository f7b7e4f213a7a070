/**
 * The tool calls of a turn. Agents tell of a call in any order: first nearly nothing and the input later, the request for permission
 * before anything else, or only the end. So every mention adds to what is known, and a call is told once it is worth telling.
 */
import type { Json } from "#ir"
import { fieldsOf, isFields, listOf, textOf } from "#sdk"
import type { Fields } from "#sdk"

export interface ToolUpdate {
  readonly call: string
  readonly name: string
  readonly title: string
  readonly kind: string
  readonly status: string
  readonly input: Fields
  readonly paths: ReadonlyArray<string>
}

/** Of a `tool_call`, a `tool_call_update` or the `toolCall` of a permission request. */
export const readToolUpdate = (update: Fields): ToolUpdate => ({
  call: textOf(update["toolCallId"]),
  name: textOf(update["name"]) || textOf(fieldsOf(fieldsOf(update["_meta"])["claudeCode"])["toolName"]),
  title: textOf(update["title"]),
  kind: textOf(update["kind"]),
  status: textOf(update["status"]),
  input: fieldsOf(update["rawInput"]),
  paths: listOf(update["locations"])
    .map((location) => textOf(fieldsOf(location)["path"]))
    .filter((path) => path !== ""),
})

export interface ToolCall extends ToolUpdate {
  /** Tool and input as they were told. */
  readonly told?: { readonly tool: string; readonly input: Fields }
}

const isEmpty = (input: Fields): boolean => Object.keys(input).length === 0

/** What is known after a mention. */
export const mention = (before: ToolCall | undefined, update: ToolUpdate): ToolCall => ({
  call: update.call,
  name: update.name || (before?.name ?? ""),
  title: update.title || (before?.title ?? ""),
  kind: update.kind || (before?.kind ?? ""),
  status: update.status || (before?.status ?? "pending"),
  input: isEmpty(update.input) ? (before?.input ?? {}) : update.input,
  paths: update.paths.length === 0 ? (before?.paths ?? []) : update.paths,
  ...(before?.told === undefined ? {} : { told: before.told }),
})

/** Whether enough is known: it has begun, or is mentioned again with its input. */
export const isTellable = (call: ToolCall, again: boolean): boolean => call.status !== "pending" || (again && !isEmpty(call.input))

export const isOver = ({ status }: ToolUpdate): boolean => status === "completed" || isUndone({ status })

export const isUndone = ({ status }: Pick<ToolUpdate, "status">): boolean => status === "failed" || status === "cancelled"

/** The tool by the agent's name for it, else by what kind of thing it does. */
export const toolOf = ({ name, kind }: ToolUpdate): string => name || kind || "tool"

/** The input; for an agent that keeps it to itself the title, which is the command of one that runs commands. */
export const inputOf = ({ input, title, kind, paths }: ToolUpdate): Fields => {
  const named = paths.length === 0 || isFields(input["locations"]) ? {} : { paths: [...paths] }
  if (!isEmpty(input)) return { ...named, ...input }
  return { ...named, title, ...(kind === "execute" ? { command: title } : {}) }
}

const isPart = (part: Fields, of: Fields): boolean => Object.entries(part).every(([key, value]) => JSON.stringify(of[key]) === JSON.stringify(value))

/** What is to be asked of a call: what was told of it before, unless the agent now says something else. */
export const askedOf = (call: ToolCall, asked: ToolUpdate): { readonly tool: string; readonly input: Fields } =>
  call.told !== undefined && isPart(asked.input, call.told.input) ? call.told : { tool: toolOf(call), input: inputOf(call) }

export type Risk = { readonly risk_level: "low" | "medium" | "high"; readonly scope: "read" | "write" | "network" | "execute" }

const ofKind: { readonly [kind: string]: Risk } = {
  read: { risk_level: "low", scope: "read" },
  search: { risk_level: "low", scope: "read" },
  think: { risk_level: "low", scope: "read" },
  edit: { risk_level: "medium", scope: "write" },
  move: { risk_level: "medium", scope: "write" },
  delete: { risk_level: "high", scope: "write" },
  fetch: { risk_level: "medium", scope: "network" },
}

/** Undefined for what runs something, where the command decides. */
export const riskOfKind = (kind: string): Risk | undefined => ofKind[kind]

/** For one call to be known again. */
export const callName = (tool: string, input: Json): string => JSON.stringify([tool, input])
