/** What a routing plugin answered, as actions of the language: declared sessions only, nothing but who works next, and within bounds. */
import type { Action, Json } from "#ir"
import type { Transition } from "./transition.ts"

export type ReadAnswer = { readonly ok: true; readonly actions: ReadonlyArray<Action> } | { readonly ok: false; readonly message: string }

const mostActions = 100
/** Of all plugins in a run: routers that send to each other for ever end some day. */
const mostSends = 10_000
const longestPrompt = 1_000_000

const keys: { readonly [kind: string]: ReadonlyArray<string> } = {
  send: ["send", "prompt", "fresh"],
  select: ["select"],
  complete: ["complete"],
  fail: ["fail"],
}

const counter = "plugin sends"

type Fields = { readonly [key: string]: Json }
type Read = { readonly ok: true; readonly action: Action } | { readonly ok: false; readonly message: string }

const isFields = (value: Json): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)
const isText = (value: Json | undefined): value is string => typeof value === "string"
const wrong = (message: string): { readonly ok: false; readonly message: string } => ({ ok: false, message })

/** What is told is no place for as much as somebody cares to write. */
const quoted = (name: string): string => JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name)

/** Changes nothing but the count of sends, and that only when all of the answer is right. */
export const readAnswer = (step: Transition, rule: string, answer: ReadonlyArray<Json>): ReadAnswer => {
  if (answer.length > mostActions) return wrong(`the answer has ${answer.length} actions, more than ${mostActions}`)
  const actions: Array<Action> = []
  for (const [at, part] of answer.entries()) {
    const read = readAction(step, rule, part)
    if (!read.ok) return wrong(`action ${at + 1} of the answer: ${read.message}`)
    actions.push(read.action)
  }
  const sends = actions.reduce((sum, action) => sum + (action.kind === "send" ? action.to.length : 0), 0)
  const before = step.now.counters.get(counter) ?? 0
  if (before + sends > mostSends) return wrong(`plugins have sent ${before} times in this run, which is the most they may`)
  if (sends > 0) step.now.counters = step.now.counters.set(counter, before + sends)
  return { ok: true, actions }
}

const readAction = (step: Transition, rule: string, part: Json): Read => {
  if (!isFields(part)) return wrong("it is no record")
  const kinds = Object.keys(keys).filter((kind) => Object.hasOwn(part, kind))
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1) return wrong(`it has ${kinds.length === 0 ? "none" : "more than one"} of ${Object.keys(keys).join(", ")}`)
  const unknown = Object.keys(part).find((key) => keys[kind]?.includes(key) !== true)
  if (unknown !== undefined)
    return wrong(`it has the unknown key ${quoted(unknown)}; a plugin says who works next, and changes nothing of what the fleet declares`)
  const { send, prompt, fresh, select, complete, fail } = part
  if (send !== undefined) return readSend(step, rule, send, prompt, fresh)
  if (select !== undefined) {
    const from = namesOf(step, select)
    return typeof from === "string" ? wrong(from) : { ok: true, action: { kind: "select", from } }
  }
  if (complete !== undefined) return complete === true ? { ok: true, action: { kind: "complete" } } : wrong("`complete` is not true")
  return isText(fail) ? { ok: true, action: { kind: "fail", reason: literal(fail) } } : wrong("`fail` is no text")
}

const literal = (value: string) => ({ expr: { op: "literal", kind: "string", value }, type: { kind: "string" } }) as const

const readSend = (step: Transition, rule: string, send: Json, prompt: Json | undefined, fresh: Json | undefined): Read => {
  const to = namesOf(step, send)
  if (typeof to === "string") return wrong(to)
  if (prompt !== undefined && !isText(prompt)) return wrong("`prompt` is no text")
  if (prompt !== undefined && prompt.length > longestPrompt) return wrong(`its prompt is longer than ${longestPrompt} characters`)
  if (fresh !== undefined && typeof fresh !== "boolean") return wrong("`fresh` is neither true nor false")
  return {
    ok: true,
    action: { kind: "send", id: `${rule}.use`, to, ...(prompt === undefined ? {} : { prompt: literal(prompt) }), bySubtask: false, fresh: fresh === true },
  }
}

/** Sessions that can be sent to, or why they cannot. */
const namesOf = (step: Transition, value: Json): ReadonlyArray<string> | string => {
  const names = isText(value) ? [value] : Array.isArray(value) ? value : []
  if (names.length === 0) return "it names no session"
  const texts = names.filter(isText)
  if (texts.length < names.length) return "it names something that is no text"
  if (new Set(texts).size < texts.length) return "it names a session twice"
  const unknown = texts.find((name) => !step.plan.sessions.has(name))
  if (unknown !== undefined) return `the fleet has no session ${quoted(unknown)}`
  const fanned = texts.find((name) => step.plan.sessions.get(name)?.instances === true)
  return fanned === undefined ? texts : `${JSON.stringify(fanned)} exists only as instances of a \`for\``
}
