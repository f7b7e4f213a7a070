/** Asking a routing plugin (the plugins page): the engine asks, the answer comes back as a fact. */
import type { PluginUse } from "#ir"
import type { Firing } from "./scope.ts"
import { triggersOf } from "./scope.ts"
import type { RequestState } from "./state.ts"
import type { Transition } from "./transition.ts"

type Asking = Pick<RequestState, "settles" | "handles">

/** Asks on behalf of a rule, or of the fleet's mode, and gives the id under which the answer comes. */
export const ask = (step: Transition, firing: Firing, plugin: PluginUse, stop: string, more: Asking = {}): string => {
  step.now.requestCount += 1
  const id = `q${step.now.requestCount}`
  step.now.requests = step.now.requests.set(id, { id, kind: "rpc", rule: firing.rule, open: true, tokens: firing.tokens, plugin, stop, ...more })
  step.now.runRequests = step.now.runRequests.set(id, true)
  step.command({ type: "route.ask", request: id, plugin, session: triggersOf(firing)[0] ?? "", stop, rule: firing.rule })
  return id
}

/** How the session ended that a rule is about. */
const stopOf = (step: Transition, firing: Firing): string => {
  const id = triggersOf(firing)[0]
  const session = id === undefined ? undefined : step.session(id)
  return session === undefined ? "none" : session.status === "done" ? (session.result?.stop ?? "end_turn") : session.status
}

export const askPlugin = (step: Transition, firing: Firing, plugin: PluginUse): void => void ask(step, firing, plugin, stopOf(step, firing))

/** After a crash: whoever was asked before it is asked again. */
export const askPluginAgain = (step: Transition, { id, plugin, tokens = [], stop = "none", rule = "" }: RequestState): void => {
  if (plugin !== undefined) step.command({ type: "route.ask", request: id, plugin, session: triggersOf({ rule, tokens })[0] ?? "", stop, rule })
}
