/** Who answers what a run may ask (runtime.md 6): told before it starts, since a request that nobody answers waits for ever. */
import type { Action, Responder } from "../model.ts"
import type { Bounded } from "./firings.ts"

/** In the order of the document; one entry per session, gate and selecting rule. Sessions whose driver never asks are left out. */
export const respondersOf = (ir: Bounded): ReadonlyArray<Responder> => {
  const mute = new Set(ir.plugins.filter(({ from }) => from === "builtin:shell").map(({ name }) => name))
  const permissions = ir.sessions
    .filter(({ driver }) => !mute.has(driver.use))
    .map(({ id, permissions: mode }): Responder => ({
      request: "permission",
      of: id,
      by: mode === "ask" ? "human" : mode === "deny" ? "mode" : "mode-or-human",
    }))
  const others = new Map<string, Responder>()
  const visit = (action: Action, rule: string): void => {
    switch (action.kind) {
      case "gate":
        others.set(`gate ${action.gate}`, { request: "gate", of: action.gate, by: "human" })
        return
      case "select":
        others.set(`selection ${rule}`, { request: "selection", of: rule, by: "human" })
        return
      case "sequence":
        return action.actions.forEach((each) => visit(each, rule))
      case "for":
        return visit(action.send, rule)
      case "send":
      case "retry":
        return action.max?.then === undefined ? undefined : visit(action.max.then, rule)
      default:
    }
  }
  for (const { id, cases, within } of ir.rules) {
    for (const { action } of cases) visit(action, id)
    if (within !== undefined) visit(within.otherwise, id)
  }
  return [...permissions, ...others.values()]
}
