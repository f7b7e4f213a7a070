/** Where expressions read the run. In a rule, sessions whose tokens fired it show the activation the token stands for; others their latest. */
import { declaredIn, evaluateExpression, printValue } from "#ir"
import type { Expression, Json, Scope, SessionProperty, Type } from "#ir"
import type { Token } from "./joins.ts"
import type { SessionState } from "./state.ts"
import type { Transition } from "./transition.ts"

export interface Firing {
  /** Rule id, as events name it. */
  readonly rule: string
  /** Consumed tokens in trigger order. */
  readonly tokens: ReadonlyArray<Token>
}

/** `items`: the types of the variables. */
export const scopeOf = (step: Transition, firing: Firing, variables: ReadonlyMap<string, Json> = new Map(), items?: ReadonlyMap<string, Type>): Scope => {
  const state = step.now
  return {
    session: (id, property) => sessionValue(step, firing, id, property),
    input: (name) => state.inputs[name] ?? step.ir.inputs.find((input) => input.name === name)?.default,
    fleet: (property) => (property === "task" ? state.task : property === "cost" ? state.usd : state.at - state.begunAt),
    human: () => state.selection,
    let: (name) => step.ir.lets.find((one) => one.name === name)?.value.expr,
    variable: (name) => variables.get(name),
    declared: declaredIn(step.ir, items),
  }
}

const sessionValue = (step: Transition, firing: Firing, id: string, property: SessionProperty): Json | undefined => {
  if (property === "outputs") return outputsOf(step, firing, id)
  const token = firing.tokens.findLast((one) => one.declared === id)
  const session = step.session(token?.session ?? id)
  if (session === undefined) return undefined
  return read(session, token, property)
}

const read = (session: SessionState, token: Token | undefined, property: SessionProperty): Json | undefined => {
  switch (property) {
    case "output":
      return token?.carried.output ?? session.result?.output
    case "text":
      return saidBy(session, token)
    case "cost":
      return session.usd
    case "tokens":
      return session.tokens
    case "turns":
      return session.turns
    case "attempts":
      return session.attempts
    case "status":
      return session.status
    case "error": {
      const error = token?.carried.error ?? session.error
      return error === undefined ? undefined : { kind: error.kind, message: error.message }
    }
    case "branch":
      return session.branch
    case "outputs":
      return undefined
  }
}

/** A token of a session at work (`asked`, `idle`) stands for what it has said so far. */
const saidBy = (session: SessionState | undefined, token: Token | undefined): string | undefined => {
  const saying = session?.current?.text ?? ""
  return token?.carried.text ?? (token === undefined || saying === "" ? session?.result?.text : saying)
}

/** Outputs in item order: of the instances that fired the rule, else of the latest fan-out. */
const outputsOf = (step: Transition, firing: Firing, declared: string): Json => {
  const carried = firing.tokens.filter((one) => one.declared === declared)
  if (carried.length > 0) return carried.flatMap((one) => one.carried.output ?? [])
  const fan = step.now.fans.get(declared)
  const outputs: Array<Json> = []
  for (let index = fan?.first ?? 0; index < (fan?.next ?? 0); index++) {
    const output = step.session(`${declared}[${index}]`)?.result?.output
    if (output !== undefined) outputs.push(output)
  }
  return outputs
}

export type Text = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string }

export const textOf = (step: Transition, expression: Expression, firing: Firing): Text => textIn(scopeOf(step, firing), expression)

export const textIn = (scope: Scope, expression: Expression): Text => {
  const result = evaluateExpression(expression.expr, scope)
  return result.ok ? { ok: true, text: printValue(result.value) } : result
}

/** Sessions of the tokens in trigger order, each once. */
export const triggersOf = (firing: Firing): ReadonlyArray<string> => [...new Set(firing.tokens.flatMap((token) => token.session ?? []))]

/** At most `limit` characters (UTF-16 units, never half a character), and how many are missing. */
export const cutText = (text: string, limit: number | undefined): string => {
  if (limit === undefined || text.length <= limit) return text
  const last = text.charCodeAt(limit - 1)
  const kept = text.slice(0, last >= 0xd800 && last < 0xdc00 ? limit - 1 : limit)
  return `${kept}\n[truncated ${text.length - kept.length} characters]`
}

/** The prompt without a `with`: the task, then what each triggering session said, as much as `limits.output_chars` lets pass. */
export const defaultPrompt = (step: Transition, firing: Firing): string => {
  const said = new Map<string, string>()
  for (const token of firing.tokens) if (token.session !== undefined) said.set(token.session, saidBy(step.session(token.session), token) ?? "")
  const parts = [...said].map(([id, text]) => `--- output from ${id} ---\n${cutText(text, step.ir.limits.outputChars)}`)
  const task = step.now.task
  return (task === undefined || task === "" ? parts : [task, ...parts]).join("\n\n")
}
