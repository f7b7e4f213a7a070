/** What can be read off an IR once: computed per IR and remembered, so that a step looks nothing up by scanning. */
import { leavesOf } from "#ir"
import type { Action, EventPattern, Ir, Leaf, Rule, Session } from "#ir"

export interface Place {
  /** Index of the rule in the file. */
  readonly rule: number
  readonly leaf: Leaf
}

export interface Reach {
  readonly sessions: ReadonlySet<string>
  readonly gates: ReadonlySet<string>
  readonly selects: boolean
  /** Sessions that it has undone. */
  readonly undoes: ReadonlySet<string>
  /** A plugin is asked, which may send to any session. */
  readonly asks: boolean
}

export interface Plan {
  readonly sessions: ReadonlyMap<string, Session>
  readonly order: ReadonlyMap<string, number>
  /** Leaves by `placeKey` of the event they name, in file order. */
  readonly places: ReadonlyMap<string, ReadonlyArray<Place>>
  /** What each rule may bring about, by rule index. */
  readonly reach: ReadonlyArray<Reach>
  /** What of that comes of its join, and what of the time its join took. */
  readonly reachInTime: ReadonlyArray<Reach>
  readonly reachLate: ReadonlyArray<Reach>
  readonly senders: ReadonlyMap<string, ReadonlyArray<number>>
  /** The sessions that rules send to when something becomes of a session: those its agent may speak to. */
  readonly sendsTo: ReadonlyMap<string, ReadonlySet<string>>
  /** Sessions that may be activated more than once. */
  readonly repeatable: ReadonlySet<string>
  /** Sessions that a person may pick from. */
  readonly candidates: ReadonlySet<string>
  /** Sessions that a rule may retry after they failed. */
  readonly retried: ReadonlySet<string>
  readonly compensators: ReadonlySet<string>
  readonly idleSpells: ReadonlyMap<string, ReadonlyArray<number>>
  /** Sessions whose answer a `by subtask` send splits. */
  readonly asksSubtasks: ReadonlySet<string>
  readonly percents: ReadonlyArray<number>
  readonly everies: ReadonlyArray<number>
}

export const placeKey = (event: EventPattern): string => {
  switch (event.source) {
    case "session":
    case "idle":
      return `session ${event.session}`
    case "gate":
      return `gate ${event.gate}`
    case "every":
      return `every ${event.ms}`
    default:
      return event.source
  }
}

/** Every action inside an action, itself first. */
export const actionsIn = (action: Action): ReadonlyArray<Action> => {
  switch (action.kind) {
    case "sequence":
      return [action, ...action.actions.flatMap(actionsIn)]
    case "for":
      return [action, ...actionsIn(action.send)]
    case "send":
    case "retry":
      return action.max?.then === undefined ? [action] : [action, ...actionsIn(action.max.then)]
    default:
      return [action]
  }
}

const actionsInTime = (rule: Rule): ReadonlyArray<Action> => rule.cases.flatMap((one) => actionsIn(one.action))
const actionsLate = (rule: Rule): ReadonlyArray<Action> => (rule.within === undefined ? [] : actionsIn(rule.within.otherwise))
export const actionsOf = (rule: Rule): ReadonlyArray<Action> => [...actionsInTime(rule), ...actionsLate(rule)]

const reachOf = (actions: ReadonlyArray<Action>): Reach => {
  const sessions = new Set<string>()
  const gates = new Set<string>()
  const undoes = new Set<string>()
  let selects = false
  let asks = false
  for (const action of actions) {
    if (action.kind === "send") action.to.forEach((id) => sessions.add(id))
    else if (action.kind === "retry") sessions.add(action.session)
    else if (action.kind === "gate") gates.add(action.gate)
    else if (action.kind === "select") selects = true
    else if (action.kind === "undo") undoes.add(action.session)
    else if (action.kind === "use") asks = true
  }
  return { sessions, gates, selects, undoes, asks }
}

const eventsOf = (rule: Rule): ReadonlyArray<Leaf> => leavesOf(rule.join).filter((leaf) => leaf !== undefined)

/** A session is activated again when two things may send to it, or one that may happen again. */
const findRepeatable = (ir: Ir, reach: ReadonlyArray<Reach>): ReadonlySet<string> => {
  const sources = new Map<string, number>()
  const add = (id: string): void => void sources.set(id, (sources.get(id) ?? 0) + 1)
  const undoers = new Map(ir.sessions.map(({ id, compensate = [], instances }) => [id, [compensate].flat().flatMap((by) => (instances ? [by, by] : [by]))]))
  const startedBy = ({ sessions, undoes }: Reach): ReadonlyArray<string> => [...sessions, ...[...undoes].flatMap((id) => undoers.get(id) ?? [])]
  ir.start.forEach(add)
  reach.forEach((one) => startedBy(one).forEach(add))
  const repeatable = new Set([...sources].filter(([, count]) => count > 1).map(([id]) => id))
  const again = (leaf: Leaf): boolean =>
    leaf.event.source === "every" ||
    leaf.event.source === "idle" ||
    leaf.event.source === "gate" ||
    leaf.event.source === "human" ||
    (leaf.kind === "instances" && leaf.want.kind === "each") ||
    (leaf.event.source === "session" && (repeatable.has(leaf.event.session) || leaf.event.event === "asked"))
  for (let grew = true; grew;) {
    grew = false
    ir.rules.forEach((rule, index) => {
      if (!eventsOf(rule).some(again)) return
      const one = reach[index]
      for (const id of one === undefined ? [] : startedBy(one)) {
        if (repeatable.has(id)) continue
        repeatable.add(id)
        grew = true
      }
    })
  }
  for (const rule of ir.rules) for (const action of actionsOf(rule)) if (action.kind === "retry") repeatable.add(action.session)
  if (ir.mode.use !== "static" || reach.some(({ asks }) => asks)) for (const { id, instances } of ir.sessions) if (!instances) repeatable.add(id)
  return repeatable
}

const findCandidates = (ir: Ir): ReadonlySet<string> =>
  new Set(
    ir.rules.flatMap((rule) =>
      actionsOf(rule).flatMap((action) => {
        if (action.kind !== "select") return []
        return action.from.length > 0 ? action.from : eventsOf(rule).flatMap(({ event }) => (event.source === "session" ? event.session : []))
      }),
    ),
  )

const findSends = (ir: Ir): ReadonlyMap<string, ReadonlySet<string>> => {
  const sends = new Map<string, Set<string>>()
  for (const rule of ir.rules) {
    const to = actionsOf(rule).flatMap((action) => (action.kind === "send" ? action.to : []))
    for (const { event } of eventsOf(rule)) {
      if (event.source !== "session" && event.source !== "idle") continue
      const known = sends.get(event.session) ?? new Set()
      for (const id of to) known.add(id)
      sends.set(event.session, known)
    }
  }
  return sends
}

const findSplitters = (ir: Ir): ReadonlySet<string> => {
  const splitters = new Set<string>()
  for (const rule of ir.rules) {
    if (!actionsOf(rule).some((action) => action.kind === "send" && action.bySubtask)) continue
    for (const { event } of eventsOf(rule)) if (event.source === "session" && event.event === "done") splitters.add(event.session)
  }
  return splitters
}

const build = (ir: Ir): Plan => {
  const places = new Map<string, Array<Place>>()
  const senders = new Map<string, Array<number>>()
  const idleSpells = new Map<string, Array<number>>()
  const percents = new Set<number>()
  const everies = new Set<number>()
  const reach = ir.rules.map((rule) => reachOf(actionsOf(rule)))
  ir.rules.forEach((rule, index) => {
    for (const leaf of eventsOf(rule)) {
      const key = placeKey(leaf.event)
      const list = places.get(key)
      if (list === undefined) places.set(key, [{ rule: index, leaf }])
      else list.push({ rule: index, leaf })
      if (leaf.event.source === "idle") idleSpells.set(leaf.event.session, [...new Set([...(idleSpells.get(leaf.event.session) ?? []), leaf.event.ms])])
      if (leaf.event.source === "budget") percents.add(leaf.event.percent)
      if (leaf.event.source === "every") everies.add(leaf.event.ms)
    }
    for (const id of reach[index]?.sessions ?? []) {
      const list = senders.get(id)
      if (list === undefined) senders.set(id, [index])
      else list.push(index)
    }
  })
  return {
    sessions: new Map(ir.sessions.map((session) => [session.id, session])),
    order: new Map(ir.sessions.map((session, index) => [session.id, index])),
    places,
    reach,
    reachInTime: ir.rules.map((rule) => reachOf(actionsInTime(rule))),
    reachLate: ir.rules.map((rule) => reachOf(actionsLate(rule))),
    senders,
    sendsTo: findSends(ir),
    repeatable: findRepeatable(ir, reach),
    candidates: findCandidates(ir),
    retried: new Set(ir.rules.flatMap(actionsOf).flatMap((action) => (action.kind === "retry" ? action.session : []))),
    compensators: new Set(ir.sessions.flatMap((session) => session.compensate ?? [])),
    idleSpells,
    asksSubtasks: findSplitters(ir),
    percents: [...percents].sort((a, b) => a - b),
    everies: [...everies],
  }
}

const plans = new WeakMap<Ir, Plan>()

export const planOf = (ir: Ir): Plan => {
  const known = plans.get(ir)
  if (known !== undefined) return known
  const plan = build(ir)
  plans.set(ir, plan)
  return plan
}
