/** A session's budget lies inside the fleet's. */
import { diagnose, type Diagnostic } from "../diagnostics/index.ts"
import type { FleetDocument } from "../document/index.ts"
import { printDuration, printMoney } from "../ir/index.ts"

export const checkBudgets = ({ budget, sessions }: FleetDocument): ReadonlyArray<Diagnostic> =>
  sessions.flatMap(({ id, settings }) =>
    (["usd", "tokens", "wall", "turns"] as const).flatMap((key) => {
      const [own, limit] = [settings.budget?.[key], budget[key]]
      if (own === undefined || limit === undefined || own.value <= limit.value) return []
      const shown = { usd: printMoney, wall: printDuration, tokens: plain("tokens"), turns: plain("turns") }[key]
      const params = { what: `session "${id.value}"`, own: shown(own.value), parent: "the fleet's", limit: shown(limit.value) }
      return [diagnose("budget-exceeds-parent", own.span, params, { related: [{ span: limit.span, message: "the fleet's budget is written here" }] })]
    }),
  )

const plain =
  (unit: string) =>
  (value: number): string =>
    `${value} ${unit}`
