/**
 * Sessions that are certainly done whenever a run succeeds, which is when `outputs` are read. A run succeeds by `complete`, or when
 * nothing is left to do and every failure was handled. So a session is certain when every `complete` comes after it, and when whatever
 * starts leads to it, whichever way guards, people and handled failures turn. Loops are bounded: going round in one leads out of it, by
 * what its `max` says then.
 */
import type { Action, Join, NamedEvent, Rule, Trigger } from "../routes/index.ts"
import type { Certainty } from "./certainty.ts"
import { routesFreely } from "./free-routing.ts"
import type { ParsedFleet, Symbols } from "./model.ts"
import { components } from "../ir/components.ts"
import { actionsIn, actionsOf, isGate, namedEventsOf } from "./walk.ts"

/** Each takes time linear in the fleet. Of those beyond, among outputs and what joins wait for beside them, nothing is told. */
const mostLookedAt = 32

/** `exhaustive`: one of the rule's cases holds whatever is the case. */
export const certainAtEnd = (
  fleet: ParsedFleet,
  symbols: Symbols,
  certainty: Certainty,
  exhaustive: (rule: Rule) => boolean,
): ((session: string) => boolean) => {
  if (routesFreely(fleet)) return () => true
  const ways = waysOf(fleet)
  const known = new Map<string, boolean>()
  const isCertain = (session: string): boolean => {
    const told = known.get(session)
    if (told !== undefined) return told
    if (known.size >= mostLookedAt) return true
    // while it is not known, nobody may rely on it
    known.set(session, false)
    const certain = new Leads(fleet, symbols, ways, exhaustive, session, isCertain).fromStart() && endsAfter(fleet, certainty, session)
    known.set(session, certain)
    return certain
  }
  return isCertain
}

const endsAfter = ({ rules }: ParsedFleet, certainty: Certainty, session: string): boolean =>
  rules.every(({ cases, triggers }) => {
    const completes = ({ action }: { readonly action: Action }): boolean => actionsIn(action).some(({ kind }) => kind === "complete")
    return (
      (!cases.some(completes) || triggers.every(({ join }) => certainty.done(join).has(session))) &&
      !triggers.some(({ within }) => within !== undefined && completes({ action: within.otherwise }))
    )
  })

/** How rules hang together. */
interface Ways {
  /** rules by the sessions and gates that they hear of */
  readonly hearing: ReadonlyMap<string, ReadonlyArray<Rule>>
  /** rules that may stop a session while it works */
  readonly stopping: ReadonlyArray<Rule>
  /** rules that may fire again because they fired */
  readonly looping: ReadonlySet<Rule>
  /** gates that some rule opens with a time limit */
  readonly limited: ReadonlySet<string>
}

const waysOf = (fleet: ParsedFleet): Ways => {
  const hearing = new Map<string, Array<Rule>>()
  for (const rule of fleet.rules)
    for (const name of new Set(rule.triggers.flatMap(({ join }) => namedEventsOf(join)).map(({ subject }) => subject.text))) {
      const known = hearing.get(name)
      if (known === undefined) hearing.set(name, [rule])
      else known.push(rule)
    }
  const stopping = fleet.rules.filter((rule) => actionsOf(rule).some(({ kind }) => kind === "cancel") || rule.triggers.some(({ join }) => hasRace(join)))
  const gates = fleet.rules.flatMap(actionsOf).filter(isGate)
  const limited = new Set(gates.flatMap(({ name, within }) => (within === undefined ? [] : [name.text])))
  return { hearing, stopping, looping: loopingRules(fleet), limited }
}

/** What leads to a goal: sessions, `gate <name>` and `human`. All of them at first; those that do not are taken away until none is left that does not. */
class Leads {
  readonly #fleet: ParsedFleet
  readonly #exhaustive: (rule: Rule) => boolean
  readonly #goal: string
  readonly #isCertain: (session: string) => boolean
  readonly #instances: ReadonlySet<string>
  readonly #leading: Set<string>
  readonly #ways: Ways

  constructor(fleet: ParsedFleet, symbols: Symbols, ways: Ways, exhaustive: (rule: Rule) => boolean, goal: string, isCertain: (session: string) => boolean) {
    this.#fleet = fleet
    this.#exhaustive = exhaustive
    this.#goal = goal
    this.#isCertain = isCertain
    this.#instances = symbols.instances
    this.#leading = new Set([...symbols.sessions, ...[...symbols.gates.keys()].map((gate) => `gate ${gate}`), "human"])
    this.#ways = ways
  }

  fromStart(): boolean {
    let before: number
    do {
      before = this.#leading.size
      // later in the file is mostly later in the run: so one round takes away most
      for (const place of [...this.#leading].reverse()) if (!this.#leads(place)) this.#leading.delete(place)
    } while (this.#leading.size < before)
    return this.#fleet.document.start.some(({ value }) => this.#leading.has(value))
  }

  #leads(place: string): boolean {
    if (place === "human") return this.#isHeard(place, "selected")
    if (place.startsWith("gate ")) {
      const gate = place.slice("gate ".length)
      return ["approved", "rejected", ...(this.#ways.limited.has(gate) ? ["expired"] : [])].every((answer) => this.#isHeard(gate, answer))
    }
    if (!this.#hears(place).every((rule) => !hearsFailure(rule, place) || this.#everyCaseLeads(rule, true))) return false
    if (!this.#ways.stopping.every((rule) => !mayStop(rule, place) || this.#everyCaseLeads(rule, false))) return false
    return place === this.#goal || ["done", "settled", "started"].some((event) => this.#isHeard(place, event))
  }

  #hears(name: string): ReadonlyArray<Rule> {
    return this.#ways.hearing.get(name) ?? []
  }

  /** Some rule certainly fires when this happens, and leads to the goal whichever case it takes. */
  #isHeard(subject: string, event: string): boolean {
    return this.#hears(subject).some(
      (rule) => this.#exhaustive(rule) && this.#everyCaseLeads(rule, false) && rule.triggers.some((trigger) => this.#fires(trigger, subject, event)),
    )
  }

  #fires({ join, within }: Trigger, subject: string, event: string): boolean {
    return this.#holds(join, subject, event, false) && (within === undefined || this.#actionLeads(within.otherwise, false))
  }

  /** `ofAll`: every instance is waited for, so that none at all are enough. */
  #holds(join: Join, subject: string, event: string, ofAll: boolean): boolean {
    const isIt = (one: NamedEvent): boolean => one.subject.text === subject && one.event.text === event && one.kinds.length === 0
    switch (join.kind) {
      case "event":
        return isIt(join) && (ofAll || !this.#instances.has(subject))
      case "each":
        return isIt(join.event) && !this.#instances.has(subject)
      case "every":
        return false
      case "any":
      case "race":
        return join.members.some((member) => this.#holds(member, subject, event, false))
      case "count":
        return join.count.value === 1 && join.members.some((member) => this.#holds(member, subject, event, false))
      case "all":
        return (
          join.members.some((member) => this.#holds(member, subject, event, true)) &&
          join.members.every((member) => this.#holds(member, subject, event, true) || this.#isDoneAnyway(member))
        )
    }
  }

  #isDoneAnyway(join: Join): boolean {
    return join.kind === "event" && ["done", "settled"].includes(join.event.text) && join.subject.text !== this.#goal && this.#isCertain(join.subject.text)
  }

  /** `mayDecline`: a failure for which nothing is sent any more is not handled, and the run does not succeed. */
  #everyCaseLeads(rule: Rule, mayDecline: boolean): boolean {
    return rule.cases.every(({ action }) => this.#actionLeads(action, !mayDecline && this.#ways.looping.has(rule)))
  }

  /** `again`: it may be taken more often than its `max` allows. What was sent before has led to the goal only if it is the goal. */
  #actionLeads(action: Action, again: boolean): boolean {
    switch (action.kind) {
      case "send":
      case "retry": {
        const { max } = action.modifiers
        const targets = (action.kind === "send" ? action.targets : [action.session]).map(({ text }) => text)
        if (!targets.some((target) => this.#leading.has(target))) return false
        if (max === undefined || !again || targets.includes(this.#goal)) return true
        return max.then !== undefined && this.#actionLeads(max.then, again)
      }
      case "for":
        return this.#actionLeads(action.send, again)
      case "gate":
        return this.#leading.has(`gate ${action.name.text}`)
      case "select":
        return this.#leading.has("human")
      case "sequence":
        return action.actions.some((each) => this.#actionLeads(each, again))
      case "cancel":
        return action.target.kind === "fleet"
      case "fail":
      case "complete":
        return true
      case "undo":
      case "pause":
      case "notify":
      case "use":
        return false
    }
  }
}

const loopingRules = ({ rules }: ParsedFleet): ReadonlySet<Rule> => {
  const edges = rules.map((rule) => ({
    rule,
    from: [...new Set(rule.triggers.flatMap(({ join }) => namedEventsOf(join)).map(({ subject }) => subject.text))],
    to: actionsOf(rule).flatMap(broughtAbout),
  }))
  const next = new Map<string, Array<string>>()
  for (const { from, to } of edges) for (const name of from) next.set(name, [...(next.get(name) ?? []), ...to])
  const groupOf = new Map<string, ReadonlySet<string>>()
  for (const group of components([...new Set(edges.flatMap(({ from, to }) => [...from, ...to]))], (name) => next.get(name) ?? []))
    for (const name of group) groupOf.set(name, group)
  return new Set(edges.flatMap(({ rule, from, to }) => (from.some((name) => to.some((target) => groupOf.get(name)?.has(target) === true)) ? [rule] : [])))
}

/** Sessions, gates, and `human` for a selection: what a name before the dot of an event can be. */
const broughtAbout = (action: Action): ReadonlyArray<string> => {
  if (action.kind === "send") return action.targets.map(({ text }) => text)
  if (action.kind === "retry") return [action.session.text]
  return action.kind === "gate" ? [action.name.text] : action.kind === "select" ? ["human"] : []
}

const hearsFailure = (rule: Rule, session: string): boolean =>
  rule.triggers.some(({ join }) =>
    namedEventsOf(join).some(({ subject, event }) => subject.text === session && (event.text === "failed" || event.text === "settled")),
  )

const hasRace = (join: Join): boolean => join.kind === "race" || ("members" in join && join.members.some(hasRace))

/** It cancels the session, or the session loses its race. */
const mayStop = (rule: Rule, session: string): boolean =>
  actionsOf(rule).some(
    (action) => action.kind === "cancel" && (action.target.kind === "others" || (action.target.kind === "session" && action.target.name.text === session)),
  ) || rule.triggers.some(({ join }) => hasRace(join) && namedEventsOf(join).some(({ subject }) => subject.text === session))
