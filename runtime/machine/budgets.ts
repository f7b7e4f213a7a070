/** The ledger (runtime.md 5): what the run and each session spent, and what happens at a limit. Money is US dollars. */
import type { Budget, Json } from "#ir"
import type { AgentEvent, Usage } from "./protocol.ts"
import { failSession } from "./settling.ts"
import type { SessionState } from "./state.ts"
import type { Transition } from "./transition.ts"

const figure = (value: Json | undefined): number => (typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0)

export const usageOf = (event: AgentEvent): Usage => ({
  mode: event["mode"] === "cumulative" ? "cumulative" : "delta",
  usd: figure(event["cost_usd_estimate"]),
  tokens: figure(event["input_tokens"]) + figure(event["output_tokens"]),
})

/** Books what a driver reported; figures of a whole conversation count only by what they grew. */
export const book = (step: Transition, id: string, usage: Usage): void => {
  const session = step.session(id)
  if (session === undefined) return
  const grown = { usd: figure(usage.usd), tokens: figure(usage.tokens) }
  if (usage.mode === "cumulative") {
    grown.usd = Math.max(0, grown.usd - session.seen.usd)
    grown.tokens = Math.max(0, grown.tokens - session.seen.tokens)
  }
  if (grown.usd === 0 && grown.tokens === 0) return
  const seen = { usd: session.seen.usd + grown.usd, tokens: session.seen.tokens + grown.tokens }
  const changed = step.put({ ...session, usd: session.usd + grown.usd, tokens: session.tokens + grown.tokens, seen })
  step.now.usd += grown.usd
  step.now.tokens += grown.tokens
  step.emit({ type: "budget.updated", scope: id, usd: changed.usd, tokens: changed.tokens })
  step.emit({ type: "budget.updated", scope: "run", usd: step.now.usd, tokens: step.now.tokens })
  tellPercents(step)
  if (step.now.phase !== "running") return
  const runOver = exceeded(step.ir.budget, step.now, false)
  if (runOver !== undefined) endOverBudget(step, runOver)
  const over = exceeded(step.plan.sessions.get(session.declared)?.budget, changed, false)
  if (runOver === undefined && over !== undefined && changed.current !== undefined) failOverBudget(step, id, over)
}

interface Over {
  readonly what: string
  readonly limit: number
  readonly used: number
}

/** The first limit that is passed; before a new turn, reaching it is enough. */
const exceeded = (budget: Budget | undefined, spent: { readonly usd: number; readonly tokens: number; readonly turns: number }, beforeTurn: boolean): Over | undefined => {
  if (budget === undefined) return undefined
  const over = (what: string, limit: number | undefined, used: number): Over | undefined =>
    limit !== undefined && (used > limit || (beforeTurn && used >= limit)) ? { what, limit, used } : undefined
  return over("usd", budget.usd, spent.usd) ?? over("tokens", budget.tokens, spent.tokens) ?? (beforeTurn ? over("turns", budget.turns, spent.turns) : undefined)
}

/** Whether the next turn has no budget left; then the session, or the run, has ended over it. */
export const overBudget = (step: Transition, id: string): boolean => {
  const session = step.session(id)
  if (session === undefined || step.now.phase !== "running") return false
  const run = exceeded(step.ir.budget, step.now, true)
  if (run !== undefined) {
    endOverBudget(step, run)
    return true
  }
  const own = exceeded(step.plan.sessions.get(session.declared)?.budget, session, true)
  if (own !== undefined) failOverBudget(step, id, own)
  return own !== undefined
}

const message = (over: Over): string => `the budget of ${over.limit} ${over.what} is used up`

export const failOverBudget = (step: Transition, id: string, over: Over): void => {
  step.emit({ type: "budget.exceeded", scope: id, limit: over.limit, used: over.used })
  failSession(step, id, { kind: "budget_exceeded", message: message(over) })
}

export const endOverBudget = (step: Transition, over: Over): void => {
  if (step.now.ending !== undefined) return
  step.emit({ type: "budget.exceeded", scope: "run", limit: over.limit, used: over.used })
  step.end({ status: "failed", reason: `budget exceeded: ${message(over)}`, live: { fail: { kind: "budget_exceeded", message: message(over) } } })
}

const tellPercents = (step: Transition): void => {
  const budget = step.ir.budget
  if (budget === undefined || step.plan.percents.length === 0) return
  const share = Math.max(budget.usd === undefined ? 0 : step.now.usd / budget.usd, budget.tokens === undefined ? 0 : step.now.tokens / budget.tokens) * 100
  for (const percent of step.plan.percents) {
    if (share < percent || step.now.percentsTold.includes(percent)) continue
    step.now.percentsTold = [...step.now.percentsTold, percent]
    step.occurrences.push({ source: "budget", percent })
  }
}

/** What a turn may still spend: the least of what the session and the run have left. */
export const turnBudget = (step: Transition, session: SessionState): Budget | undefined => {
  const own = step.plan.sessions.get(session.declared)?.budget
  const run = step.ir.budget
  const usd = least(left(own?.usd, session.usd), left(run?.usd, step.now.usd))
  const tokens = least(left(own?.tokens, session.tokens), left(run?.tokens, step.now.tokens))
  return usd === undefined && tokens === undefined ? undefined : { ...(usd === undefined ? {} : { usd }), ...(tokens === undefined ? {} : { tokens }) }
}

const left = (limit: number | undefined, used: number): number | undefined => (limit === undefined ? undefined : Math.max(0, limit - used))
const least = (a: number | undefined, b: number | undefined): number | undefined => (a === undefined ? b : b === undefined ? a : Math.min(a, b))
