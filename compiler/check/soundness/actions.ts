/** What the actions of a rule start, one by one. */
import { leavesOf } from "../../ir/join-tree.ts"
import type { Action, Case, Rule } from "../../ir/model.ts"

export const actionsOf = (rule: Rule): ReadonlyArray<Action> => [
  ...rule.cases.map((each: Case) => each.action),
  ...(rule.within === undefined ? [] : [rule.within.otherwise]),
]

/** Visits an action and those inside it; `certain` is false where a counter or a list decides. */
export const visitActions = (action: Action, visit: (action: Action, certain: boolean) => void, certain = true): void => {
  visit(action, certain)
  if (action.kind === "sequence") for (const step of action.actions) visitActions(step, visit, certain)
  if (action.kind === "for") visitActions(action.send, visit, certain)
  if ((action.kind === "send" || action.kind === "retry") && action.max?.then !== undefined) visitActions(action.max.then, visit, false)
}

export const targetsOf = (action: Action): ReadonlyArray<string> => {
  if (action.kind === "send") return action.to
  if (action.kind === "retry") return [action.session]
  if (action.kind === "gate") return [`gate ${action.gate}`]
  return action.kind === "select" ? ["human"] : []
}

/** Whom people may select when the rule asks them. */
export const selectedBy = (rule: Rule): ReadonlyArray<string> => {
  const found: Array<string> = []
  const triggers = (): ReadonlyArray<string> => leavesOf(rule.join).flatMap((leaf) => (leaf?.event.source === "session" ? [leaf.event.session] : []))
  for (const action of actionsOf(rule))
    visitActions(action, (inner) => inner.kind === "select" && found.push(...(inner.from.length > 0 ? inner.from : triggers())))
  return found
}

/** Some of its actions end the run. */
export const mayEndRun = (rule: Rule): boolean => {
  let ends = false
  for (const action of actionsOf(rule))
    visitActions(action, (inner) => (ends ||= inner.kind === "complete" || inner.kind === "fail" || (inner.kind === "cancel" && inner.target.kind === "fleet")))
  return ends
}
