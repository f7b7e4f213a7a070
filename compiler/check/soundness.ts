/** The flow codes that need the fleet's net explored, and what it proved of its joins. */
import type { Diagnostic, Replay } from "../diagnostics/index.ts"
import { printInput, type Claims } from "../ir/index.ts"
import type { Rule } from "../routes/index.ts"
import type { Flow } from "./flow.ts"
import { routesFreely, withFreeRouting } from "./free-routing.ts"
import type { ParsedFleet } from "./model.ts"
import { diagnoseSoundness } from "./soundness/diagnose.ts"
import type { Course, DoubleActivation, SoundnessFacts, Verdict } from "./soundness/facts.ts"
import { readNet, type Explored } from "./soundness/net.ts"
import { anyScript, scriptOf } from "./soundness/script.ts"
import { sharedWorkspaces } from "./soundness/shared-workspaces.ts"
import { actionsOf, isActivation } from "./walk.ts"

/** `explored`: what was found of `ir`, which was lowered from `fleet`: rule `r<n>` is the n-th trigger in file order. */
export const checkSoundness = (
  fleet: ParsedFleet,
  ir: Explored,
  flow: Flow,
  explored: SoundnessFacts,
): { readonly diagnostics: ReadonlyArray<Diagnostic>; readonly joins: Claims["joins"] } => {
  const free = routesFreely(fleet)
  const facts = free ? withFreeRouting(explored) : explored
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
  const replay = free ? undefined : (course: Course | undefined) => replayOf(ir, course)
  return {
    diagnostics: [
      ...diagnoseSoundness({ ...facts, doubleActivations }, spanOf, {
        explained: flow.endless,
        ...(free && { bound: "a plugin or a model may send to its members as well" }),
        ...(replay !== undefined && { replayOf: replay }),
      }),
      ...sharedWorkspaces(fleet, ir, replay),
    ],
    joins,
  }
}

const replayOf = (ir: Explored, course: Course | undefined): Replay | undefined => {
  const net = readNet(ir)
  const found = course === undefined ? anyScript(net) : scriptOf(net, course)
  if (found === undefined) return undefined
  const inputs = ir.inputs.flatMap(({ name, type }) => {
    const value = found.inputs[name]
    return value === undefined ? [] : [[name, printInput(type, value)] as const]
  })
  return { script: found.script, inputs: Object.fromEntries(inputs) }
}

const activates = (rule: Rule, session: string): boolean =>
  actionsOf(rule).some((action) => isActivation(action) && (action.kind === "send" ? action.targets : [action.session]).some(({ text }) => text === session))

/** An unsatisfiable join is an error: no IR carries one, unless its cause was reported elsewhere. */
const isClaim = (verdict: Verdict): verdict is Exclude<Verdict, "unsatisfiable"> => verdict !== "unsatisfiable"
