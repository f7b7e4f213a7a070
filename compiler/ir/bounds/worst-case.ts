/**
 * The most that a run can take: turns, US dollars and time, as formulas over loop bounds and lengths of lists (language.md 5, budget).
 * Upper bounds: no run without messages from people exceeds them, but for the last turn that overshoots a budget.
 */
import type { Session } from "../model.ts"
import { add, constant, isNothing, least, multiply, nothing, plain, type Bound } from "./amount.ts"
import { readFirings, type Activations, type Bounded } from "./firings.ts"

export interface SessionWorst {
  readonly session: Session
  readonly activations: Activations
  readonly turns: Bound
  readonly usd: Bound
  readonly tokens: Bound
}

export interface WorstCase {
  readonly sessions: ReadonlyArray<SessionWorst>
  /** Of all sessions together, whatever the fleet's own budget says. */
  readonly turns: Bound
  readonly usd: Bound
  readonly tokens: Bound
  /** Milliseconds, not counting the time that people take to answer. */
  readonly wallMs: Bound
}

/** What the compiler claims: the figures that are plain numbers, under the fleet's own budget. */
export interface WorstFigures {
  readonly worstCaseTurns?: number
  readonly worstCaseUsd?: number
  readonly worstCaseWallMs?: number
}

/** Of each session and in all; the budget of the run does not count here. */
export const worstCaseOf = (ir: Bounded): WorstCase => {
  const { activations, waits } = readFirings(ir)
  const free = new Set(ir.plugins.filter(({ from }) => from === "builtin:shell").map(({ name }) => name))
  const sessions = ir.sessions.map((session): SessionWorst => {
    const own = activations.get(session.id) ?? { total: nothing, sources: [], prompts: nothing, instances: nothing }
    return {
      session,
      activations: own,
      turns: turnsOf(session, own),
      usd: spent(session.budget?.usd, own, session, free),
      tokens: spent(session.budget?.tokens, own, session, free),
    }
  })
  const sum = (pick: (worst: SessionWorst) => Bound): Bound => add(nothing, ...sessions.map(pick))
  return { sessions, turns: sum(({ turns }) => turns), usd: sum(({ usd }) => usd), tokens: sum(({ tokens }) => tokens), wallMs: add(waits, sum(workOf)) }
}

/** Bounds with symbols in them give no figure. */
export const figuresOf = ({ budget }: Bounded, worst: WorstCase): WorstFigures => {
  const turns = capped(plain(worst.turns), budget?.turns)
  const usd = capped(plain(worst.usd), budget?.usd)
  const wall = capped(plain(worst.wallMs), budget?.wallMs)
  return {
    ...(turns !== undefined && { worstCaseTurns: turns }),
    ...(usd !== undefined && { worstCaseUsd: usd }),
    ...(wall !== undefined && { worstCaseWallMs: wall }),
  }
}

const capped = (value: number | undefined, limit: number | undefined): number | undefined =>
  value === undefined ? limit : limit === undefined ? value : Math.min(value, limit)

/** An answer that does not fit the declared output is asked for once more, which is one more turn per activation. */
const turnsOf = ({ output, budget, instances }: Session, { prompts, total, instances: many }: Activations): Bound => {
  const turns = output === undefined ? prompts : add(prompts, total)
  if (budget?.turns === undefined) return turns
  return least(multiply(constant(budget.turns), instances ? many : isNothing(total) ? nothing : constant(1)), turns)
}

/** A session's budget holds for all its activations together, that of a fanned-out session for each instance, however often it is retried. */
const spent = (budget: number | undefined, { total, instances: many }: Activations, { driver, instances }: Session, free: ReadonlySet<string>): Bound => {
  if (isNothing(total) || free.has(driver.use)) return nothing
  if (budget === undefined) return undefined
  return instances ? multiply(many, constant(budget)) : constant(budget)
}

/** Beyond so many attempts a time says nothing. */
const maxAttempts = 1000

/** Every turn may use up each of its attempts, and the pauses between them. */
const workOf = ({ session, turns }: SessionWorst): Bound => {
  const { retry, timeoutMs } = session
  if (isNothing(turns)) return nothing
  if (timeoutMs === undefined || retry.attempts > maxAttempts) return undefined
  let perTurn = timeoutMs * retry.attempts
  for (let tried = 1; tried < retry.attempts; tried++) perTurn += Math.min(retry.backoffMs * retry.factor ** (tried - 1), retry.maxMs ?? Infinity)
  return Number.isFinite(perTurn) ? multiply(turns, constant(perTurn)) : undefined
}
