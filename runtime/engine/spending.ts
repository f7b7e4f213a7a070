import type { Budget, Ir } from "#ir"
import type { Spend, State } from "../machine/index.ts"

/** What a session has spent, and what it may still spend before its own budget or the run's is reached. */
export const spendingOf = (ir: Ir, state: State, id: string): { readonly spent: Spend; readonly left: Partial<Spend> } => {
  const session = state.sessions.get(id)
  const spent: Spend = { usd: session?.usd ?? 0, tokens: session?.tokens ?? 0 }
  const own = ir.sessions.find(({ id: declared }) => declared === session?.declared)?.budget
  const left = (unit: keyof Spend): number | undefined => {
    const limits = [limit(own, unit, spent[unit]), limit(ir.budget, unit, state[unit])].filter((one) => one !== undefined)
    return limits.length === 0 ? undefined : Math.max(0, Math.min(...limits))
  }
  const [usd, tokens] = [left("usd"), left("tokens")]
  return { spent, left: { ...(usd === undefined ? {} : { usd }), ...(tokens === undefined ? {} : { tokens }) } }
}

const limit = (budget: Budget | undefined, unit: keyof Spend, spent: number): number | undefined => {
  const most = budget?.[unit]
  return most === undefined ? undefined : most - spent
}
