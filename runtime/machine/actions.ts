/**
 * What rules do, in two strokes: `prepare` computes everything that can fail and says whom it reaches, `run` changes the run.
 * So `route.fired` names only deliveries that happen.
 */
import type { Action, Json } from "#ir"
import { deliver, fanOut, liveSessions } from "./activations.ts"
import { requestUndo } from "./compensation.ts"
import { askPlugin } from "./asking.ts"
import { pause } from "./pausing.ts"
import { openGate, openRequest } from "./requests.ts"
import type { Firing } from "./scope.ts"
import { defaultPrompt, scopeOf, textIn, textOf, triggersOf } from "./scope.ts"
import { evaluateExpression, leavesOf } from "#ir"
import { cancelSession, cancelToCome } from "./settling.ts"
import { readSubtasks } from "./outputs.ts"
import type { Activation, Delivery } from "./state.ts"
import { setTimer } from "./timers.ts"
import type { Transition } from "./transition.ts"

export type Prepared =
  | {
      readonly kind: "ready"
      readonly action: string
      readonly to: ReadonlyArray<string>
      readonly run: () => void
    }
  | { readonly kind: "limit" }
  | { readonly kind: "failed"; readonly message: string }

const failed = (message: string): Prepared => ({ kind: "failed", message })
const ready = (action: string, to: ReadonlyArray<string>, run: () => void): Prepared & { readonly kind: "ready" } => ({
  kind: "ready",
  action,
  to,
  run,
})

export const prepare = (step: Transition, firing: Firing, action: Action): Prepared => {
  switch (action.kind) {
    case "send":
    case "retry":
      return bounded(step, firing, action, () => (action.kind === "send" ? prepareSend(step, firing, action) : prepareRetry(step, firing, action)))
    case "for":
      return bounded(step, firing, action.send, () => prepareFor(step, firing, action))
    case "sequence":
      return prepareSequence(step, firing, action.actions)
    case "gate": {
      const prompt = textOf(step, action.prompt, firing)
      return prompt.ok ? ready("gate", [], () => openGate(step, action.gate, prompt.text, action.withinMs)) : failed(prompt.message)
    }
    case "select": {
      const named = action.from.length > 0 ? action.from.flatMap((id) => instancesOf(step, firing, id)) : triggersOf(firing)
      const candidates = named.filter((id) => !cameToNothing(step, firing, id))
      if (candidates.length === 0) return failed(`there is nothing to select from: ${nothingLeft(step, named)}`)
      return ready("select", [], () => void openRequest(step, { kind: "selection", rule: firing.rule, candidates, detail: { candidates } }))
    }
    case "cancel":
      return ready("cancel", [], () => cancel(step, firing, action.target))
    case "undo":
      return ready("undo", [], () => requestUndo(step, action.session))
    case "pause": {
      const reason = action.reason === undefined ? { ok: true as const, text: "" } : textOf(step, action.reason, firing)
      return reason.ok ? ready("pause", [], () => pause(step, reason.text, true)) : failed(reason.message)
    }
    case "complete":
      return ready("complete", [], () => step.end({ status: "succeeded", live: { cancel: { code: "run_ended" } } }))
    case "fail": {
      const reason = textOf(step, action.reason, firing)
      return reason.ok
        ? ready("fail", [], () => step.end({ status: "failed", reason: reason.text, live: { cancel: { code: "run_ended" } } }))
        : failed(reason.message)
    }
    case "notify": {
      const text = textOf(step, action.text, firing)
      return text.ok ? ready("notify", [], () => step.emit({ type: "notified", rule: firing.rule, text: text.text })) : failed(text.message)
    }
    case "use":
      return ready("use", [], () => askPlugin(step, firing, action.plugin))
  }
}

type Counted = Action & { readonly kind: "send" | "retry" }

/** `max`: counts how often this send happens in the run; past it, its `then`. */
const bounded = (step: Transition, firing: Firing, action: Counted, inner: () => Prepared): Prepared => {
  const { max } = action
  if (max === undefined) return inner()
  const count = step.now.counters.get(action.id) ?? 0
  if (count >= max.count) return max.then === undefined ? { kind: "limit" } : prepare(step, firing, max.then)
  const prepared = inner()
  if (prepared.kind !== "ready") return prepared
  const run = (): void => {
    step.now.counters = step.now.counters.set(action.id, count + 1)
    prepared.run()
  }
  return { ...prepared, run }
}

const activationOf = (step: Transition, firing: Firing, action: Counted): Omit<Activation, "prompts"> => {
  const from = triggersOf(firing)
  const branches = [...new Set(from.flatMap((id) => step.session(id)?.branch ?? []))]
  return {
    rule: firing.rule,
    from,
    fresh: action.fresh,
    ...(action.priority === undefined ? {} : { priority: action.priority }),
    ...(branches.length === 0 ? {} : { sourceBranches: branches }),
  }
}

const later = (step: Transition, kind: string, deliveries: ReadonlyArray<Delivery>, afterMs: number | undefined): Prepared =>
  ready(
    kind,
    deliveries.map(({ target }) => target),
    () => {
      if (afterMs === undefined) deliver(step, deliveries)
      else setTimer(step, step.at + afterMs, { kind: "deliver", deliveries })
    },
  )

const prepareSend = (step: Transition, firing: Firing, action: Action & { readonly kind: "send" }): Prepared => {
  const base = activationOf(step, firing, action)
  if (action.bySubtask) return prepareSubtasks(step, firing, action, base)
  const prompt = action.prompt === undefined ? { ok: true as const, text: defaultPrompt(step, firing) } : textOf(step, action.prompt, firing)
  if (!prompt.ok) return failed(prompt.message)
  return later(
    step,
    "send",
    action.to.map((target) => ({ target, activation: { ...base, prompts: [prompt.text] } })),
    action.afterMs,
  )
}

/** Items go round robin; all items of one target are one activation. What a `with` says stands before each. */
const prepareSubtasks = (step: Transition, firing: Firing, action: Action & { readonly kind: "send" }, base: Omit<Activation, "prompts">): Prepared => {
  const items: Array<string> = []
  for (const token of firing.tokens) {
    const read = readSubtasks(token.carried.text ?? "")
    if (!read.ok) return failed(read.problem)
    items.push(...read.value)
  }
  const before = action.prompt === undefined ? undefined : textOf(step, action.prompt, firing)
  if (before?.ok === false) return failed(before.message)
  const asked = before === undefined ? items : items.map((item) => `${before.text}\n\n${item}`)
  const deliveries = action.to.flatMap((target, at) => {
    const prompts = asked.filter((_, index) => index % action.to.length === at)
    return prompts.length === 0 ? [] : [{ target, activation: { ...base, prompts } }]
  })
  return later(step, "send", deliveries, action.afterMs)
}

/** A retry of a fanned-out session is of the instance that fired the rule. */
const prepareRetry = (step: Transition, firing: Firing, action: Action & { readonly kind: "retry" }): Prepared => {
  const triggers = firing.tokens.flatMap((token) => (token.declared === action.session && token.session !== undefined ? [token.session] : []))
  const targets = triggers.length > 0 ? [...new Set(triggers)] : step.session(action.session) === undefined ? [] : [action.session]
  const base = activationOf(step, firing, action)
  const written = action.prompt === undefined ? undefined : textOf(step, action.prompt, firing)
  if (written?.ok === false) return failed(written.message)
  const deliveries = targets.map((target) => ({
    target,
    activation: { ...base, prompts: written === undefined ? (step.session(target)?.lastPrompts ?? [defaultPrompt(step, firing)]) : [written.text] },
  }))
  return later(step, "retry", deliveries, action.afterMs)
}

const prepareFor = (step: Transition, firing: Firing, action: Action & { readonly kind: "for" }): Prepared => {
  const list = evaluateExpression(action.list.expr, scopeOf(step, firing))
  if (!list.ok) return failed(list.message)
  if (!isList(list.value)) return failed("the list of a for is not there")
  const { send } = action
  const declared = send.to[0]
  if (declared === undefined) return failed("a for needs a session")
  const base = activationOf(step, firing, send)
  const activations: Array<Activation> = []
  const variables = new Map<string, Json>()
  const { type } = action.list
  const scope = scopeOf(step, firing, variables, type.kind === "list" ? new Map([[action.variable, type.item]]) : undefined)
  for (const item of list.value) {
    variables.set(action.variable, item)
    const prompt = send.prompt === undefined ? { ok: true as const, text: defaultPrompt(step, firing) } : textIn(scope, send.prompt)
    if (!prompt.ok) return failed(prompt.message)
    activations.push({ ...base, prompts: [prompt.text] })
  }
  const first = step.now.fans.get(declared)?.next ?? 0
  const to = activations.map((_, offset) => `${declared}[${first + offset}]`)
  return ready("for", send.afterMs === undefined ? to : [], () => {
    if (send.afterMs === undefined) fanOut(step, declared, activations, action.limit)
    else setTimer(step, step.at + send.afterMs, { kind: "fan", declared, activations, ...(action.limit === undefined ? {} : { limit: action.limit }) })
  })
}

const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

/** A session, or of one that fans out the instances that fired the rule, else those of the latest fan-out. */
const instancesOf = (step: Transition, firing: Firing, declared: string): ReadonlyArray<string> => {
  if (step.plan.sessions.get(declared)?.instances !== true) return [declared]
  const fired = firing.tokens.flatMap((token) => (token.declared === declared && token.session !== undefined ? [token.session] : []))
  const { first = 0, next = 0 } = fired.length > 0 ? {} : (step.now.fans.get(declared) ?? {})
  return [...new Set([...fired, ...Array.from({ length: next - first }, (_, at) => `${declared}[${first + at}]`)])]
}

const vain: ReadonlySet<string> = new Set(["failed", "cancelled", "skipped", "compensating", "compensated"])

/** Nobody picks what is not there: the session has ended without a result, or that was undone. A rule on just that end means it. */
const cameToNothing = (step: Transition, firing: Firing, id: string): boolean => {
  const session = step.session(id)
  if (session === undefined || !vain.has(session.status)) return false
  const rule = step.ir.rules.find((one) => one.id === firing.rule)
  const leaves = rule === undefined ? [] : leavesOf(rule.join)
  return !leaves.some((leaf) => leaf?.event.source === "session" && leaf.event.session === session.declared && leaf.event.event === session.status)
}

const nothingLeft = (step: Transition, named: ReadonlyArray<string>): string =>
  named.length === 0 ? "the fan-out was empty" : named.map((id) => `${id} is ${step.session(id)?.status}`).join(", ")

const prepareSequence = (step: Transition, firing: Firing, actions: ReadonlyArray<Action>): Prepared => {
  const parts: Array<Prepared & { readonly kind: "ready" }> = []
  for (const action of actions) {
    const prepared = prepare(step, firing, action)
    if (prepared.kind === "failed") return prepared
    if (prepared.kind === "ready") parts.push(prepared)
  }
  if (parts.length === 0) return { kind: "limit" }
  return ready(
    "sequence",
    parts.flatMap(({ to }) => to),
    () => parts.forEach((part) => part.run()),
  )
}

const cancel = (step: Transition, firing: Firing, target: (Action & { readonly kind: "cancel" })["target"]): void => {
  const reason = { code: "rule", detail: firing.rule }
  if (target.kind === "fleet") return step.end({ status: "cancelled", reason: `cancelled by ${firing.rule}`, live: { cancel: reason } })
  if (target.kind === "session") {
    for (const session of liveSessions(step)) if (session.declared === target.session) cancelSession(step, session.id, reason)
    return cancelToCome(step, reason, ({ declared }) => declared === target.session)
  }
  const spared = new Set(triggersOf(firing))
  const index = step.ir.rules.findIndex((rule) => rule.id === firing.rule)
  const targets = step.plan.reach[index]?.sessions
  const isOther = ({ id, declared }: { readonly id: string; readonly declared: string }): boolean => !spared.has(id) && targets?.has(declared) !== true
  for (const session of liveSessions(step)) if (isOther(session)) cancelSession(step, session.id, reason)
  cancelToCome(step, reason, isOther)
}
