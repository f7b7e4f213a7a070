/**
 * Where an exploration may begin in the middle of a fleet: at a place, or at a case of a rule, that everything before a question must pass,
 * and that is come to at most once. Whether it is, is explored from the one before it, so that a fleet of many parts is explored part by part.
 */
import { readDominators, type Dominators } from "./dominators.ts"
import type { Lockstep } from "./lockstep.ts"
import { mayEndRun } from "./actions.ts"
import { canHold, coneOf, hasRace, placeOf, type Cone, type Net, type NetRule } from "./net.ts"
import type { Action, EventPattern } from "../../ir/model.ts"
import { comesAnyway } from "./reach.ts"
import type { Relays } from "./relays.ts"
import type { Arrivals, Found, Goal, Node, SearchOptions } from "./search.ts"

export interface Cut {
  readonly cone: Cone
  /** Where it begins: `place a`, `case r1.0`. */
  readonly at: string
}

export interface Question {
  /** As the dominators know it: `rule r1`, `place a`. */
  readonly name: string
  readonly rules: ReadonlyArray<NetRule>
  readonly places: ReadonlyArray<string>
}

export interface Cuts {
  /** The smallest part of the fleet that answers a question; undefined when that is all that comes before it. */
  readonly cutFor: (question: Question, failures: boolean) => Cut | undefined
  /** An execution without a failure comes to it, whatever the inputs are. */
  readonly isReached: (name: string) => boolean
  /** Such an execution, with nothing else left to come; undefined when none is known or it is where the fleet starts, see `starts`. */
  readonly entryOf: (name: string) => Node | undefined
  /** A place that starts with the fleet and is never activated again. */
  readonly starts: (name: string) => boolean
  /** Two of one root come equally often in every execution without a failure that no rule ends. */
  readonly rootOf: (name: string) => string
  /** What happens in a part happens in the fleet: no rule beyond it ends the run, but for those that wait for what may come later. */
  readonly isClosed: (cut: Cut) => boolean
  /** One execution comes to all of these places, and no rule ends it before all have ended. */
  readonly comesToAll: (places: ReadonlyArray<string>) => boolean
  /** Nothing leads to the one without a failure but through the other. */
  readonly comesAfter: (rule: NetRule, other: NetRule) => boolean
}

interface Known {
  readonly once: boolean
  readonly root: string
}

/** Where a part may begin. */
interface Point extends Goal {
  /** The rule of a case. */
  readonly rule?: NetRule
  /** What is to be explored to know how often it is come to. */
  readonly question: Question
}

export type Explore = (cone: Cone, options: Pick<SearchOptions, "failures" | "goal" | "begin" | "done"> & { readonly few?: boolean }) => Found

/** Most rules of what is explored to know a point. */
const mostRules = 100

export const readCuts = (net: Net, lockstep: Lockstep, relays: Relays, explore: Explore): Cuts => {
  const trees = new Map<boolean, Dominators>()
  const dominators = (failures: boolean): Dominators => {
    const tree = trees.get(failures) ?? readDominators(net, failures)
    trees.set(failures, tree)
    return tree
  }
  const rules = new Map(net.rules.map((rule) => [rule.id, rule]))
  const fanned = new Set(net.ir.sessions.filter(({ instances }) => instances).map(({ id }) => id))
  for (const { leaves } of net.rules) for (const leaf of leaves) if (leaf.fanned) fanned.add(placeOf(leaf.event) ?? "")
  const endsEarly = net.rules.some(({ rule }) => mayEndRun(rule))

  const points = new Map<string, Point>()
  const pointOf = (name: string): Point => {
    const known = points.get(name)
    if (known !== undefined) return known
    const rest = name.slice(name.indexOf(" ") + 1)
    const [id = "", number = ""] = rest.split(".")
    const rule = name.startsWith("case ") ? rules.get(id) : undefined
    const action = rule?.rule.cases[Number(number)]?.action
    const starts = rule === undefined ? [rest] : ((action && startsOf(action)) ?? [])
    const point = {
      name,
      starts,
      ...(rule !== undefined && { rule }),
      question: { name, rules: rule === undefined ? [] : [rule], places: rule === undefined ? [rest] : [] },
    }
    points.set(name, point)
    return point
  }
  const starts = (name: string): boolean => {
    const {
      rule,
      starts: [place = ""],
    } = pointOf(name)
    return rule === undefined && net.start.has(place) && !net.activators.has(place) && !net.undoing.compensators.has(place)
  }
  const isInLockstep = ({ rule, starts: [place = ""] }: Point): boolean => rule === undefined && lockstep.once(place)
  const isRelayed = ({ rule, starts: [place = ""] }: Point): boolean => rule === undefined && relays.atMostOnce(place)
  const isTaken = (place: string): boolean =>
    net.cancellers.has("") || net.cancellers.has(place) || (net.listeners.get(place) ?? []).some(({ rule }) => hasRace(rule.join))
  /** Rules hear of it before it ends. */
  const isHeardEarly = (place: string): boolean =>
    (net.listeners.get(place) ?? []).some(({ leaves }) =>
      leaves.some(({ event }) => placeOf(event) === place && (event.source === "idle" || (event.source === "session" && early.has(event.event)))),
    )

  const known = { normal: new Map<string, Known>(), failing: new Map<string, Known>() }
  const knownOf = (name: string, failures: boolean): Known => {
    const index = failures ? known.failing : known.normal
    const remembered = index.get(name)
    if (remembered !== undefined) return remembered
    // from the start on: what is asked of a point follows from those before it, without recursion
    for (const each of [...(dominators(failures).of(name) ?? [])].reverse()) if (!index.has(each)) index.set(each, decide(pointOf(each), failures))
    const found = decide(pointOf(name), failures)
    index.set(name, found)
    return found
  }

  const decide = (point: Point, failures: boolean): Known => {
    const { name, rule } = point
    if (starts(name) || (!failures && isInLockstep(point))) return { once: true, root: point.starts.some(isTaken) ? name : "" }
    const [leaf, ...others] = rule?.leaves ?? []
    const single = leaf === undefined || leaf.fanned || others.length > 0 || !isEnd(leaf.event) ? undefined : placeOf(leaf.event)
    // it fires whenever that ends
    const follows = single !== undefined && dominators(failures).of(name)?.includes(`place ${single}`) === true && knownOf(`place ${single}`, failures).once
    const sure = isRelayed(point) || follows
    const nothing = { once: sure, root: name }
    if (rule !== undefined && point.starts.length === 0) return { once: false, root: name }
    if (follows || (failures && !sure && !knownOf(name, false).once)) return nothing
    const before = partBefore(point, failures)
    if (before === undefined) return nothing
    const goal = arrivals(before.cone, point, failures)
    const far = goal.complete || goal.again ? goal : arrivals(before.cone, point, failures, true)
    const once = sure || (far.complete && !far.again)
    const always = once && far.complete && !far.missed && !point.starts.some(isTaken)
    return { once, root: always ? (before.at === undefined ? "" : knownOf(before.at, failures).root) : name }
  }

  /** What comes before a point, from a cut or from the start of the fleet on; undefined where that is too much. */
  const partBefore = ({ question }: Point, failures: boolean): { readonly cone: Cone; readonly at?: string } | undefined => {
    const before = cutFor(question, failures) ?? { cone: coneOf(net, question, () => false) }
    return before.cone.rules.length > mostRules ? undefined : before
  }

  /** Rules of which all orders are more than is explored. */
  const tooMuch = new Set<string>()
  const explored = new Map<string, Arrivals & { readonly complete: boolean }>()
  const arrivals = (cone: Cone, goal: Goal, failures: boolean, few = false): Arrivals & { readonly complete: boolean } => {
    const key = `${failures} ${few} ${goal.name}`
    const remembered = explored.get(key)
    if (remembered !== undefined) return remembered
    const part = `${failures} ${few} ${cone.rules.map(({ id }) => id).join()}`
    if (tooMuch.has(part)) return { again: false, missed: false, reached: false, alone: undefined, complete: false }
    const found = explore(cone, { failures, few, goal, done: ({ goal: { again, reached } }) => again && reached })
    if (!found.complete && !found.goal.again) tooMuch.add(part)
    const result = { ...found.goal, complete: found.complete }
    explored.set(key, result)
    return result
  }

  const reached = new Map<string, boolean>()
  const isReached = (name: string): boolean => {
    const point = pointOf(name)
    if (starts(name) || (!endsEarly && isInLockstep(point))) return true
    const remembered = reached.get(name)
    if (remembered !== undefined) return remembered
    const before = partBefore(point, false)
    const isSure = before !== undefined && (before.at === undefined || (isReached(before.at) && isClosed({ cone: before.cone, at: before.at })))
    const found = isSure && arrivals(before.cone, point, false).reached
    reached.set(name, found)
    return found
  }

  const parts = new Map<string, ReturnType<typeof partBefore>>()
  const partTo = (name: string): ReturnType<typeof partBefore> => {
    const part = parts.has(name) ? parts.get(name) : partBefore(pointOf(name), false)
    parts.set(name, part)
    return part
  }
  /** It may have run when it comes to a point in the way that was found. */
  const mayHaveRun = (place: string, at: string | undefined): boolean => {
    for (let name = at; name !== undefined && !starts(name);) {
      const part = partTo(name)
      if (part === undefined || part.cone.places.has(place)) return true
      name = part.at
    }
    return false
  }
  /** A rule that these places, with what came before, may bring to end the run. */
  const mayEndBy = (places: ReadonlySet<string>, at: string | undefined) => {
    const isNear = (event: EventPattern): boolean => {
      const place = placeOf(event)
      return comesAnyway(event) && (place === undefined || places.has(place) || mayHaveRun(place, at))
    }
    return (rule: NetRule): boolean => mayEndRun(rule.rule) && canHold(rule.join, isNear)
  }
  const isClosed = ({ cone: { places, rules: inside }, at }: { readonly cone: Pick<Cone, "places" | "rules">; readonly at: string | undefined }): boolean => {
    if (!endsEarly) return true
    const explored = new Set(inside)
    const ends = mayEndBy(places, at)
    return [...places].every((place) => !net.listeners.get(place)?.some((rule) => !explored.has(rule) && ends(rule)))
  }
  const comesToAll = (all: ReadonlyArray<string>): boolean => {
    // what comes from one point by ways that share nothing can come together
    const roots = new Set(all.map((place) => knownOf(`place ${place}`, false).root))
    const [root = ""] = roots
    const places = new Set<string>()
    const inside = new Set<NetRule>()
    for (const place of all) {
      const name = `place ${place}`
      const way = roots.size === 1 && isReached(name) ? wayTo(name, root) : undefined
      if (way === undefined || [...way.places].some((each) => places.has(each))) return false
      for (const each of way.places) places.add(each)
      for (const rule of way.rules) inside.add(rule)
    }
    const at = root === "" ? undefined : root
    if (!isClosed({ cone: { places, rules: [...inside] }, at })) return false
    const ends = mayEndBy(places, at)
    return all.every((place) => !net.listeners.get(place)?.some(ends))
  }
  /** What was explored to come from one point to another. */
  const wayTo = (name: string, from: string): Pick<Cone, "places" | "rules"> | undefined => {
    const places = new Set<string>()
    const inside = new Set<NetRule>()
    for (let at: string | undefined = name; at !== undefined && at !== from;) {
      const part = partTo(at)
      if (part === undefined) return undefined
      for (const place of part.cone.places) places.add(place)
      for (const rule of part.cone.rules) inside.add(rule)
      at = part.at
    }
    return { places, rules: [...inside] }
  }

  const coneFrom = ({ name, rule, starts: from }: Point, question: Question, isFixed: (place: string) => boolean): Cone | undefined => {
    if (from.length === 0 || from.some((place) => fanned.has(place))) return undefined
    if (rule === undefined) {
      const cone = coneOf(net, question, (place) => `place ${place}` === name, isFixed)
      return cone.start.length === 1 && cone.start[0] === from[0] ? cone : undefined
    }
    // what the other cases of it undo would not be followed
    if (rule.undoes.size > 0) return undefined
    const cone = coneOf(net, question, () => false, isFixed, rule)
    const start = from.filter((place) => cone.places.has(place))
    return cone.start.length === 0 && start.length > 0 && !cone.rules.includes(rule) ? { ...cone, start, by: rule.id } : undefined
  }

  const cutFor = (question: Question, failures: boolean): Cut | undefined => {
    for (const at of dominators(failures).of(question.name) ?? []) {
      if (!knownOf(at, failures).once) continue
      const before = new Set(dominators(failures).of(at))
      const isFixed = (place: string): boolean => before.has(`place ${place}`) && knownOf(`place ${place}`, failures).once && !isHeardEarly(place)
      const cone = coneFrom(pointOf(at), question, isFixed)
      if (cone?.rules.every(({ reads }) => [...reads].every((read) => cone.places.has(read) || isFixed(read))) === true) return { cone, at }
    }
    return undefined
  }

  const entries = new Map<string, Node | undefined>()
  const entryOf = (name: string): Node | undefined => {
    if (starts(name) || entries.has(name)) return entries.get(name)
    const point = pointOf(name)
    const before = partBefore(point, false)
    const begin = before?.at === undefined ? undefined : entryOf(before.at)
    const isLost = before === undefined || !isReached(name) || (before.at !== undefined && begin === undefined && !starts(before.at))
    const found = isLost ? undefined : explore(before.cone, { failures: false, goal: point, begin, done: ({ goal }) => goal.alone !== undefined })
    entries.set(name, found?.goal.alone)
    return found?.goal.alone
  }

  const comesAfter = (rule: NetRule, { id, rule: { cases } }: NetRule): boolean => {
    const before = dominators(false).of(`rule ${rule.id}`)
    return before === undefined || cases.some((_, number) => before.includes(`case ${id}.${number}`))
  }

  return { cutFor, entryOf, starts, isReached, isClosed, comesToAll, rootOf: (name) => knownOf(name, false).root, comesAfter }
}

/** At most once for every activation. */
const isEnd = (event: EventPattern): boolean =>
  event.source === "gate" || (event.source === "session" && ["done", "failed", "cancelled", "settled"].includes(event.event))

const early: ReadonlySet<string> = new Set(["started", "asked"])

/** What an action starts, each once and for certain; undefined when that cannot be told, or it does more that matters. */
const startsOf = (action: Action): ReadonlyArray<string> | undefined => {
  switch (action.kind) {
    case "send":
      return action.max === undefined && !action.bySubtask ? action.to : undefined
    case "gate":
      return [`gate ${action.gate}`]
    case "sequence": {
      const all = action.actions.map(startsOf)
      const places = all.flatMap((each) => each ?? [])
      return all.includes(undefined) || new Set(places).size < places.length ? undefined : places
    }
    case "notify":
    case "use":
      return []
    default:
      return undefined
  }
}
