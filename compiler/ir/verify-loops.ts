/** Loops of sends without a `max` on them (language.md 5, unbounded-loop), read off an IR that nobody may have compiled. */
import { components } from "./components.ts"
import type { Action, Ir, Join } from "./model.ts"

/** For each such loop the place of its last rule among `ir.rules`, and its sessions. */
export const unboundedLoops = ({ sessions, rules }: Ir): ReadonlyArray<{ readonly rule: number; readonly sessions: ReadonlyArray<string> }> => {
  const edges = rules.map(({ join, cases, within }) => ({
    from: sourcesOf(join),
    to: unboundedTargets([...cases.map(({ action }) => action), ...(within === undefined ? [] : [within.otherwise])]),
  }))
  const next = new Map(sessions.map(({ id }) => [id, new Set<string>()]))
  for (const { from, to } of edges) for (const source of from) for (const target of to) next.get(source)?.add(target)
  const loops = components([...next.keys()], (node) => [...(next.get(node) ?? [])])
  const loopOf = new Map(loops.flatMap((members) => [...members].map((member) => [member, members] as const)))
  const last = new Map<ReadonlySet<string>, number>()
  edges.forEach(({ from, to }, rule) => {
    const left = new Set(from.map((source) => loopOf.get(source)))
    for (const target of to) {
      const members = loopOf.get(target)
      if (members !== undefined && left.has(members)) last.set(members, rule)
    }
  })
  return [...last].map(([members, rule]) => ({ rule, sessions: [...members].sort() }))
}

const sourcesOf = (join: Join): ReadonlyArray<string> => {
  if (join.kind === "event" || join.kind === "instances") return join.event.source === "session" || join.event.source === "idle" ? [join.event.session] : []
  return [...new Set(join.of.flatMap(sourcesOf))]
}

const unboundedTargets = (actions: ReadonlyArray<Action>): ReadonlyArray<string> => {
  const targets = new Set<string>()
  const pending = [...actions]
  for (let action = pending.pop(); action !== undefined; action = pending.pop()) {
    if (action.kind === "sequence") pending.push(...action.actions)
    else if (action.kind === "for") pending.push(action.send)
    else if (action.kind === "send" || action.kind === "retry") {
      if (action.max?.then !== undefined) pending.push(action.max.then)
      if (action.max === undefined) for (const target of action.kind === "send" ? action.to : [action.session]) targets.add(target)
    }
  }
  return [...targets]
}
