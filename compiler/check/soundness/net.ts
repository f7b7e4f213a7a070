/** The fleet as a net: who activates whom, which rules an event reaches, and which part of the fleet can matter to a question. */
import { leavesOf, type Leaf } from "../../ir/join-tree.ts"
import type { Action, EventPattern, Expr, Ir, Join, Rule } from "../../ir/model.ts"
import { actionsOf, targetsOf, visitActions } from "./actions.ts"
import { readGuards, type Guards } from "./guard.ts"

/** What of an IR says what can happen. */
export type Explored = Pick<Ir, "sessions" | "inputs" | "start" | "lets" | "rules" | "budget" | "limits">

export interface NetLeaf {
  readonly leaf: number
  readonly event: EventPattern
  readonly each: boolean
  /** It counts instances of a fan-out, and this many of them are enough; all of them when absent. */
  readonly fanned: boolean
  readonly count?: number
}

export type PlainJoin =
  | Extract<Join, { readonly kind: "event" }>
  | { readonly kind: "all" | "any" | "race"; readonly of: ReadonlyArray<PlainJoin> }
  | { readonly kind: "atLeast"; readonly count: number; readonly of: ReadonlyArray<PlainJoin> }

export interface NetRule {
  readonly id: string
  readonly order: number
  /** Leaves on fan-outs as plain events: a fan-out is one pseudo session here. */
  readonly join: PlainJoin
  readonly leaves: ReadonlyArray<NetLeaf>
  readonly rule: Rule
  /** Places that it can start. */
  readonly targets: ReadonlySet<string>
  /** Those of them that it can start when its join holds, and when that took too long. */
  readonly targetsInTime: ReadonlySet<string>
  readonly targetsLate: ReadonlySet<string>
  /** Ends the run or cancels something. */
  readonly ends: boolean
  /** Sessions that it has undone. */
  readonly undoes: ReadonlySet<string>
  readonly reads: ReadonlySet<string>
  /** Those of which it asks for more than what they put out. */
  readonly readsEnds: ReadonlySet<string>
}

export interface Net {
  readonly ir: Explored
  readonly guards: Guards
  readonly rules: ReadonlyArray<NetRule>
  /** Rules that may start a place; the start of the fleet is not one. */
  readonly activators: ReadonlyMap<string, ReadonlyArray<NetRule>>
  readonly listeners: ReadonlyMap<string, ReadonlyArray<NetRule>>
  readonly start: ReadonlySet<string>
  /** Gates, as places, that some action opens with a time limit. */
  readonly limitedGates: ReadonlySet<string>
  /** Sessions whose subtasks are dealt out, and to how many at most. */
  readonly subtasks: ReadonlyMap<string, number>
  /** Rules that may cancel a place by name; under "" those that cancel all others. */
  readonly cancellers: ReadonlyMap<string, ReadonlyArray<NetRule>>
  /** Sessions that undo others, if only at the end of a run. */
  readonly compensators: ReadonlySet<string>
  /** Sessions of which some rule hears that they have started. */
  readonly heardStarts: ReadonlyArray<string>
  /** Sessions that run as several instances. */
  readonly fanned: ReadonlySet<string>
  /** Sessions that say who undoes them. */
  readonly undoable: ReadonlySet<string>
  readonly undoing: Undoing
}

/** What rules undo while a run goes on. */
export interface Undoing {
  /** Sessions that some rule undoes, and who does it. One that fans out is not followed here. */
  readonly by: ReadonlyMap<string, string>
  readonly compensators: ReadonlySet<string>
  readonly rules: ReadonlyArray<NetRule>
  /** Sessions of which some rule undoes the instances, and those who do it. */
  readonly instances: ReadonlySet<string>
  readonly ofInstances: ReadonlySet<string>
}

/** A session that has been undone. */
export const isCompensated = (event: EventPattern): event is EventPattern & { readonly source: "session"; readonly event: "compensated" } =>
  event.source === "session" && event.event === "compensated"

/** A place is a session, `gate <name>`, or `human`; events of anything else come from outside. */
export const placeOf = (event: EventPattern): string | undefined => {
  if (event.source === "session") return event.session
  if (event.source === "gate") return `gate ${event.gate}`
  return event.source === "human" ? "human" : undefined
}

const plain = (join: Join): PlainJoin => {
  if (join.kind === "event") return join
  if (join.kind === "instances") return { kind: "event", leaf: join.leaf, event: join.event }
  return { ...join, of: join.of.map(plain) }
}

export const hasRace = (join: Join): boolean => join.kind !== "event" && join.kind !== "instances" && (join.kind === "race" || join.of.some(hasRace))

const leafOf = (leaf: Leaf): NetLeaf => {
  const { event } = leaf
  if (leaf.kind === "event") return { leaf: leaf.leaf, event, each: false, fanned: false }
  const { want } = leaf
  return { leaf: leaf.leaf, event, each: want.kind === "each", fanned: true, ...(want.kind === "atLeast" && { count: want.count }) }
}

const placesOf = (actions: ReadonlyArray<Action>): ReadonlySet<string> => {
  const places = new Set<string>()
  for (const action of actions) visitActions(action, (inner) => targetsOf(inner).forEach((target) => places.add(target)))
  return places
}

/** Reads the net off a fleet; time and space linear in it. */
export const readNet = (ir: Explored): Net => {
  const guards = readGuards(ir)
  const activators = new Map<string, Array<NetRule>>()
  const listeners = new Map<string, Array<NetRule>>()
  const add = (index: Map<string, Array<NetRule>>, key: string, rule: NetRule): void => {
    const list = index.get(key)
    if (list === undefined) index.set(key, [rule])
    else if (list.at(-1) !== rule) list.push(rule)
  }
  const limitedGates = new Set<string>()
  const subtasks = new Map<string, number>()
  const addSubtasks = (reads: Set<string>, session: string, count: number): void => {
    reads.add(session)
    subtasks.set(session, Math.max(count, subtasks.get(session) ?? 0))
  }
  const cancellers = new Map<string, Array<NetRule>>()
  const compensate = new Map(ir.sessions.flatMap(({ id, compensate: by, instances }) => (by === undefined ? [] : [[id, { by, instances }] as const])))
  const undoing = {
    by: new Map<string, string>(),
    compensators: new Set<string>(),
    rules: new Array<NetRule>(),
    instances: new Set<string>(),
    ofInstances: new Set<string>(),
  }
  const rules = ir.rules.map((rule, order): NetRule => {
    const targetsInTime = placesOf(rule.cases.map(({ action }) => action))
    const targetsLate = placesOf(rule.within === undefined ? [] : [rule.within.otherwise])
    const targets = new Set([...targetsInTime, ...targetsLate])
    const undoes = new Set<string>()
    let ends = hasRace(rule.join)
    for (const action of actionsOf(rule))
      visitActions(action, (inner) => {
        if (inner.kind === "gate" && inner.withinMs !== undefined) limitedGates.add(`gate ${inner.gate}`)
        if (inner.kind === "complete" || inner.kind === "fail" || inner.kind === "cancel") ends = true
        const undoer = inner.kind === "undo" ? compensate.get(inner.session) : undefined
        if (inner.kind !== "undo" || undoer === undefined) return
        if (undoer.instances) {
          undoing.instances.add(inner.session)
          undoing.ofInstances.add(undoer.by)
        } else {
          undoes.add(inner.session)
          undoing.by.set(inner.session, undoer.by)
          undoing.compensators.add(undoer.by)
        }
      })
    const leaves = leavesOf(rule.join).flatMap((leaf) => (leaf === undefined ? [] : [leafOf(leaf)]))
    const reads = new Set<string>()
    const readsEnds = new Set<string>()
    const read = (expr: Expr): void => {
      for (const each of guards.reads(expr)) {
        reads.add(each)
        if (guards.asksSessions(expr)) readsEnds.add(each)
      }
    }
    for (const { guard } of rule.cases) if (guard !== undefined) read(guard.expr)
    for (const action of actionsOf(rule))
      visitActions(action, (inner) => {
        if (inner.kind === "for") read(inner.list.expr)
        if (inner.kind === "send" && inner.bySubtask)
          for (const { event } of leaves) if (event.source === "session") addSubtasks(reads, event.session, inner.to.length)
      })
    const netRule = { id: rule.id, order, join: plain(rule.join), leaves, rule, targets, targetsInTime, targetsLate, ends, undoes, reads, readsEnds }
    if (undoes.size > 0) undoing.rules.push(netRule)
    for (const target of targets) add(activators, target, netRule)
    for (const action of actionsOf(rule))
      visitActions(action, (inner) => {
        if (inner.kind === "cancel" && inner.target.kind !== "fleet") add(cancellers, inner.target.kind === "session" ? inner.target.session : "", netRule)
      })
    for (const { event } of leaves) {
      const place = placeOf(event)
      if (place !== undefined) add(listeners, place, netRule)
    }
    return netRule
  })
  return {
    ir,
    guards,
    rules,
    activators,
    listeners,
    start: new Set(ir.start),
    limitedGates,
    subtasks,
    cancellers,
    compensators: new Set([...compensate.values()].map(({ by }) => by)),
    heardStarts: [
      ...new Set(rules.flatMap(({ leaves }) => leaves.flatMap(({ event }) => (event.source === "session" && event.event === "started" ? event.session : [])))),
    ],
    fanned: new Set(ir.sessions.flatMap(({ id, instances }) => (instances ? [id] : []))),
    undoable: new Set(compensate.keys()),
    undoing,
  }
}

export interface Cone {
  readonly rules: ReadonlyArray<NetRule>
  readonly places: ReadonlySet<string>
  /** Places that are live when the exploration begins. */
  readonly start: ReadonlyArray<string>
  /** Places of `start` whose own activation was cut away: nothing in the cone starts them again. */
  readonly given: ReadonlySet<string>
  /** The rule that has started what is live when the exploration begins. */
  readonly by?: string
}

/** Whether a join can hold when these events can occur. */
export const canHold = (join: PlainJoin, canOccur: (event: EventPattern) => boolean): boolean => {
  switch (join.kind) {
    case "event":
      return canOccur(join.event)
    case "all":
      return join.of.every((child) => canHold(child, canOccur))
    case "any":
    case "race":
      return join.of.some((child) => canHold(child, canOccur))
    case "atLeast":
      return join.of.filter((child) => canHold(child, canOccur)).length >= join.count
  }
}

/** Some of its leaves are enough, and whichever came first has ended the run: what other leaves did is of no matter. */
const endsAnyway = ({ join, rule }: NetRule, places: ReadonlySet<string>): boolean => {
  return (
    rule.cases.at(-1)?.guard === undefined && rule.cases.every(({ action }) => endsRun(action)) && canHold(join, (event) => places.has(placeOf(event) ?? ""))
  )
}

const endsRun = (action: Action): boolean =>
  action.kind === "complete" || action.kind === "fail" || (action.kind === "sequence" && action.actions.some(endsRun))

/** Rules of a cone into which more may be drawn. */
const mostDrawn = 40

/** The part of the net that can matter: backwards from `rules` and `places`, cut at places that `given` says run exactly once anyway. */
export const coneOf = (
  net: Net,
  from: { readonly rules: ReadonlyArray<NetRule>; readonly places: ReadonlyArray<string> },
  given: (place: string) => boolean,
  /** Places whose results are read but do not change: nothing of how they come about matters. */
  fixed: (place: string) => boolean = () => false,
  /** A rule that is not followed. */
  cut?: NetRule,
): Cone => {
  const places = new Set<string>()
  const rules = new Set<NetRule>()
  const work: Array<string> = []
  const addPlace = (place: string): void => {
    if (places.has(place)) return
    places.add(place)
    work.push(place)
    if (net.undoing.compensators.has(place)) addUndoing()
  }
  /** One thing is undone after the other. */
  const addUndoing = (): void => {
    net.undoing.rules.forEach(addRule)
    for (const [session, by] of net.undoing.by) [session, by].forEach(addPlace)
  }
  const addRule = (rule: NetRule): void => {
    if (rule === cut || rules.has(rule)) return
    rules.add(rule)
    for (const { event } of rule.leaves) {
      const place = placeOf(event)
      if (place !== undefined) addPlace(place)
      if (isCompensated(event) && net.undoing.by.has(event.session)) addUndoing()
    }
    for (const session of rule.reads) if (!fixed(session)) addPlace(session)
  }
  from.rules.forEach(addRule)
  from.places.forEach(addPlace)
  for (let place = work.pop(); place !== undefined; place = work.pop()) {
    if (!given(place)) net.activators.get(place)?.forEach(addRule)
    // a race cancels its losers, whoever wins it, and a rule whom it names
    net.listeners.get(place)?.forEach((rule) => hasRace(rule.rule.join) && addRule(rule))
    net.cancellers.get(place)?.forEach(addRule)
    net.cancellers.get("")?.forEach(addRule)
  }
  // what ends the run or cancels matters when the cone itself triggers it
  const asked = new Set<string>()
  for (const place of places)
    for (const rule of net.listeners.get(place) ?? []) {
      if (!rule.ends || !(rule.leaves.every(({ event }) => places.has(placeOf(event) ?? "")) || endsAnyway(rule, places))) continue
      const unknown = [...rule.reads].filter((read) => !places.has(read))
      if (unknown.length === 0) rules.add(rule)
      for (const read of unknown) asked.add(read)
    }
  // what its guards ask for is drawn in where that is not too much; else it is left out
  const isWhole = cut === undefined && ![...places].some(given)
  if (isWhole && asked.size > 0 && rules.size < mostDrawn) {
    const wider = coneOf(net, { rules: from.rules, places: [...from.places, ...asked] }, given, fixed)
    if (wider.rules.length < mostDrawn) return wider
  }
  return {
    rules: [...rules].sort((a, b) => a.order - b.order),
    places,
    // in one order, whatever was asked for
    start: [...[...net.start].filter((place) => places.has(place)), ...[...places].filter((place) => given(place) && !net.start.has(place)).sort()],
    given: new Set([...places].filter(given)),
  }
}

/** How many instances of a fan-out the rule lets run at once. */
export const widthOf = ({ rules }: Net, by: string, place: string): number => {
  const rule = rules.find(({ id }) => id === by)
  let width = Infinity
  for (const action of rule === undefined ? [] : actionsOf(rule.rule))
    visitActions(action, (inner) => {
      if (inner.kind === "for" && inner.send.to.includes(place)) width = Math.min(width, inner.limit ?? Infinity)
    })
  return width
}
