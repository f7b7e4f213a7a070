/**
 * The ledger (runtime.md 5): what the run, each session and each turn spent, and what is kept back for the turns under way.
 * Money is US dollars, counted in billionths, so that sums are exact and what is kept back returns to nothing.
 */
import type { Json } from "#ir"
import type { AgentEvent, Usage } from "./protocol.ts"
import type { SessionState, Spend } from "./state.ts"
import { nothingSpent } from "./state.ts"
import type { Transition } from "./transition.ts"

const exact = (usd: number): number => Math.round(usd * 1e9) / 1e9
const add = (a: Spend, b: Spend): Spend => ({ usd: exact(a.usd + b.usd), tokens: a.tokens + b.tokens })
const less = (a: Spend, b: Spend): Spend => ({ usd: Math.max(0, exact(a.usd - b.usd)), tokens: Math.max(0, a.tokens - b.tokens) })
const isNothing = (spend: Spend): boolean => spend.usd === 0 && spend.tokens === 0

const figure = (value: Json | undefined): number => (typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0)

export const usageOf = (event: AgentEvent): Usage => ({
  mode: event["mode"] === "cumulative" ? "cumulative" : "delta",
  usd: figure(event["cost_usd_estimate"]),
  tokens: figure(event["input_tokens"]) + figure(event["output_tokens"]),
})

/** Adds what a driver reported to the session and the run; figures of a whole conversation count only by what they grew. Says whether they did. */
export const enter = (step: Transition, id: string, usage: Usage): boolean => {
  const session = step.session(id)
  if (session === undefined) return false
  const said = { usd: exact(figure(usage.usd)), tokens: Math.round(figure(usage.tokens)) }
  const grown = usage.mode === "cumulative" ? less(said, session.seen) : said
  if (isNothing(grown)) return false
  const { current } = session
  step.put({ ...session, ...add(session, grown), seen: add(session.seen, grown) })
  if (current !== undefined) step.changeCurrent(id, { spent: add(current.spent, grown) })
  const total = add(step.now, grown)
  step.now.usd = total.usd
  step.now.tokens = total.tokens
  if (current !== undefined) keepBack(step, id, less(current.reserved, grown))
  return true
}

/** Changes what is kept back for the turn under way. */
const keepBack = (step: Transition, id: string, reserved: Spend): void => {
  const current = step.session(id)?.current
  if (current === undefined || (current.reserved.usd === reserved.usd && current.reserved.tokens === reserved.tokens)) return
  step.now.reserved = add(less(step.now.reserved, current.reserved), reserved)
  step.changeCurrent(id, { reserved })
}

/** What the next turn is likely to cost: the mean of the turns of its session so far, before the first all the session may spend. */
const estimate = (step: Transition, session: SessionState): Spend => {
  const own = step.plan.sessions.get(session.declared)?.budget
  const costs = step.now.costs.get(session.declared)
  const left = { usd: Math.max(0, (own?.usd ?? Infinity) - session.usd), tokens: Math.max(0, (own?.tokens ?? Infinity) - session.tokens) }
  const likely = (mean: number | undefined, most: number): number => Math.min(mean ?? (most === Infinity ? 0 : most), most)
  return {
    usd: exact(likely(costs === undefined ? undefined : costs.usd / costs.turns, left.usd)),
    tokens: Math.round(likely(costs === undefined ? undefined : costs.tokens / costs.turns, left.tokens)),
  }
}

/** Whether the run's budget has room for the session's next turn beside those under way. A turn that would not fit alone runs alone. */
export const hasRoom = (step: Transition, session: SessionState): boolean => {
  const { budget } = step.ir
  if (budget === undefined || isNothing(step.now.reserved)) return true
  const wanted = estimate(step, session)
  const fits = (unit: keyof Spend): boolean => {
    const limit = budget[unit]
    const reserved = step.now.reserved[unit]
    return limit === undefined || reserved === 0 || wanted[unit] === 0 || exact(step.now[unit] + reserved + wanted[unit]) <= limit
  }
  return fits("usd") && fits("tokens")
}

/** Keeps back the estimate of the next turn, as far as the run's budget goes; once per turn. */
export const reserve = (step: Transition, id: string): void => {
  const session = step.session(id)
  const { budget } = step.ir
  if (session?.current === undefined || budget === undefined || !isNothing(session.current.reserved)) return
  const wanted = estimate(step, session)
  const room = (unit: keyof Spend): number => Math.max(0, Math.min(wanted[unit], (budget[unit] ?? 0) - step.now[unit] - step.now.reserved[unit]))
  keepBack(step, id, { usd: exact(room("usd")), tokens: room("tokens") })
}

/** Gives back what is kept back and was not spent. */
export const giveBack = (step: Transition, id: string): void => keepBack(step, id, nothingSpent)

/** The turn is over: what it cost is what the next is likely to cost. */
export const settleTurn = (step: Transition, id: string): void => {
  const session = step.session(id)
  if (session?.current === undefined) return
  giveBack(step, id)
  const { declared, current } = session
  const before = step.now.costs.get(declared) ?? { ...nothingSpent, turns: 0 }
  step.now.costs = step.now.costs.set(declared, { ...add(before, current.spent), turns: before.turns + 1 })
  step.changeCurrent(id, { open: false, spent: nothingSpent })
}
