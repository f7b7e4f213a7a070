/**
 * Places that run equally often in every execution without a failure. Members of a join that are in step need no exploration:
 * the join holds each time. A place in step with the start runs exactly once.
 */
import { actionsOf, visitActions } from "./actions.ts"
import { placeOf, type Net, type NetRule } from "./net.ts"

export interface Lockstep {
  /** Two places with one name run equally often. */
  readonly stepOf: (place: string) => string
  readonly once: (place: string) => boolean
}

/** Fired once per end of what it waits for. */
const isSure = (rule: NetRule): boolean =>
  rule.leaves.every(({ event }) => event.source === "fleet" || (event.source === "session" && (event.event === "done" || event.event === "settled")))

/** Reads it off the net in one pass; linear. */
export const readLockstep = (net: Net): Lockstep => {
  /** Those that run more often or less than rules start them. */
  const cancelled = new Set<string>([...net.undoing.compensators, ...net.undoing.ofInstances])
  let cancelsOthers = false
  for (const rule of net.rules) {
    if (!rule.ends) continue
    if (rule.join.kind !== "event") for (const { event } of rule.leaves) cancelled.add(placeOf(event) ?? "")
    for (const action of actionsOf(rule.rule))
      visitActions(action, (inner) => {
        if (inner.kind === "cancel" && inner.target.kind === "session") cancelled.add(inner.target.session)
        if (inner.kind === "cancel" && inner.target.kind === "others") cancelsOthers = true
      })
  }

  const steps = new Map<string, string>()
  /** The rule that starts the place, as far as it is the only one and sends there once per firing, with the number of the case. */
  const onlyStarter = (place: string): { readonly rule: NetRule; readonly at: number } | undefined => {
    const rules = net.activators.get(place) ?? []
    const rule = rules[0]
    if (rule === undefined || rules.length > 1 || rule.rule.within !== undefined || !isSure(rule)) return undefined
    const sends: Array<number> = []
    rule.rule.cases.forEach(({ action }, at) =>
      visitActions(action, (inner, certain) => {
        if (inner.kind === "send")
          for (const target of inner.to) if (target === place) sends.push(certain && inner.max === undefined && !inner.bySubtask ? at : -1)
        if (inner.kind === "retry" && inner.session === place) sends.push(-1)
      }),
    )
    const at = sends[0]
    return at === undefined || at < 0 || sends.length > 1 ? undefined : { rule, at }
  }

  /** The places whose step decides the rule's; undefined when the rule has a step of its own. */
  const sourcesOf = (rule: NetRule): ReadonlyArray<string> | undefined => {
    const flat = rule.join.kind === "event" || rule.join.of.every(({ kind }) => kind === "event")
    if (!flat || rule.leaves.some(({ each, count, event }) => each || count !== undefined || event.source !== "session")) return undefined
    return rule.leaves.map(({ event }) => placeOf(event) ?? "")
  }

  const decide = (place: string): string | ReadonlyArray<string> => {
    const own = `place ${place}`
    if (cancelsOthers || cancelled.has(place)) return own
    if (net.start.has(place)) return net.activators.has(place) ? own : "start"
    const starter = onlyStarter(place)
    if (starter === undefined) return own
    const sources = sourcesOf(starter.rule)
    if (starter.rule.rule.cases[starter.at]?.guard !== undefined || starter.at > 0) return `${starter.rule.id} case ${starter.at}`
    if (sources === undefined) return `${starter.rule.id} case 0`
    return sources
  }

  const stepOf = (first: string): string => {
    // without recursion: chains of sessions can be long
    const work = [first]
    const open = new Set<string>()
    while (work.length > 0) {
      const place = work.at(-1) ?? ""
      if (steps.has(place)) {
        work.pop()
        continue
      }
      const decided = decide(place)
      if (typeof decided === "string") {
        steps.set(place, decided)
        continue
      }
      const waiting = decided.filter((source) => !steps.has(source))
      if (waiting.length > 0 && !open.has(place) && !waiting.some((source) => open.has(source))) {
        open.add(place)
        work.push(...waiting)
        continue
      }
      const starter = net.activators.get(place)?.[0]
      const found = new Set(decided.map((source) => steps.get(source) ?? `place ${place}`))
      const [one] = found
      const always = starter?.join.kind === "event" || starter?.join.kind === "all" || one === "start"
      steps.set(place, waiting.length === 0 && found.size === 1 && one !== undefined && always ? one : `${starter?.id ?? place} case 0`)
    }
    return steps.get(first) ?? first
  }

  return { stepOf, once: (place) => stepOf(place) === "start" }
}
