/**
 * What has certainly happened when a rule fires: the sessions its own trigger says, and those every path to them passes through.
 * The greatest fixed point over the rules, so sound: a session is certain only when no way of getting there avoids it.
 */
import type { Action, Join, NamedEvent, Rule } from "../routes/index.ts"
import { routesFreely } from "./free-routing.ts"
import type { ParsedFleet, Symbols } from "./model.ts"
import { NameSets, type NameSet } from "./name-set.ts"
import { actionsIn, actionsOf, isActivation, namedEventsOf } from "./walk.ts"

export interface Certainty {
  /** sessions that have certainly ended `done` when a trigger with this join fires its rule */
  readonly done: (join: Join) => NameSet
  /** sessions that have certainly failed then */
  readonly failed: (join: Join) => NameSet
  /** every session: of what is never read, anything may be promised */
  readonly all: NameSet
  readonly none: NameSet
  readonly of: (names: Iterable<string>) => NameSet
}

export const certaintyOf = (fleet: ParsedFleet, { sessions }: Symbols): Certainty => {
  const sets = new NameSets(sessions)
  const { all, none } = sets
  const before = activationsOf(fleet, sessions, sets)
  const done = (join: Join): NameSet => combine(join, none, (event) => afterEvent(event, before, sessions, sets)) ?? all
  const singles = new Map<string, NameSet>()
  const single = (name: string): NameSet => {
    const known = singles.get(name) ?? sets.of([name])
    singles.set(name, known)
    return known
  }
  const failed = (join: Join): NameSet => combine(join, none, ({ subject, event }) => (event.text === "failed" ? single(subject.text) : none)) ?? none
  return { done, failed, all, none, of: (names) => sets.of(names) }
}

/** What is certain when a session is activated, a gate opened, or a selection asked for (`human`); absent: no way there is known yet. */
type Before = ReadonlyMap<string, NameSet>

const afterEvent = ({ subject: { text }, event }: NamedEvent, before: Before, sessions: ReadonlySet<string>, sets: NameSets): NameSet | undefined => {
  if (!sessions.has(text)) return text === "fleet" || text === "budget" ? sets.none : before.get(text)
  const known = before.get(text)
  if (event.text === "done" || event.text === "compensated") return known && sets.with(known, text)
  return ["started", "failed", "asked", "idle"].includes(event.text) ? known : sets.none
}

const activationsOf = ({ document, rules: all }: ParsedFleet, sessions: ReadonlySet<string>, sets: NameSets): Before => {
  const { none } = sets
  const rules = all.filter((rule) => actionsOf(rule).some((action) => broughtAbout(action).length > 0))
  const before = new Map<string, NameSet>()
  const listeners = new Map<string, Array<Rule>>()
  for (const rule of rules)
    for (const name of new Set(rule.triggers.flatMap(({ join }) => namedEventsOf(join)).map(({ subject }) => subject.text))) addTo(listeners, name, rule)
  const undone = new Map(
    document.sessions.flatMap(({ id, settings }) => (settings.compensate === undefined ? [] : [[id.value, settings.compensate.value] as const])),
  )
  const waiting = new Set<Rule>(rules)
  const meet = (name: string, names: NameSet | undefined): void => {
    if (names === undefined) return
    const known = before.get(name)
    const less = known === undefined ? names : known.intersection(names)
    if (known !== undefined && less.size === known.size) return
    before.set(name, less)
    for (const rule of listeners.get(name) ?? []) waiting.add(rule)
    const compensator = undone.get(name)
    if (compensator !== undefined) meet(compensator, sets.with(less, name))
  }
  for (const { value } of document.start) meet(value, none)
  if (routesFreely({ document, rules: all })) for (const name of sessions) meet(name, none)
  for (const rule of waiting) {
    waiting.delete(rule)
    const fired = intersection(rule.triggers.map(({ join }) => combine(join, none, (event) => afterEvent(event, before, sessions, sets))))
    for (const { action } of rule.cases) for (const name of actionsIn(action).flatMap(broughtAbout)) meet(name, fired)
    for (const { within } of rule.triggers) if (within !== undefined) for (const name of actionsIn(within.otherwise).flatMap(broughtAbout)) meet(name, none)
  }
  return before
}

const addTo = <A>(lists: Map<string, Array<A>>, name: string, item: A): void => {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [item])
  else list.push(item)
}

const broughtAbout = (action: Action): ReadonlyArray<string> => {
  if (isActivation(action)) return action.kind === "send" ? action.targets.map(({ text }) => text) : [action.session.text]
  return action.kind === "gate" ? [action.name.text] : action.kind === "select" ? ["human"] : []
}

/** `undefined` is everything: what never happens may promise anything. */
const combine = (join: Join, none: NameSet, ofEvent: (event: NamedEvent) => NameSet | undefined): NameSet | undefined => {
  switch (join.kind) {
    case "event":
      return ofEvent(join)
    case "every":
      return none
    case "each":
      return ofEvent(join.event)
    case "all":
      return union(join.members.map((member) => combine(member, none, ofEvent)))
    case "any":
    case "race":
      return intersection(join.members.map((member) => combine(member, none, ofEvent)))
    case "count": {
      const members = join.members.map((member) => combine(member, none, ofEvent))
      return join.count.value >= members.length ? union(members) : intersection(members)
    }
  }
}

const union = (sets: ReadonlyArray<NameSet | undefined>): NameSet | undefined => sets.reduce((all, set) => (set === undefined ? undefined : all?.union(set)))

/** Of the sets that are known. */
const intersection = (sets: ReadonlyArray<NameSet | undefined>): NameSet | undefined =>
  sets.reduce((all, set) => (all === undefined || set === undefined ? (all ?? set) : all.intersection(set)), undefined)
