/**
 * What has certainly happened when a rule fires: the sessions its own trigger says, and those every path to them passes through.
 * The greatest fixed point over the rules, so sound: a session is certain only when no way of getting there avoids it.
 */
import type { Action, Join, NamedEvent, Rule } from "../routes/index.ts"
import type { ParsedFleet, Symbols } from "./model.ts"
import { actionsIn, isActivation, namedEventsOf } from "./walk.ts"

export type Names = ReadonlySet<string>

export interface Certainty {
  /** sessions that have certainly ended `done` when a trigger with this join fires its rule */
  readonly done: (join: Join) => Names
  /** sessions that have certainly failed then */
  readonly failed: (join: Join) => Names
}

export const certaintyOf = (fleet: ParsedFleet, { sessions }: Symbols): Certainty => {
  const before = activationsOf(fleet, sessions)
  const known = (join: Join): Names => combine(join, (event) => afterEvent(event, before, sessions)) ?? sessions
  const failed = (join: Join): Names => combine(join, ({ subject, event }) => (event.text === "failed" && sessions.has(subject.text) ? new Set([subject.text]) : none)) ?? none
  return { done: known, failed }
}

/** What is certain when a session is activated, a gate opened, or a selection asked for (`human`); absent: no way there is known yet. */
type Before = ReadonlyMap<string, Names>

const afterEvent = ({ subject: { text }, event }: NamedEvent, before: Before, sessions: Names): Names | undefined => {
  if (!sessions.has(text)) return text === "fleet" || text === "budget" ? none : before.get(text)
  if (event.text === "done" || event.text === "compensated") return union([before.get(text), new Set([text])])
  return ["started", "failed", "asked", "idle"].includes(event.text) ? before.get(text) : none
}

const activationsOf = ({ document, rules }: ParsedFleet, sessions: Names): Before => {
  const before = new Map<string, Names>()
  const listeners = new Map<string, Array<Rule>>()
  for (const rule of rules) for (const name of new Set(rule.triggers.flatMap(({ join }) => namedEventsOf(join)).map(({ subject }) => subject.text))) addTo(listeners, name, rule)
  const undone = new Map(document.sessions.flatMap(({ id, settings }) => (settings.compensate === undefined ? [] : [[id.value, settings.compensate.value] as const])))
  const waiting = new Set<Rule>(rules)
  const meet = (name: string, names: Names | undefined): void => {
    if (names === undefined) return
    const known = before.get(name)
    const less = known === undefined ? names : intersection([known, names])
    if (known !== undefined && less.size === known.size) return
    before.set(name, less)
    for (const rule of listeners.get(name) ?? []) waiting.add(rule)
    const compensator = undone.get(name)
    if (compensator !== undefined) meet(compensator, union([less, new Set([name])]))
  }
  for (const { value } of document.start) meet(value, none)
  if (document.mode.use.value !== "static") for (const name of sessions) meet(name, none)
  for (const rule of waiting) {
    waiting.delete(rule)
    const fired = intersection(rule.triggers.map(({ join }) => combine(join, (event) => afterEvent(event, before, sessions))))
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
const combine = (join: Join, ofEvent: (event: NamedEvent) => Names | undefined): Names | undefined => {
  switch (join.kind) {
    case "event":
      return ofEvent(join)
    case "every":
      return none
    case "each":
      return ofEvent(join.event)
    case "all":
      return union(join.members.map((member) => combine(member, ofEvent)))
    case "any":
    case "race":
      return intersection(join.members.map((member) => combine(member, ofEvent)))
    case "count": {
      const members = join.members.map((member) => combine(member, ofEvent))
      return join.count.value >= members.length ? union(members) : intersection(members)
    }
  }
}

const none: Names = new Set()

const union = (sets: ReadonlyArray<Names | undefined>): Names | undefined =>
  sets.includes(undefined) ? undefined : new Set(sets.flatMap((set) => [...(set ?? none)]))

/** Overloaded by what it is given: of known sets it is known. */
export function intersection(sets: readonly [Names, ...ReadonlyArray<Names>]): Names
export function intersection(sets: ReadonlyArray<Names | undefined>): Names | undefined
export function intersection(sets: ReadonlyArray<Names | undefined>): Names | undefined {
  const [first, ...others] = sets.filter((set) => set !== undefined).toSorted((a, b) => a.size - b.size)
  return first && new Set([...first].filter((name) => others.every((set) => set.has(name))))
}
