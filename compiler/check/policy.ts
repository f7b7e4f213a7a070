/** The stage of policy: what sessions may do, where, and who is there to answer. What their drivers cannot do is told with their names. */
import type { Diagnostic } from "../diagnostics/index.ts"
import type { DriverDescription } from "./builtin-plugins.ts"
import { checkBudgets } from "./budget.ts"
import { nobodyToAsk } from "./headless.ts"
import { bypassWithoutIsolation } from "./isolation.ts"
import type { ParsedFleet, SourceText, Symbols } from "./model.ts"
import { policyConflicts } from "./policy-conflicts.ts"
import { secretsInSource } from "./secrets.ts"

export interface PolicyRequest {
  readonly headless: boolean
  readonly symbols: Symbols
  readonly drivers: ReadonlyArray<DriverDescription>
  readonly sources: ReadonlyArray<SourceText>
}

export const checkPolicy = (fleet: ParsedFleet, { headless, symbols, drivers, sources }: PolicyRequest): ReadonlyArray<Diagnostic> => {
  const { document } = fleet
  return [
    ...bypassWithoutIsolation(document),
    ...policyConflicts(document),
    ...secretsInSource(document, sources),
    ...checkBudgets(document),
    ...(headless ? nobodyToAsk(fleet, symbols, drivers) : []),
  ]
}
