/** The flow codes that need the fleet's net explored, and what it proved as claims of the IR. */
import type { Diagnostic } from "../diagnostics/index.ts"
import type { Claims } from "../ir/index.ts"
import type { ParsedFleet } from "./model.ts"
import { diagnoseSoundness } from "./soundness/diagnose.ts"
import { explore } from "./soundness/explore.ts"
import type { Verdict } from "./soundness/facts.ts"
import type { Explored } from "./soundness/net.ts"

/** `ir` was lowered from `fleet`: rule `r<n>` is the n-th trigger in file order. */
export const checkSoundness = (fleet: ParsedFleet, ir: Explored): { readonly diagnostics: ReadonlyArray<Diagnostic>; readonly claims: Claims } => {
  const facts = explore(ir)
  const triggers = fleet.rules.flatMap((rule) => rule.triggers.map(({ join }) => ({ rule: rule.span, join: join.span })))
  const spanOf = (id: string) => {
    const found = triggers[Number(id.slice(1)) - 1]
    if (found === undefined) throw new Error(`no trigger stands behind rule ${id}`)
    return found
  }
  const claimed = facts.joins.flatMap(({ rule, verdict }) => (isClaim(verdict) ? [{ rule, verdict }] : []))
  return { diagnostics: diagnoseSoundness(facts, spanOf), claims: { joins: claimed } }
}

/** An unsatisfiable join is an error: no IR carries one, unless its cause was reported elsewhere. */
const isClaim = (verdict: Verdict): verdict is Exclude<Verdict, "unsatisfiable"> => verdict !== "unsatisfiable"
