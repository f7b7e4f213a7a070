/** Cycles of sends without a `max` on them (language.md 5). A person's answer at a gate is no send: a loop through one goes on only as long as the person says so. */
import { diagnose, type Diagnostic } from "../diagnostics/index.ts"
import type { Action, Rule } from "../routes/index.ts"
import { components } from "../ir/components.ts"
import type { ParsedFleet, Symbols } from "./model.ts"
import { actionsOf, isActivation, namedEventsOf } from "./walk.ts"

interface Edge {
  readonly from: string
  readonly to: string
  readonly rule: number
}

export const unboundedLoops = ({ rules }: ParsedFleet, { sessions }: Symbols): ReadonlyArray<Diagnostic> => {
  const edges = rules.flatMap((rule, at) => edgesOf(rule, at, sessions))
  const next = new Map<string, Array<Edge>>()
  for (const edge of edges) {
    const known = next.get(edge.from)
    if (known === undefined) next.set(edge.from, [edge])
    else known.push(edge)
  }
  const loops = components([...sessions], (node) => (next.get(node) ?? []).map(({ to }) => to))
  const loopOf = new Map(loops.flatMap((members) => [...members].map((member) => [member, members] as const)))
  // edges stand in file order, so the last one stays
  const lastIn = new Map(
    edges.flatMap((edge) => {
      const members = loopOf.get(edge.from)
      return members?.has(edge.to) === true ? [[members, edge] as const] : []
    }),
  )
  return [...lastIn].flatMap(([members, last]) => {
    const rule = rules[last.rule]
    if (rule === undefined) return []
    const cycle = [last.from, ...pathBetween(last.to, last.from, members, next)].join(" → ")
    return [diagnose("unbounded-loop", rule.span, { cycle }, { help: 'bound one of its sends: max 3 then fail "…"' })]
  })
}

const edgesOf = (rule: Rule, at: number, sessions: ReadonlySet<string>): ReadonlyArray<Edge> => {
  const to = actionsOf(rule)
    .flatMap(unboundedTargets)
    .filter((name) => sessions.has(name))
  if (to.length === 0) return []
  const from = [...new Set(rule.triggers.flatMap(({ join }) => namedEventsOf(join)).map(({ subject }) => subject.text))].filter((name) => sessions.has(name))
  return from.flatMap((source) => to.map((target) => ({ from: source, to: target, rule: at })))
}

const unboundedTargets = (action: Action): ReadonlyArray<string> => {
  if (!isActivation(action) || action.modifiers.max !== undefined) return []
  return action.kind === "send" ? action.targets.map(({ text }) => text) : [action.session.text]
}

/** The shortest way inside the component, both ends included. */
const pathBetween = (from: string, to: string, members: ReadonlySet<string>, next: ReadonlyMap<string, ReadonlyArray<Edge>>): ReadonlyArray<string> => {
  const paths = new Map<string, ReadonlyArray<string>>([[from, [from]]])
  for (const [node, path] of paths) {
    if (node === to) return path
    for (const edge of next.get(node) ?? []) if (members.has(edge.to) && !paths.has(edge.to)) paths.set(edge.to, [...path, edge.to])
  }
  return [to]
}
