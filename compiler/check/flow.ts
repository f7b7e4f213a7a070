/** The stage of flow: what the rules can and cannot bring about, read off the rules alone. */
import type { Diagnostic } from "../diagnostics/index.ts"
import { checkBudgets } from "./budget.ts"
import { unboundedLoops } from "./loops.ts"
import type { ParsedFleet } from "./model.ts"
import type { ResolvedNames } from "./names.ts"
import { unreachableSessions } from "./reachability.ts"
import { unusedNames } from "./unused.ts"

export const checkFlow = (fleet: ParsedFleet, names: ResolvedNames): ReadonlyArray<Diagnostic> => [
  ...unreachableSessions(fleet, names.symbols),
  ...unboundedLoops(fleet, names.symbols),
  ...checkBudgets(fleet.document),
  ...unusedNames(fleet, names),
]
