/** Fleets in which not only rules say what follows: a plugin or a model may send to any session, so what no rule brings about may happen all the same. */
import type { ParsedFleet } from "./model.ts"
import type { SoundnessFacts } from "./soundness/facts.ts"
import { actionsOf } from "./walk.ts"

export const routesFreely = ({ document, rules }: Pick<ParsedFleet, "document" | "rules">): boolean =>
  document.mode.use.value !== "static" || rules.some((rule) => actionsOf(rule).some(({ kind }) => kind === "use"))

/** What still holds of a net when others may put tokens into it: what can happen still can, what cannot is no longer known. */
export const withFreeRouting = (facts: SoundnessFacts): SoundnessFacts => {
  const { neverEnds: _unknown, undecidedEnd: _open, ...rest } = facts
  return {
    ...rest,
    joins: facts.joins.map((join) => (join.verdict === "satisfiable" ? join : { rule: join.rule, verdict: "undecided" })),
    deadRules: [],
  }
}
