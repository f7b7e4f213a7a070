/** Rules of the IR: one per trigger, since commas after `on` mean "each of these, separately". */
import type { Span } from "../diagnostics/index.ts"
import type { Action, Case, Expression, Json, Rule, Send } from "../ir/index.ts"
import type { Action as ActionAst, Expr as ExprAst, Modifiers, Rule as RuleAst, Send as SendAst, Trigger } from "../routes/index.ts"
import { constantOf } from "../check/constant.ts"
import { namedEventsOf } from "../check/walk.ts"
import { lowerJoin } from "./lower-join.ts"
import type { ToSourceSpan } from "./source-spans.ts"

export interface RuleContext {
  /** every expression of the fleet, typed */
  readonly expression: (root: ExprAst) => Expression
  readonly span: ToSourceSpan
  /** what `plugins:` says under `with` */
  readonly declared: (plugin: string) => { readonly [key: string]: Json }
  readonly instances: ReadonlySet<string>
  readonly sessions: ReadonlySet<string>
}

export const lowerRules = (rules: ReadonlyArray<RuleAst>, context: RuleContext): ReadonlyArray<Rule> =>
  rules
    .flatMap((rule) => rule.triggers.map((trigger) => ({ rule, trigger })))
    .map(({ rule, trigger }, at) => new RuleLowering(`r${at + 1}`, trigger, context).rule(rule))

class RuleLowering {
  readonly #id: string
  readonly #trigger: Trigger
  readonly #context: RuleContext
  #sends = 0

  constructor(id: string, trigger: Trigger, context: RuleContext) {
    this.#id = id
    this.#trigger = trigger
    this.#context = context
  }

  rule({ cases, span }: RuleAst): Rule {
    const { join, within } = this.#trigger
    const lowered = cases.map((one): Case => ({
      ...(one.guard && { guard: this.#context.expression(one.guard) }),
      action: this.#action(one.action),
      ...this.#at(one.span),
    }))
    return {
      id: this.#id,
      join: lowerJoin(join, this.#context.instances),
      ...(within && { within: { ms: within.duration.ms, otherwise: this.#action(within.otherwise) } }),
      cases: lowered,
      ...this.#at(span),
    }
  }

  #at(span: Span): Pick<Rule, "span"> {
    const found = this.#context.span(span)
    return found === undefined ? {} : { span: found }
  }

  #nextId(): string {
    return `${this.#id}.${++this.#sends}`
  }

  #action(action: ActionAst): Action {
    const { expression } = this.#context
    switch (action.kind) {
      case "send":
        return this.#send(action)
      case "for": {
        const { limit } = action.send.modifiers
        return {
          kind: "for",
          variable: action.variable.text,
          list: expression(action.list),
          ...(limit && { limit: limit.count.value }),
          send: this.#send(action.send),
        }
      }
      case "retry":
        return { kind: "retry", id: this.#nextId(), session: action.session.text, ...this.#modifiers(action.modifiers) }
      case "select":
        return { kind: "select", from: action.from === undefined ? this.#triggering() : action.from.map(({ text }) => text) }
      case "gate":
        return { kind: "gate", gate: action.name.text, prompt: expression(action.question), ...(action.within && { withinMs: action.within.ms }) }
      case "cancel":
        return {
          kind: "cancel",
          target: action.target.kind === "session" ? { kind: "session", session: action.target.name.text } : { kind: action.target.kind },
        }
      case "undo":
        return { kind: "undo", session: action.session.text }
      case "pause":
        return { kind: "pause", ...(action.reason && { reason: expression(action.reason) }) }
      case "complete":
        return { kind: "complete" }
      case "fail":
        return { kind: "fail", reason: expression(action.reason) }
      case "notify":
        return { kind: "notify", text: expression(action.text) }
      case "use":
        return { kind: "use", plugin: { use: action.plugin.text, with: this.#config(action) } }
      case "sequence":
        return { kind: "sequence", actions: action.actions.map((each) => this.#action(each)) }
    }
  }

  #config({ plugin, config }: ActionAst & { readonly kind: "use" }): Json {
    const own = config && constantOf(this.#context.expression(config).expr)
    return { ...this.#context.declared(plugin.text), ...(typeof own === "object" && own !== null && !Array.isArray(own) && own) }
  }

  #send({ targets, modifiers }: SendAst): Send {
    return {
      kind: "send",
      id: this.#nextId(),
      to: targets.map(({ text }) => text),
      bySubtask: modifiers.bySubtask !== undefined,
      ...this.#modifiers(modifiers),
    }
  }

  #modifiers({ with: prompt, max, after, fresh, priority }: Modifiers): Omit<Send, "kind" | "id" | "to" | "bySubtask"> {
    return {
      ...(prompt && { prompt: this.#context.expression(prompt.template) }),
      ...(max && { max: { count: max.count.value, ...(max.then && { then: this.#action(max.then) }) } }),
      ...(after && { afterMs: after.duration.ms }),
      fresh: fresh !== undefined,
      ...(priority && { priority: priority.count.value }),
    }
  }

  /** The sessions of the trigger, in its order: what `select` without `from` chooses among. */
  #triggering(): ReadonlyArray<string> {
    const { sessions } = this.#context
    return [
      ...new Set(
        namedEventsOf(this.#trigger.join)
          .map(({ subject }) => subject.text)
          .filter((name) => sessions.has(name)),
      ),
    ]
  }
}
