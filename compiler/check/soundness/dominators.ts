/**
 * Which places everything must have passed before a rule can fire or a place can start: the dominators of the net as a flow graph from the
 * start of the fleet. What a place may cancel counts as led to by it.
 */
import { actionsOf, targetsOf, visitActions } from "./actions.ts"
import { isUnknownUndoing } from "./reach.ts"
import { hasRace, placeOf, type Net, type NetRule } from "./net.ts"

export interface Dominators {
  /** Of `place a`, `rule r1`, or `case r1.0`: the places and cases that dominate it, the nearest first, not itself; undefined where nothing leads to it. */
  readonly of: (name: string) => ReadonlyArray<string> | undefined
}

/** Starts what it starts without any of its events: a timer, the start of the fleet, with `skips` a session that never ran. */
const isSpontaneous = (net: Net, rule: NetRule, failures: boolean, skips: boolean): boolean =>
  rule.leaves.some(({ event }) => {
    if (event.source === "fleet") return true
    if (event.source === "budget" || event.source === "every" || event.source === "idle") return failures
    if (event.source !== "session") return false
    if (event.event === "asked" || isUnknownUndoing(net, event)) return failures
    return skips && (event.event === "skipped" || event.event === "settled")
  })

/** `failures`: what fails, and what the outside world does, leads on as well. Nearly linear (Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm). */
export const readDominators = (net: Net, failures: boolean): Dominators => {
  const numbers = new Map<string, number>([["", 0]])
  const names = [""]
  const next: Array<Array<number>> = [[]]
  const numberOf = (name: string): number => {
    const known = numbers.get(name)
    if (known !== undefined) return known
    numbers.set(name, names.length)
    next.push([])
    return names.push(name) - 1
  }
  const lead = (from: number, to: string): void => void next[from]?.push(numberOf(to))
  const skips = failures || net.cancellers.size > 0 || net.rules.some(({ rule }) => hasRace(rule.join))
  const sessions = net.ir.sessions.map(({ id }) => id)

  for (const place of [...net.start, ...net.undoing.ofInstances]) lead(0, `place ${place}`)
  for (const [session, by] of net.undoing.by) lead(numberOf(`place ${session}`), `place ${by}`)
  for (const rule of net.rules) {
    const at = numberOf(`rule ${rule.id}`)
    if (isSpontaneous(net, rule, failures, skips)) next[0]?.push(at)
    for (const { event } of rule.leaves) {
      const place = placeOf(event)
      if (place === undefined) continue
      lead(numberOf(`place ${place}`), `rule ${rule.id}`)
      if (hasRace(rule.rule.join)) lead(at, `place ${place}`)
    }
    rule.rule.cases.forEach(({ action }, number) => {
      lead(at, `case ${rule.id}.${number}`)
      const one = numberOf(`case ${rule.id}.${number}`)
      visitActions(action, (inner) => targetsOf(inner).forEach((target) => lead(one, `place ${target}`)))
    })
    const { within } = rule.rule
    for (const action of actionsOf(rule.rule))
      visitActions(action, (inner) => {
        if (inner.kind !== "cancel" || inner.target.kind === "fleet") return
        const cancelled = inner.target.kind === "session" ? [inner.target.session] : sessions
        for (const session of cancelled) lead(within === undefined ? at : 0, `place ${session}`)
      })
    // a time limit may pass whatever has come
    if (within !== undefined) visitActions(within.otherwise, (inner) => targetsOf(inner).forEach((target) => lead(0, `place ${target}`)))
  }

  const { order, position } = inReversePostorder(next)
  const before: Array<Array<number>> = next.map(() => [])
  for (const from of order) for (const to of next[from] ?? []) before[to]?.push(from)
  const above: Array<number | undefined> = next.map(() => undefined)
  above[0] = 0
  const meet = (one: number, two: number): number => {
    let [a, b] = [one, two]
    while (a !== b) {
      while ((position[a] ?? 0) > (position[b] ?? 0)) a = above[a] ?? 0
      while ((position[b] ?? 0) > (position[a] ?? 0)) b = above[b] ?? 0
    }
    return a
  }
  for (let changed = true; changed;) {
    changed = false
    for (const node of order) {
      if (node === 0) continue
      const known = (before[node] ?? []).filter((from) => above[from] !== undefined)
      const found = known.reduce((a, b) => meet(a, b))
      if (above[node] !== found) {
        above[node] = found
        changed = true
      }
    }
  }
  return {
    of: (name) => {
      const node = numbers.get(name)
      if (node === undefined || above[node] === undefined) return undefined
      const those: Array<string> = []
      for (let at = above[node] ?? 0; at !== 0; at = above[at] ?? 0) {
        const found = names[at] ?? ""
        if (!found.startsWith("rule ")) those.push(found)
      }
      return those
    },
  }
}

/** Without recursion: chains of sessions can be long. */
const inReversePostorder = (
  next: ReadonlyArray<ReadonlyArray<number>>,
): { readonly order: ReadonlyArray<number>; readonly position: ReadonlyArray<number> } => {
  const seen = new Set([0])
  const order: Array<number> = []
  const work = [{ node: 0, at: 0 }]
  for (let top = work.at(-1); top !== undefined; top = work.at(-1)) {
    const to = next[top.node]?.[top.at++]
    if (to === undefined) {
      order.push(top.node)
      work.pop()
    } else if (!seen.has(to)) {
      seen.add(to)
      work.push({ node: to, at: 0 })
    }
  }
  order.reverse()
  const position: Array<number> = []
  order.forEach((node, at) => (position[node] = at))
  return { order, position }
}
