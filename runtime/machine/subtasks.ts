/** `by subtask`: a session whose list of subtasks cannot be read has failed before it is done (runtime.md 3, law 2). */
import { evaluateExpression } from "#ir"
import type { Action, Rule } from "#ir"
import type { RoutingProblem } from "./foreseen.ts"
import { readSubtasks } from "./outputs.ts"
import { actionsIn } from "./plan.ts"
import { scopeOf } from "./scope.ts"
import type { Result } from "./state.ts"
import type { Transition } from "./transition.ts"

const splits = (action: Action): boolean => actionsIn(action).some((one) => one.kind === "send" && one.bySubtask)

/** Why the answer cannot be split, and the first rule that would split it now. */
export const subtaskProblem = (step: Transition, id: string, result: Result): RoutingProblem | undefined => {
  const declared = step.session(id)?.declared
  if (declared === undefined || !step.plan.asksSubtasks.has(declared)) return undefined
  const read = readSubtasks(result.text)
  if (read.ok) return undefined
  for (const { rule, leaf } of step.plan.places.get(`session ${declared}`) ?? []) {
    const of = step.ir.rules[rule]
    if (of === undefined || leaf.event.source !== "session" || leaf.event.event !== "done") continue
    if (wouldSplit(step, of, id, declared, result)) return { rule: of.id, message: read.problem }
  }
  return undefined
}

/** The case that this answer would take, as far as it can be told before the other triggers have come. */
const wouldSplit = (step: Transition, rule: Rule, session: string, declared: string, result: Result): boolean => {
  const carried = { text: result.text, ...(result.output === undefined ? {} : { output: result.output }) }
  const scope = scopeOf(step, { rule: rule.id, tokens: [{ session, declared, carried }] })
  for (const { guard, action } of rule.cases) {
    const held = guard === undefined ? true : evaluateExpression(guard.expr, scope)
    if (held === true || (held.ok && held.value === true)) return splits(action)
  }
  return false
}
