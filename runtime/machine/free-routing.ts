/**
 * Routing by plugins (the plugins page): a rule says `use`, or the fleet's `mode` names who decides what follows a session. The plugin is asked by
 * the engine; its answer comes back as a fact, so a replay asks nobody. Nothing of an answer happens before all of it was found to be right.
 */
import { readAnswer, type ReadAnswer } from "./answers.ts"
import { ask } from "./asking.ts"
import type { Occurrence } from "./occurrence.ts"
import { placeKey } from "./plan.ts"
import type { Fact, Failure } from "./protocol.ts"
import { closeRequest } from "./requests.ts"
import { act, failRoute } from "./routing.ts"
import { triggersOf } from "./scope.ts"
import { failSession, finishSession } from "./settling.ts"
import type { RequestState, Result } from "./state.ts"
import { freePermit } from "./drivers.ts"
import type { Transition } from "./transition.ts"

/** Whose events name it: the fleet's mode is no rule. */
const modeRule = "mode"

/** `llm`: the model alone. Then rules never fire. */
export const routesAlone = (step: Transition): boolean => step.ir.mode.use === "llm"

const isRouted = (step: Transition): boolean => step.ir.mode.use !== "static" && step.now.phase === "running" && step.now.ending === undefined

/** Some rule waits for the session to be done: whether it fires is known only afterwards. */
const hasRule = (step: Transition, declared: string): boolean =>
  !routesAlone(step) &&
  (step.plan.places.get(placeKey({ source: "session", session: declared, event: "done" })) ?? []).some(
    ({ leaf: { event } }) => event.source === "session" && (event.event === "done" || event.event === "settled"),
  )

/** A turn whose routing fails is a failed session, never first done (runtime.md 3, law 2): so the answer is waited for. Says whether it is. */
export const holdsForRouting = (step: Transition, id: string, result: Result): boolean => {
  const session = step.session(id)
  if (session?.current === undefined || session.current.activation.undoes !== undefined || !isRouted(step) || hasRule(step, session.declared)) return false
  const carried = { text: result.text, ...(result.output === undefined ? {} : { output: result.output }) }
  const request = ask(step, { rule: modeRule, tokens: [{ session: id, declared: session.declared, carried }] }, step.ir.mode, result.stop, { settles: result })
  freePermit(step, id)
  step.changeCurrent(id, { routing: request })
  return true
}

/** A session that settled, and no rule that said what follows. */
export const routeByMode = (step: Transition, occurrence: Occurrence): void => {
  if (occurrence.source !== "session" || !isRouted(step)) return
  const { session: id, declared, event, carried } = occurrence
  const session = step.session(id)
  if (session === undefined || (event === "done" ? !hasRule(step, declared) : event !== "failed")) return
  const token = { session: id, declared, carried }
  ask(
    step,
    { rule: modeRule, tokens: [token] },
    step.ir.mode,
    event === "done" ? (session.result?.stop ?? "end_turn") : "failed",
    event === "failed" && carried.failure !== undefined ? { handles: carried.failure } : {},
  )
}

export const onRouted = (step: Transition, fact: Extract<Fact, { type: "plugin.routed" }>): void => {
  const request = step.now.requests.get(fact.request)
  if (request?.open !== true || request.plugin === undefined || request.rule === undefined)
    return step.reject("unknown_request", `nothing is asked under ${fact.request}`)
  closeRequest(step, request, "answered")
  const firing = { rule: request.rule, tokens: request.tokens ?? [] }
  const read =
    "error" in fact.answer ? ({ ok: false, message: fact.answer.error.message } as const) : named(request, readAnswer(step, firing, fact.answer.actions))
  const wrong: Failure | undefined = read.ok ? undefined : { kind: "routing_error", message: read.message }
  if (request.settles !== undefined && !settleHeld(step, request, wrong)) return
  if (!read.ok) {
    if (request.settles === undefined) failRoute(step, firing.rule, { kind: "routing_error", message: read.message })
    return
  }
  if (request.handles !== undefined && read.actions.length > 0) step.now.failures = step.now.failures.delete(request.handles)
  if (read.actions.length === 0) step.emit({ type: "route.fired", rule: firing.rule, from: triggersOf(firing), to: [], action: "use" })
  for (const action of read.actions) act(step, firing, action)
}

/** A wrong answer is told with who gave it, and of whom. */
const named = ({ plugin, rule, tokens }: RequestState, read: ReadAnswer): ReadAnswer => {
  const session = tokens?.[0]?.session
  return read.ok
    ? read
    : {
        ok: false,
        message: `routing plugin "${plugin?.use ?? ""}" (decide, ${session === undefined ? `rule ${rule ?? ""}` : `session "${session}"`}): ${read.message}`,
      }
}

/** The session that waited for the answer is done, or has failed. Says whether it still waited. */
const settleHeld = (step: Transition, request: RequestState, wrong: Failure | undefined): boolean => {
  const id = request.tokens?.[0]?.session ?? ""
  const session = step.session(id)
  if (session?.current?.routing !== request.id || request.settles === undefined) return false
  step.changeCurrent(id, { routing: undefined })
  if (wrong === undefined) finishSession(step, id, request.settles)
  else failSession(step, id, wrong)
  return true
}
