/**
 * How often things can happen in one run, at most: activations of sessions, firings of rules, openings of gates.
 * Loops have a `max` on them, which cuts them; what is left has no cycle and is summed up from the start.
 */
import { leavesOf, type Leaf } from "../join-tree.ts"
import type { Action, Ir, Join, Rule } from "../model.ts"
import { add, constant, greatest, isNothing, least, multiply, nothing, symbol, type Bound } from "./amount.ts"
import { asksPlugin, batchOf, isWhole, noOutcome, once, one, outcomeOf, type Effect, type Outcome } from "./effects.ts"

/** What of an IR says how often things can happen. */
export type Bounded = Pick<Ir, "sessions" | "start" | "rules" | "plugins" | "mode" | "budget">

/** One way to be activated. */
export interface Source {
  /** a rule's id, `start`, or `compensate` */
  readonly by: string
  readonly count: Bound
  /** `max` on the send, when that is what bounds it */
  readonly max?: number
}

export interface Activations {
  readonly total: Bound
  readonly sources: ReadonlyArray<Source>
  /** Prompts of all activations together: subtasks may give one activation several. */
  readonly prompts: Bound
  /** Those that are no retries: of a fanned-out session, its instances. */
  readonly instances: Bound
}

export interface Firings {
  readonly activations: ReadonlyMap<string, Activations>
  /** By rule id. */
  readonly rules: ReadonlyMap<string, Bound>
  /** Milliseconds that sends are put off and joins are waited for, all one after the other. */
  readonly waits: Bound
}

const none: Activations = { total: nothing, sources: [], prompts: nothing, instances: nothing }

/** Time linear in the fleet. */
export const readFirings = (ir: Bounded): Firings => {
  const free =
    ir.mode.use !== "static" ||
    ir.rules.some(({ cases, within }) => cases.some(({ action }) => asksPlugin(action)) || (within !== undefined && asksPlugin(within.otherwise)))
  // a plugin or a model that routes may send to anyone
  if (free)
    return {
      activations: new Map(
        ir.sessions.map(({ id }) => [id, { total: undefined, sources: [{ by: "router", count: undefined }], prompts: undefined, instances: undefined }]),
      ),
      rules: new Map(ir.rules.map(({ id }) => [id, undefined])),
      waits: undefined,
    }
  const plan = planOf(ir)
  const knowsNothing: Known = { rule: () => undefined, people: () => undefined, instances: () => undefined }
  const first = pass(ir, plan, knowsNothing)
  const known: Known = { rule: (id) => first.rules.get(id), people: first.people, instances: (session) => first.activations.get(session)?.instances }
  const { activations, rules, counts } = pass(ir, plan, known, true)
  return { activations, rules, waits: waitsOf(ir, rules, counts) }
}

/** What is known beforehand: a send with `max` happens no more often than its rule fires, a person answers no more often than is asked. */
interface Known {
  readonly rule: (id: string) => Bound
  /** How often a gate is opened (`gate <name>`), or a selection asked for (`human`). */
  readonly people: (place: string) => Bound
  /** How many instances a session has. */
  readonly instances: (session: string) => Bound
}

/** What all passes have in common. Every place waits for the rules that start it, but for sends with `max`, which need no rule to be bounded. */
interface Plan {
  readonly outcomes: ReadonlyArray<Outcome>
  /** How many places each rule waits for. */
  readonly missing: ReadonlyArray<number>
  /** The rules that wait for a place. */
  readonly listeners: ReadonlyMap<string, ReadonlyArray<number>>
  /** From a session to the one that compensates it. */
  readonly undone: ReadonlyMap<string, string>
  /** How many things each place waits for; every place is in it. */
  readonly waiting: ReadonlyMap<string, number>
}

const planOf = (ir: Bounded): Plan => {
  const outcomes = ir.rules.map(outcomeOf)
  const listeners = new Map<string, Array<number>>()
  const missing = ir.rules.map((rule, at) => {
    const sources = new Set(placesOf(rule))
    for (const name of sources) {
      const list = listeners.get(name)
      if (list === undefined) listeners.set(name, [at])
      else list.push(at)
    }
    return sources.size
  })
  const undone = new Map(ir.sessions.flatMap(({ id, compensate }) => (compensate === undefined ? [] : [[id, compensate] as const])))
  // one for the place itself: it is ready no earlier than all of them are known
  const waiting = new Map<string, number>()
  for (const { id } of ir.sessions) waiting.set(id, 1)
  for (const name of listeners.keys()) waiting.set(name, 1)
  const wait = (name: string, more: number): unknown => waiting.set(name, (waiting.get(name) ?? 1) + more)
  for (const { settles, limited } of outcomes) {
    for (const name of settles) wait(name, 1)
    for (const { place } of limited) wait(place, 0)
  }
  for (const to of undone.values()) wait(to, 1)
  return { outcomes, missing, listeners, undone, waiting }
}

interface Place {
  readonly sources: Array<Source>
  prompts: Bound
  instances: Bound
  waiting: number
}

interface Passed extends Pick<Firings, "activations" | "rules">, Pick<Known, "people"> {
  readonly counts: Counts
}

/** `whole`: how often rules fire that bring nothing about is counted too. */
const pass = (ir: Bounded, plan: Plan, known: Known, whole = false): Passed => {
  const rules = new Map<string, Bound>()
  const places = new Map<string, Place>()
  const placeAt = (name: string): Place => {
    const found = places.get(name)
    if (found !== undefined) return found
    const place = { sources: [], prompts: nothing, instances: nothing, waiting: plan.waiting.get(name) ?? 1 }
    places.set(name, place)
    return place
  }
  const ready: Array<string> = []
  const settle = (name: string): void => {
    const place = placeAt(name)
    place.waiting -= 1
    if (place.waiting === 0) ready.push(name)
  }
  /** `count` times what the effect is. */
  const give = ({ place: name, each, prompts, instances }: Effect, count: Bound, source: Omit<Source, "count">): void => {
    const place = placeAt(name)
    place.sources.push({ ...source, count: multiply(count, each) })
    place.prompts = add(place.prompts, multiply(count, prompts))
    place.instances = add(place.instances, multiply(count, instances))
  }
  const missing = [...plan.missing]
  const totals = new Map<string, Bound>()
  const totalOf = (name: string): Bound => (totals.has(name) ? totals.get(name) : plan.waiting.has(name) ? undefined : nothing)
  const counts: Counts = { activations: totalOf, people: known.people }

  const fireRule = (at: number): void => {
    const [rule, outcome] = [ir.rules[at], plan.outcomes[at]]
    if (rule === undefined || outcome === undefined || (!whole && outcome === noOutcome)) return
    const count = firingsOf(rule.join, counts)
    rules.set(rule.id, count)
    for (const effect of outcome.cases) give(effect, count, { by: rule.id })
    if (outcome.late.length > 0) {
      const otherwise = lateFirings(rule, counts)
      for (const effect of outcome.late) give(effect, otherwise, { by: rule.id })
    }
    outcome.settles.forEach(settle)
  }
  for (const name of ir.start) give(once(name), one, { by: "start" })
  plan.outcomes.forEach(({ limited }, at) => {
    const rule = ir.rules[at]
    if (rule === undefined) return
    for (const effect of limited) {
      const count = rule.within === undefined ? least(constant(effect.max), known.rule(rule.id)) : constant(effect.max)
      const each = effect.eachOf === undefined ? undefined : known.instances(effect.eachOf)
      give(each === undefined ? effect : { ...effect, each, prompts: each }, count, { by: rule.id, max: effect.max })
    }
  })
  missing.forEach((count, at) => count === 0 && fireRule(at))
  for (const name of plan.waiting.keys()) settle(name)
  for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
    const total = add(...placeAt(name).sources.map(({ count }) => count))
    totals.set(name, total)
    const compensator = plan.undone.get(name)
    if (compensator !== undefined) {
      give(once(compensator), total, { by: "compensate" })
      settle(compensator)
    }
    for (const at of plan.listeners.get(name) ?? []) {
      missing[at] = (missing[at] ?? 0) - 1
      if (missing[at] === 0) fireRule(at)
    }
  }
  // what is left waits for itself: a loop without a bound
  for (const { id } of ir.rules) if (!rules.has(id)) rules.set(id, undefined)
  const activations = new Map(
    ir.sessions.map(({ id }): [string, Activations] => {
      const place = places.get(id)
      if (place === undefined) return [id, none]
      const { sources, prompts, instances } = place
      return [
        id,
        totals.has(id) ? { total: totals.get(id), sources, prompts, instances } : { total: undefined, sources, prompts: undefined, instances: undefined },
      ]
    }),
  )
  return { activations, rules, counts, people: totalOf }
}

/** The places a rule's join, and its time limit, wait for; not people, who may ask for another round. */
const placesOf = (rule: Rule): ReadonlyArray<string> =>
  leavesOf(rule.join).flatMap((leaf) => {
    if (leaf === undefined) return []
    const { event } = leaf
    if (event.source === "session") return isWhole(leaf) ? [event.session, batchOf(event.session)] : [event.session]
    return event.source === "idle" ? [event.session] : []
  })

interface Counts {
  readonly activations: (place: string) => Bound
  readonly people: Known["people"]
}

/** People go on as long as they like: where the number of questions depends on their answers, the answers are what is counted. */
const answersOf = (people: Known["people"], place: string, answers: string): Bound => {
  const asked = people(place)
  return asked === undefined || [...asked.keys()].some((symbols) => symbols.includes(answers)) ? symbol(answers) : asked
}

const answerWords = { approved: "approvals", rejected: "rejections", expired: "expiries" } as const

const tokensOf = (leaf: Leaf, counts: Counts): Bound => {
  const { event } = leaf
  switch (event.source) {
    case "session":
      if (event.event === "asked") return isNothing(counts.activations(event.session)) ? nothing : undefined
      // a session that is never activated may be skipped, once
      if (event.event === "skipped") return one
      return event.event === "settled" ? greatest(counts.activations(event.session), one) : counts.activations(event.session)
    case "idle":
      return isNothing(counts.activations(event.session)) ? nothing : undefined
    case "gate":
      return answersOf(counts.people, `gate ${event.gate}`, `${answerWords[event.event]} of ${event.gate}`)
    case "human":
      return answersOf(counts.people, "human", "selections")
    case "fleet":
    case "budget":
      return one
    case "every":
      return undefined
  }
}

/** A child whose leaves all owe nothing when it takes part last bounds the whole: so the most frequent child does. */
const firingsOf = (join: Join, counts: Counts): Bound => {
  switch (join.kind) {
    case "event":
      return tokensOf(join, counts)
    case "instances":
      return isWhole(join) && join.event.source === "session" ? counts.activations(batchOf(join.event.session)) : tokensOf(join, counts)
    case "all":
      return join.of.map((child) => firingsOf(child, counts)).reduce(least)
    default:
      return greatest(...join.of.map((child) => firingsOf(child, counts)))
  }
}

/** The time limit begins with a token, or with the run. */
const lateFirings = ({ join }: Rule, counts: Counts): Bound =>
  add(one, ...leavesOf(join).flatMap((leaf) => (leaf === undefined ? [] : [tokensOf(leaf, counts)])))

/** Milliseconds that sends are put off and joins are waited for, all one after the other. */
const waitsOf = (ir: Bounded, rules: ReadonlyMap<string, Bound>, counts: Counts): Bound => {
  let total: Bound = nothing
  for (const rule of ir.rules) {
    for (const { action } of rule.cases) total = add(total, delaysIn(action, rules.get(rule.id)))
    if (rule.within !== undefined) {
      const late = lateFirings(rule, counts)
      total = add(total, multiply(late, constant(rule.within.ms)), delaysIn(rule.within.otherwise, late))
    }
    if (leavesOf(rule.join).some((leaf) => leaf?.event.source === "every")) return undefined
  }
  return total
}

/** Milliseconds that an action puts off sends when it is taken so often. */
const delaysIn = (action: Action, count: Bound): Bound => {
  if (action.kind === "sequence") return add(nothing, ...action.actions.map((each) => delaysIn(each, count)))
  if (action.kind === "for") return delaysIn(action.send, count)
  if (action.kind !== "send" && action.kind !== "retry") return nothing
  const { max, afterMs = 0 } = action
  const sends = max === undefined ? count : least(constant(max.count), count)
  const later = max?.then === undefined ? nothing : delaysIn(max.then, count)
  return add(afterMs === 0 ? nothing : multiply(sends, constant(afterMs)), later)
}
