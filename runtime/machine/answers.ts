/** What a routing plugin answered, as actions of the language: declared sessions only, nothing but who works next, and within bounds. */
import type { Action, Json } from "#ir"
import { defaultPrompt, type Firing } from "./scope.ts"
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
const begunCounter = (session: string): string => `plugins began ${session}`

type Fields = { readonly [key: string]: Json }
/** Instances of dynamic sessions that the answer begins, with the prompt of each; undefined: the default one. */
interface Begun {
  readonly dynamic: ReadonlyArray<string>
  readonly prompt: string | undefined
}
type Read = { readonly ok: true; readonly actions: ReadonlyArray<Action>; readonly begun?: Begun } | { readonly ok: false; readonly message: string }

const isFields = (value: Json): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)
const isText = (value: Json | undefined): value is string => typeof value === "string"
const wrong = (message: string): { readonly ok: false; readonly message: string } => ({ ok: false, message })

/** What is told is no place for as much as somebody cares to write. */
const quoted = (name: string): string => JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name)

/** Changes nothing but what is counted, and that only when all of the answer is right. */
export const readAnswer = (step: Transition, firing: Firing, answer: ReadonlyArray<Json>): ReadAnswer => {
  if (answer.length > mostActions) return wrong(`the answer has ${answer.length} actions, more than ${mostActions}`)
  const actions: Array<Action | { readonly begins: string }> = []
  const prompts = new Map<string, Array<string>>()
  for (const [at, part] of answer.entries()) {
    const read = readAction(step, firing.rule, part)
    if (!read.ok) return wrong(`action ${at + 1} of the answer: ${read.message}`)
    actions.push(...read.actions)
    for (const session of read.begun?.dynamic ?? []) {
      const prompt = read.begun?.prompt ?? defaultPrompt(step, firing)
      const known = prompts.get(session)
      if (known !== undefined) known.push(prompt)
      else {
        prompts.set(session, [prompt])
        actions.push({ begins: session })
      }
    }
  }
  const tooMany = [...prompts].find(([session, { length }]) => length > placesLeft(step, session))
  if (tooMany !== undefined) {
    const [session] = tooMany
    return wrong(`it begins more of ${quoted(session)} than the ${step.plan.sessions.get(session)?.dynamic} of a run that the fleet allows (\`dynamic\`)`)
  }
  const begun = [...prompts.values()].reduce((sum, { length }) => sum + length, 0)
  const sends = actions.reduce((sum, action) => sum + ("kind" in action && action.kind === "send" ? action.to.length : 0), begun)
  const before = step.now.counters.get(counter) ?? 0
  if (before + sends > mostSends) return wrong(`plugins have sent ${before} times in this run, which is the most they may`)
  if (sends > 0) step.now.counters = step.now.counters.set(counter, before + sends)
  for (const [session, { length }] of prompts)
    step.now.counters = step.now.counters.set(begunCounter(session), (step.now.counters.get(begunCounter(session)) ?? 0) + length)
  return {
    ok: true,
    actions: actions.map((action) => ("begins" in action ? beginning(step, firing.rule, action.begins, prompts.get(action.begins) ?? []) : action)),
  }
}

/** How many instances of a dynamic session may still be begun in this run. */
const placesLeft = ({ plan, now }: Transition, session: string): number =>
  dynamicPlaces(plan.sessions.get(session)?.dynamic, now.counters.get(begunCounter(session)))

const dynamicPlaces = (most = 0, begun = 0): number => Math.max(0, most - begun)

/** The same of a state between steps. */
export const dynamicPlacesLeft = (dynamic: number | undefined, session: string, counters: { readonly get: (name: string) => number | undefined }): number =>
  dynamicPlaces(dynamic, counters.get(begunCounter(session)))

/** All that one answer begins of a session is one fan-out; how many may live at once is as rules had it last. */
const beginning = (step: Transition, rule: string, session: string, prompts: ReadonlyArray<string>): Action => {
  const limit = step.now.fans.get(session)?.limit
  const text = { kind: "string" } as const
  return {
    kind: "for",
    variable: "prompt",
    list: { expr: { op: "list", items: prompts.map((prompt) => literal(prompt).expr) }, type: { kind: "list", item: text } },
    ...(limit === undefined ? {} : { limit }),
    send: { kind: "send", id: `${rule}.use`, to: [session], prompt: { expr: { op: "variable", name: "prompt" }, type: text }, bySubtask: false, fresh: false },
  }
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
    const from = namesOf(step, select, false)
    return typeof from === "string" ? wrong(from) : done({ kind: "select", from })
  }
  if (complete !== undefined) return complete === true ? done({ kind: "complete" }) : wrong("`complete` is not true")
  return isText(fail) ? done({ kind: "fail", reason: literal(fail) }) : wrong("`fail` is no text")
}

const done = (...actions: ReadonlyArray<Action>): Read => ({ ok: true, actions })

const literal = (value: string) => ({ expr: { op: "literal", kind: "string", value }, type: { kind: "string" } }) as const

const readSend = (step: Transition, rule: string, send: Json, prompt: Json | undefined, fresh: Json | undefined): Read => {
  const names = namesOf(step, send, true)
  if (typeof names === "string") return wrong(names)
  if (prompt !== undefined && !isText(prompt)) return wrong("`prompt` is no text")
  if (prompt !== undefined && prompt.length > longestPrompt) return wrong(`its prompt is longer than ${longestPrompt} characters`)
  if (fresh !== undefined && typeof fresh !== "boolean") return wrong("`fresh` is neither true nor false")
  const isDynamic = (name: string): boolean => step.plan.sessions.get(name)?.dynamic !== undefined
  const to = names.filter((name) => !isDynamic(name))
  const written = prompt === undefined ? {} : { prompt: literal(prompt) }
  return {
    ok: true,
    actions: to.length === 0 ? [] : [{ kind: "send", id: `${rule}.use`, to, ...written, bySubtask: false, fresh: fresh === true }],
    begun: { dynamic: names.filter(isDynamic), prompt },
  }
}

/** Sessions that can be sent to, dynamic ones too where they may be begun, or why they cannot. */
const namesOf = (step: Transition, value: Json, begins: boolean): ReadonlyArray<string> | string => {
  const names = isText(value) ? [value] : Array.isArray(value) ? value : []
  if (names.length === 0) return "it names no session"
  const texts = names.filter(isText)
  if (texts.length < names.length) return "it names something that is no text"
  if (new Set(texts).size < texts.length) return "it names a session twice"
  const unknown = texts.find((name) => !step.plan.sessions.has(name))
  if (unknown !== undefined) return `the fleet has no session ${quoted(unknown)}`
  const fanned = texts.find((name) => step.plan.sessions.get(name)?.instances === true && !(begins && step.plan.sessions.get(name)?.dynamic !== undefined))
  return fanned === undefined ? texts : `${JSON.stringify(fanned)} exists only as instances`
}
