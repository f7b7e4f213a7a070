/**
 * A turn whose routing fails is a failed session, never first done (runtime.md 3, law 2). So before a session is said to be done, that is played on
 * a copy of the run: what the rules do that it fires, one after the other, is what they will do.
 */
import { enabled } from "#ir"
import type { Leaf } from "#ir"
import { routesAlone } from "./free-routing.ts"
import type { Occurrence } from "./occurrence.ts"
import { placeKey } from "./plan.ts"
import { instanceOf, joinOf, meets, route } from "./routing.ts"
import { finishSession } from "./settling.ts"
import type { Result } from "./state.ts"
import { Transition } from "./transition.ts"

export interface RoutingProblem {
  readonly rule: string
  readonly message: string
}

type Done = Extract<Occurrence, { readonly source: "session" }>

/** The first rule, in file order, that would fail when the session is done with this result. */
export const routingProblem = (step: Transition, id: string, result: Result): RoutingProblem | undefined => {
  const session = step.session(id)
  if (session === undefined || step.now.phase !== "running" || step.now.ending !== undefined || routesAlone(step)) return undefined
  const carried = { text: result.text, ...(result.output === undefined ? {} : { output: result.output }) }
  const done: Done = { source: "session", session: id, declared: session.declared, event: "done", carried }
  if (!mayFire(step, done)) return undefined
  const copy = new Transition(step.ir, step.state())
  finishSession(copy, id, result)
  route(copy, done)
  const failed = copy.outcome().events.find((event) => event.type === "route.failed")
  return failed === undefined ? undefined : { rule: failed.rule, message: failed.error.message }
}

/** Whether some rule fires, for sure where one of its leaves waits for this: most ends of a large fan-out fire none, and a copy costs more than to see that. */
const mayFire = (step: Transition, done: Done): boolean => {
  const instance = instanceOf(step, done.session)
  const touched = new Map<number, Array<Leaf>>()
  for (const { rule, leaf } of step.plan.places.get(placeKey({ source: "session", session: done.declared, event: "done" })) ?? []) {
    const known = touched.get(rule)
    if (known === undefined) touched.set(rule, [leaf])
    else known.push(leaf)
  }
  return [...touched].some(([index, leaves]) => {
    const rule = step.ir.rules[index]
    const [only] = leaves
    if (rule === undefined || only === undefined) return false
    return leaves.length > 1 || (meets(only, done) === "token" && enabled(rule.join, joinOf(step, index, rule), { leaf: only.leaf, instance }))
  })
}
