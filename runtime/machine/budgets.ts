/** Limits (runtime.md 5): what happens when the run or a session reaches its budget. Money is US dollars. */
import { printDuration, printMoney } from "#ir"
import type { Budget } from "#ir"
import { enter } from "./ledger.ts"
import type { Usage } from "./protocol.ts"
import { failSession } from "./settling.ts"
import type { SessionState, Spend } from "./state.ts"
import type { Transition } from "./transition.ts"

/** Books what a driver reported, and ends what it puts over its budget. */
export const book = (step: Transition, id: string, usage: Usage): void => {
  if (!enter(step, id, usage)) return
  const session = step.session(id)
  if (session === undefined) return
  step.emit({ type: "budget.updated", scope: id, usd: session.usd, tokens: session.tokens })
  step.emit({ type: "budget.updated", scope: "run", usd: step.now.usd, tokens: step.now.tokens })
  tellShares(step)
  if (step.now.phase !== "running") return
  const runOver = exceeded(step.ir.budget, step.now, false)
  if (runOver !== undefined) endOverBudget(step, runOver)
  const over = exceeded(step.plan.sessions.get(session.declared)?.budget, session, false)
  if (runOver === undefined && over !== undefined && session.current !== undefined) failOverBudget(step, id, over)
}

interface Over {
  readonly what: "money" | "tokens" | "turns" | "time"
  readonly limit: number
  readonly used: number
}

/** The first limit that is passed; before a turn, reaching it is enough, and a new one needs a turn that is left. */
const exceeded = (budget: Budget | undefined, spent: Spend & { readonly turns: number }, beforeTurn: "new" | "again" | false): Over | undefined => {
  if (budget === undefined) return undefined
  const over = (what: Over["what"], limit: number | undefined, used: number): Over | undefined =>
    limit !== undefined && (used > limit || (beforeTurn !== false && used >= limit)) ? { what, limit, used } : undefined
  const spending = over("money", budget.usd, spent.usd) ?? over("tokens", budget.tokens, spent.tokens)
  return spending === undefined && beforeTurn === "new" ? over("turns", budget.turns, spent.turns) : spending
}

/** Whether the next turn, or the next attempt of one, has no budget left; then the session, or the run, has ended over it. */
export const overBudget = (step: Transition, id: string, turn: "new" | "again"): boolean => {
  const session = step.session(id)
  if (session === undefined || step.now.phase !== "running") return false
  const run = exceeded(step.ir.budget, step.now, turn)
  if (run !== undefined) {
    endOverBudget(step, run)
    return true
  }
  const budget = step.plan.sessions.get(session.declared)?.budget
  const used = step.at - (session.begunAt ?? step.at)
  const limit = budget?.wallMs
  const late: Over | undefined = limit !== undefined && used >= limit ? { what: "time", limit, used } : undefined
  const own = exceeded(budget, session, turn) ?? late
  if (own !== undefined) failOverBudget(step, id, own)
  return own !== undefined
}

const amount = (what: Over["what"], count: number): string => {
  if (what === "money") return printMoney(count)
  return what === "time" ? printDuration(count) : `${count} ${what}`
}

const message = ({ what, limit, used }: Over, whose: "run" | "session"): string =>
  `the ${whose}'s budget of ${amount(what, limit)} is used up${used > limit ? `: it took ${amount(what, used)}` : ""}`

export const failOverBudget = (step: Transition, id: string, over: Over): void => {
  step.emit({ type: "budget.exceeded", scope: id, limit: over.limit, used: over.used })
  failSession(step, id, { kind: "budget_exceeded", message: message(over, "session") })
}

export const endOverBudget = (step: Transition, over: Over): void => {
  if (step.now.ending !== undefined) return
  step.emit({ type: "budget.exceeded", scope: "run", limit: over.limit, used: over.used })
  const said = message(over, "run")
  step.end({ status: "failed", reason: `budget exceeded: ${said}`, live: { fail: { kind: "budget_exceeded", message: said } } })
}

/** `budget.reached`: the greatest share of any limit counts; wall time has timers of its own. */
export const tellShares = (step: Transition): void => {
  const { budget } = step.ir
  if (budget === undefined || step.plan.percents.length === 0) return
  const share = (limit: number | undefined, used: number): number => (limit === undefined ? 0 : (used / limit) * 100)
  const most = Math.max(share(budget.usd, step.now.usd), share(budget.tokens, step.now.tokens), share(budget.turns, step.now.turns))
  for (const percent of step.plan.percents) if (most >= percent) tellShare(step, percent)
}

/** Once per run. */
export const tellShare = (step: Transition, percent: number): void => {
  if (step.now.percentsTold.includes(percent)) return
  step.now.percentsTold = [...step.now.percentsTold, percent]
  step.occurrences.push({ source: "budget", percent })
}

/** What a turn may still spend: the least of what the session has left and what the run has left beside the other turns. */
export const turnBudget = (step: Transition, session: SessionState): Budget | undefined => {
  const own = step.plan.sessions.get(session.declared)?.budget
  const run = step.ir.budget
  const { reserved } = step.now
  const kept = session.current?.reserved
  const usd = least(left(own?.usd, session.usd), left(run?.usd, step.now.usd + reserved.usd - (kept?.usd ?? 0)))
  const tokens = least(left(own?.tokens, session.tokens), left(run?.tokens, step.now.tokens + reserved.tokens - (kept?.tokens ?? 0)))
  return usd === undefined && tokens === undefined ? undefined : { ...(usd === undefined ? {} : { usd }), ...(tokens === undefined ? {} : { tokens }) }
}

const left = (limit: number | undefined, used: number): number | undefined =>
  limit === undefined ? undefined : Math.max(0, Math.round((limit - used) * 1e9) / 1e9)
const least = (a: number | undefined, b: number | undefined): number | undefined => (a === undefined ? b : b === undefined ? a : Math.min(a, b))
