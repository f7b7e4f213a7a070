/**
 * What has certainly happened when a rule fires: the sessions its own trigger says, and those every path to them passes through.
 * The greatest fixed point over the rules, so sound: a session is certain only when no way of getting there avoids it.
 */
import type { Action, Join, NamedEvent, Rule } from "../routes/index.ts"
import type { ParsedFleet, Symbols } from "./model.ts"
import { actionsOf } from "./walk.ts"

export type Names = ReadonlySet<string>

export interface Certainty {
  /** sessions that have certainly ended `done` when a trigger with this join fires its rule */
  readonly done: (join: Join) => Names
  /** sessions that have certainly failed then */
  readonly failed: (join: Join) => Names
}

export const certaintyOf = ({ document, rules }: ParsedFleet, { sessions, gates }: Symbols): Certainty => {
  const before = new Map<string, Names>([...sessions].map((name) => [name, sessions]))
  const opened = new Map<string, Names>([...gates.keys()].map((name) => [name, sessions]))
  let selected: Names = sessions
  const afterEvent = ({ subject, event }: NamedEvent): Names => {
    const earlier = before.get(subject.text)
    if (earlier === undefined) return opened.get(subject.text) ?? (subject.text === "human" ? selected : none)
    if (event.text === "done" || event.text === "compensated") return union([earlier, new Set([subject.text])])
    return event.text === "started" || event.text === "failed" || event.text === "asked" || event.text === "idle" ? earlier : none
  }
  const done = (join: Join): Names => combine(join, afterEvent)
  const start: Names = document.mode.use.value === "static" ? sessions : none
  for (let changed = true; changed; ) {
    changed = false
    const meet = (into: Map<string, Names>, name: string, names: Names): void => {
      const known = into.get(name)
      if (known === undefined) return
      const less = intersection([known, names])
      if (less.size === known.size) return
      into.set(name, less)
      changed = true
    }
    for (const name of sessions) meet(before, name, start)
    for (const { value } of document.start) meet(before, value, none)
    for (const { id, settings } of document.sessions)
      if (settings.compensate !== undefined) meet(before, settings.compensate.value, union([before.get(id.value) ?? none, new Set([id.value])]))
    for (const rule of rules) {
      const fired = firing(rule, done)
      for (const action of actionsOf(rule)) {
        for (const name of activated(action)) meet(before, name, fired)
        if (action.kind === "gate") meet(opened, action.name.text, fired)
        if (action.kind === "select" && intersection([selected, fired]).size < selected.size) {
          selected = intersection([selected, fired])
          changed = true
        }
      }
    }
  }
  return { done, failed: (join) => combine(join, ({ subject, event }) => (event.text === "failed" && sessions.has(subject.text) ? new Set([subject.text]) : none)) }
}

/** What holds whichever trigger fired the rule; nothing when its deadline may have. */
const firing = (rule: Rule, done: Certainty["done"]): Names =>
  rule.triggers.some(({ within }) => within !== undefined) ? none : intersection(rule.triggers.map(({ join }) => done(join)))

const activated = (action: Action): ReadonlyArray<string> =>
  action.kind === "send" ? action.targets.map(({ text }) => text) : action.kind === "retry" ? [action.session.text] : []

const combine = (join: Join, ofEvent: (event: NamedEvent) => Names): Names => {
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
export const union = (sets: ReadonlyArray<Names>): Names => new Set(sets.flatMap((set) => [...set]))
export const intersection = ([first, ...others]: ReadonlyArray<Names>): Names =>
  first === undefined ? none : new Set([...first].filter((name) => others.every((set) => set.has(name))))
