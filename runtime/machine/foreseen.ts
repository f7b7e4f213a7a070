/**
 * A turn whose routing fails is a failed session, never first done (runtime.md 3, law 2). So before a session is said to be done, the rules that
 * this would fire are tried as far as they can fail: guards, templates and lists. Nothing happens yet.
 */
import { enabled, fire, put } from "#ir"
import { prepare } from "./actions.ts"
import type { Occurrence } from "./occurrence.ts"
import { placeKey } from "./plan.ts"
import { chosenCase, instanceOf, joinOf, meets } from "./routing.ts"
import type { Firing } from "./scope.ts"
import type { Result, SessionState } from "./state.ts"
import type { Transition } from "./transition.ts"

export interface RoutingProblem {
  readonly rule: string
  readonly message: string
}

/** The first rule, in file order, that would fail when the session is done with this result. */
export const routingProblem = (step: Transition, id: string, result: Result): RoutingProblem | undefined => {
  const session = step.session(id)
  if (session === undefined || step.now.phase !== "running" || step.now.ending !== undefined) return undefined
  // expressions read the session as it will be
  step.put({ ...session, status: "done", result })
  const problem = tryRules(step, session, result)
  step.put(session)
  return problem
}

const tryRules = (step: Transition, { id: session, declared }: SessionState, result: Result): RoutingProblem | undefined => {
  const carried = { text: result.text, ...(result.output === undefined ? {} : { output: result.output }) }
  const occurrence: Occurrence = { source: "session", session, declared, event: "done", carried }
  for (const { rule: index, leaf } of step.plan.places.get(placeKey({ source: "session", session: declared, event: "done" })) ?? []) {
    const rule = step.ir.rules[index]
    if (rule === undefined || meets(leaf, occurrence) !== "token") continue
    const before = joinOf(step, index, rule)
    const instance = instanceOf(step, session)
    if (!enabled(rule.join, before, { leaf: leaf.leaf, instance })) continue
    const join = put(rule.join, before, leaf.leaf, { session, declared, carried }, instance)
    const firing: Firing = { rule: rule.id, tokens: fire(rule.join, join).consumed.flatMap((one) => one.tokens) }
    const chosen = chosenCase(step, rule, firing)
    if (!chosen.ok) return { rule: rule.id, message: chosen.message }
    const prepared = chosen.action === undefined ? undefined : prepare(step, firing, chosen.action)
    if (prepared?.kind === "failed") return { rule: rule.id, message: prepared.message }
  }
  return undefined
}
