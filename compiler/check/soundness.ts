/** The flow codes that need the fleet's net explored, and what it proved of its joins. */
import type { Diagnostic } from "../diagnostics/index.ts"
import type { Claims } from "../ir/index.ts"
import type { Rule } from "../routes/index.ts"
import type { Flow } from "./flow.ts"
import { routesFreely, withFreeRouting } from "./free-routing.ts"
import type { ParsedFleet } from "./model.ts"
import { diagnoseSoundness } from "./soundness/diagnose.ts"
import { explore } from "./soundness/explore.ts"
import type { DoubleActivation, Verdict } from "./soundness/facts.ts"
import type { Explored } from "./soundness/net.ts"
import { sharedWorkspaces } from "./soundness/shared-workspaces.ts"
import { actionsOf, isActivation } from "./walk.ts"

/** `ir` was lowered from `fleet`: rule `r<n>` is the n-th trigger in file order. */
export const checkSoundness = (
  fleet: ParsedFleet,
  ir: Explored,
  flow: Flow,
): { readonly diagnostics: ReadonlyArray<Diagnostic>; readonly joins: Claims["joins"] } => {
  const free = routesFreely(fleet)
  const facts = free ? withFreeRouting(explore(ir)) : explore(ir)
  const triggers = fleet.rules.flatMap((rule) => rule.triggers.map(({ join }) => ({ rule: rule.span, join: join.span })))
  const spanOf = (id: string) => {
    const found = triggers[Number(id.slice(1)) - 1]
    if (found === undefined) throw new Error(`no trigger stands behind rule ${id}`)
    return found
  }
  const told = new Set(flow.redundant.map(([first, second]) => `r${first + 1} r${second + 1}`))
  // `on a.done, b.done -> c` says in one rule that it means each of them
  const meant = ({ session, rules: [first, second] }: DoubleActivation): boolean =>
    spanOf(first).rule === spanOf(second).rule && fleet.rules.filter((rule) => activates(rule, session)).length === 1
  const doubleActivations = facts.doubleActivations.filter((found) => !meant(found) && !told.has(found.rules.join(" ")))
  const joins = facts.joins.flatMap(({ rule, verdict }) => (isClaim(verdict) ? [{ rule, verdict }] : []))
  return {
    diagnostics: [
      ...diagnoseSoundness({ ...facts, doubleActivations }, spanOf, flow.endless, ...(free ? ["a plugin or a model may send to its members as well"] : [])),
      ...sharedWorkspaces(fleet, ir),
    ],
    joins,
  }
}

const activates = (rule: Rule, session: string): boolean =>
  actionsOf(rule).some((action) => isActivation(action) && (action.kind === "send" ? action.targets : [action.session]).some(({ text }) => text === session))

/** An unsatisfiable join is an error: no IR carries one, unless its cause was reported elsewhere. */
const isClaim = (verdict: Verdict): verdict is Exclude<Verdict, "unsatisfiable"> => verdict !== "unsatisfiable"
