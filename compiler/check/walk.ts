/** The parts of rules, for stages that look at all of them. */
import type { Action, Event, Expr, ForAction, GateAction, Join, NamedEvent, Rule, Send, RetryAction } from "../routes/index.ts"

/** The events a join waits for, in source order. */
export const eventsOf = (join: Join): ReadonlyArray<Event> => {
  if (join.kind === "event" || join.kind === "every") return [join]
  return join.kind === "each" ? [join.event] : join.members.flatMap(eventsOf)
}

export const namedEventsOf = (join: Join): ReadonlyArray<NamedEvent> =>
  join.kind === "event" ? [join] : eventsOf(join).filter((event) => event.kind === "event")

/** An action and all actions inside it, in source order. */
export const actionsIn = (action: Action): ReadonlyArray<Action> => gather(action, [])

const gather = (action: Action, into: Array<Action>): ReadonlyArray<Action> => {
  into.push(action)
  if (action.kind === "sequence") for (const each of action.actions) gather(each, into)
  else if (action.kind === "for") gather(action.send, into)
  else if (isActivation(action) && action.modifiers.max?.then !== undefined) gather(action.modifiers.max.then, into)
  return into
}

const actions = new WeakMap<Rule, ReadonlyArray<Action>>()

/** Every action a rule may take: those of its cases, then those of its `within … otherwise`. Many ask, so it is remembered. */
export const actionsOf = (rule: Rule): ReadonlyArray<Action> => {
  const known = actions.get(rule)
  if (known !== undefined) return known
  const found: Array<Action> = []
  for (const { action } of rule.cases) gather(action, found)
  for (const { within } of rule.triggers) if (within !== undefined) gather(within.otherwise, found)
  actions.set(rule, found)
  return found
}

export const isFor = (action: Action): action is ForAction => action.kind === "for"
export const isGate = (action: Action): action is GateAction => action.kind === "gate"
export const isActivation = (action: Action): action is Send | RetryAction => action.kind === "send" || action.kind === "retry"

/** What an expression is for, which says what type it must have. */
export type Use = "guard" | "list" | "text" | "value"

/** An expression where it stands. `variables` are the `for` names it may use, with the list each runs over. */
export interface Site {
  readonly root: Expr
  readonly use: Use
  readonly variables: ReadonlyMap<string, Expr>
}

const none: ReadonlyMap<string, Expr> = new Map()

/** The expressions of an action, those of inner actions included. */
export const sitesOfAction = (action: Action, variables: ReadonlyMap<string, Expr> = none): ReadonlyArray<Site> => {
  const text = (root: Expr): Site => ({ root, use: "text", variables })
  switch (action.kind) {
    case "send":
    case "retry": {
      const { with: prompt, max } = action.modifiers
      return [...(prompt === undefined ? [] : [text(prompt.template)]), ...(max?.then === undefined ? [] : sitesOfAction(max.then, variables))]
    }
    case "for": {
      const list: Site = { root: action.list, use: "list", variables }
      return [list, ...sitesOfAction(action.send, new Map([...variables, [action.variable.text, action.list]]))]
    }
    case "gate":
      return [text(action.question)]
    case "pause":
      return action.reason === undefined ? [] : [text(action.reason)]
    case "fail":
      return [text(action.reason)]
    case "notify":
      return [text(action.text)]
    case "use":
      return action.config === undefined ? [] : [{ root: action.config, use: "value", variables }]
    case "sequence":
      return action.actions.flatMap((each) => sitesOfAction(each, variables))
    default:
      return []
  }
}

/** The expressions of a rule's cases: all of them see the same run, that in which the rule fired. */
export const sitesOfCases = (rule: Rule): ReadonlyArray<Site> =>
  rule.cases.flatMap((one) => [...(one.guard === undefined ? [] : [{ root: one.guard, use: "guard" as const, variables: none }]), ...sitesOfAction(one.action)])

/** The expressions of a rule's `within … otherwise`, which run when the rule has not fired. */
export const sitesOfDeadlines = (rule: Rule): ReadonlyArray<Site> =>
  rule.triggers.flatMap((trigger) => (trigger.within === undefined ? [] : sitesOfAction(trigger.within.otherwise)))
