/**
 * A turn whose routing fails is a failed session, never first done (runtime.md 3, law 2). So before a session is said to be done, the rules that
 * this would fire are tried as far as they can fail: guards, templates and lists. Nothing happens yet.
 */
import { enabled, fire } from "#ir"
import type { Leaf, Rule } from "#ir"
import { prepare } from "./actions.ts"
import type { RuleJoin } from "./joins.ts"
import { placeKey } from "./plan.ts"
import { isLookedAt } from "./policy-asks.ts"
import { chosenCase, instanceOf, joinOf, meets, reached } from "./routing.ts"
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
  const occurrence = { source: "session", session, declared, event: "done", carried } as const
  const instance = instanceOf(step, session)
  const leaves = new Map<number, Array<Leaf>>()
  for (const { rule, leaf } of step.plan.places.get(placeKey({ source: "session", session: declared, event: "done" })) ?? []) {
    const known = leaves.get(rule)
    if (known === undefined) leaves.set(rule, [leaf])
    else known.push(leaf)
  }
  const { counters } = step.now
  for (const [index, touched] of leaves) {
    const rule = step.ir.rules[index]
    if (rule === undefined) continue
    const before = joinOf(step, index, rule)
    const [only] = touched
    // putting a token into a large join costs more than seeing that it would not fire
    if (only !== undefined && touched.length === 1 && (meets(only, occurrence) !== "token" || !enabled(rule.join, before, { leaf: only.leaf, instance })))
      continue
    const tried = tryRule(
      step,
      rule,
      touched.reduce((join, leaf) => reached(step, rule, join, leaf, occurrence), before),
    )
    if (tried === "passes") continue
    step.now.counters = counters
    return tried === "ends" ? undefined : tried
  }
  step.now.counters = counters
  return undefined
}

/** Each firing of a rule, the counts of sends included: the last one of a bounded send does something else. */
const tryRule = (step: Transition, rule: Rule, from: RuleJoin): RoutingProblem | "passes" | "ends" => {
  for (let join = from; enabled(rule.join, join);) {
    const fired = fire(rule.join, join)
    join = fired.state
    const firing: Firing = { rule: rule.id, tokens: fired.consumed.flatMap(({ tokens }) => tokens) }
    const chosen = chosenCase(step, rule, firing)
    if (!chosen.ok) return { rule: rule.id, message: chosen.message }
    const prepared = chosen.action === undefined ? undefined : prepare(step, firing, chosen.action)
    if (prepared?.kind === "failed") return { rule: rule.id, message: prepared.message }
    if (prepared?.kind !== "ready") continue
    if (prepared.ends && !isLookedAt(step, prepared.to)) return "ends"
    for (const id of prepared.counts) step.now.counters = step.now.counters.set(id, (step.now.counters.get(id) ?? 0) + 1)
  }
  return "passes"
}
