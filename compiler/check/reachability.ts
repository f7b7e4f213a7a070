/** Sessions that nothing ever starts: the rules are followed from `start` as if every guard could hold and every session could end any way. */
import { diagnose, type Diagnostic } from "../diagnostics/index.ts"
import type { Join, NamedEvent, Rule } from "../routes/index.ts"
import { routesFreely } from "./free-routing.ts"
import type { ParsedFleet, Symbols } from "./model.ts"
import { actionsOf, isActivation, namedEventsOf } from "./walk.ts"

/** `meant`: names that somebody misspelt, which may start anything. */
export const unreachableSessions = (fleet: ParsedFleet, symbols: Symbols, meant: ReadonlySet<string>): ReadonlyArray<Diagnostic> => {
  const { document } = fleet
  if (routesFreely(fleet) || document.start.length === 0) return []
  const reached = reachable(fleet, symbols, meant)
  return document.sessions
    .filter(({ id }) => !reached.has(id.value))
    .map(({ id }) =>
      diagnose("unreachable-session", id.span, { session: id.value }, { help: `send to it in a rule (… -> ${id.value}), put it into start, or remove it` }),
    )
}

/** Whether a session can ever start, or a gate open. */
export const mayComeAbout = (fleet: ParsedFleet, symbols: Symbols): ((name: string) => boolean) => {
  if (routesFreely(fleet) || fleet.document.start.length === 0) return () => true
  const reached = reachable(fleet, symbols, new Set())
  return (name) => reached.has(name)
}

/** Sessions and gates that can come about. Unknown names count: they were reported, and their dependents are not to blame. */
const reachable = ({ document, rules }: ParsedFleet, { sessions, gates, instances }: Symbols, meant: ReadonlySet<string>): ReadonlySet<string> => {
  // a set is walked in the order it grows, so it is the work list too
  const reached = new Set([...document.start.map(({ value }) => value), ...meant])
  const may = ({ subject: { text } }: NamedEvent): boolean => reached.has(text) || (!sessions.has(text) && !gates.has(text))
  const compensators = new Map(
    document.sessions.flatMap(({ id, settings }) => (settings.compensate === undefined ? [] : [[id.value, settings.compensate.value] as const])),
  )
  const asleep = new Set(rules.filter((rule) => actionsOf(rule).some((action) => action.kind === "gate" || isActivation(action))))
  const listeners = new Map<string, Array<Rule>>()
  const wake = (rule: Rule): void => {
    if (!asleep.has(rule) || !rule.triggers.some(({ join, within }) => within !== undefined || mayHold(join, may, instances))) return
    asleep.delete(rule)
    for (const action of actionsOf(rule)) {
      if (action.kind === "gate") reached.add(action.name.text)
      else if (isActivation(action)) for (const { text } of action.kind === "send" ? action.targets : [action.session]) reached.add(text)
    }
  }
  for (const rule of asleep) {
    wake(rule)
    if (!asleep.has(rule)) continue
    for (const { subject } of rule.triggers.flatMap(({ join }) => namedEventsOf(join))) {
      const known = listeners.get(subject.text)
      if (known === undefined) listeners.set(subject.text, [rule])
      else known.push(rule)
    }
  }
  for (const name of reached) {
    listeners.get(name)?.forEach(wake)
    const compensator = compensators.get(name)
    if (compensator !== undefined) reached.add(compensator)
  }
  return reached
}

/** A fanned-out session in `n of (…)` counts once for each of its instances, of which there may be enough. */
const mayHold = (join: Join, may: (event: NamedEvent) => boolean, instances: ReadonlySet<string>): boolean => {
  switch (join.kind) {
    case "event":
      return may(join)
    case "every":
      return true
    case "each":
      return may(join.event)
    case "all":
      return join.members.every((member) => mayHold(member, may, instances))
    case "any":
    case "race":
      return join.members.some((member) => mayHold(member, may, instances))
    case "count": {
      const held = join.members.filter((member) => mayHold(member, may, instances))
      return held.length >= join.count.value || held.some((member) => member.kind === "event" && instances.has(member.subject.text))
    }
  }
}
