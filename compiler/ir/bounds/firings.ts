/**
 * How often things can happen in one run, at most: activations of sessions, firings of rules, openings of gates.
 * Loops have a `max` on them, which cuts them; what is left has no cycle and is summed up from the start.
 */
import { leavesOf, type Leaf } from "../join-tree.ts"
import type { Action, Expr, Ir, Join, Rule } from "../model.ts"
import { add, constant, greatest, isNothing, least, multiply, nothing, symbol, type Bound } from "./amount.ts"

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
}

export interface Firings {
  readonly activations: ReadonlyMap<string, Activations>
  /** By rule id. */
  readonly rules: ReadonlyMap<string, Bound>
  /** Milliseconds that sends are put off and joins are waited for, all one after the other. */
  readonly waits: Bound
}

const none: Activations = { total: nothing, sources: [], prompts: nothing }
const one = constant(1)

interface Effect {
  readonly place: string
  /** Per firing of the rule. */
  readonly each: Bound
  readonly prompts: Bound
  readonly max?: number
}

/** Time linear in the fleet. */
export const readFirings = (ir: Bounded): Firings => {
  const effects = ir.rules.map((rule) => rule.cases.map(({ action }) => effectsOf(action, manyIn(rule))))
  const late = ir.rules.map((rule) => (rule.within === undefined ? [] : effectsOf(rule.within.otherwise, manyIn(rule))))
  const free =
    ir.mode.use !== "static" ||
    ir.rules.some(({ cases, within }) => [...cases.map(({ action }) => action), ...(within === undefined ? [] : [within.otherwise])].some(asksPlugin))
  // a plugin or a model that routes may send to anyone
  if (free)
    return {
      activations: new Map(ir.sessions.map(({ id }) => [id, { total: undefined, sources: [{ by: "router", count: undefined }], prompts: undefined }])),
      rules: new Map(ir.rules.map(({ id }) => [id, undefined])),
      waits: undefined,
    }
  const first = pass(ir, effects, late, { rule: () => undefined, people: () => undefined })
  return pass(ir, effects, late, { rule: (id) => first.rules.get(id), people: first.people })
}

/** What is known beforehand: a send with `max` happens no more often than its rule fires, a person answers no more often than is asked. */
interface Known {
  readonly rule: (id: string) => Bound
  /** How often a gate is opened (`gate <name>`), or a selection asked for (`human`). */
  readonly people: (place: string) => Bound
}

const pass = (
  ir: Bounded,
  effects: ReadonlyArray<ReadonlyArray<ReadonlyArray<Effect>>>,
  late: ReadonlyArray<ReadonlyArray<Effect>>,
  known: Known,
): Firings & Pick<Known, "people"> => {
  const rules = new Map<string, Bound>()
  const places = new Map<string, { sources: Array<Source>; prompts: Bound; waiting: number }>()
  const placeAt = (name: string) => {
    const place = places.get(name) ?? { sources: [], prompts: nothing, waiting: 0 }
    places.set(name, place)
    return place
  }
  const done = new Set<string>()
  const ready: Array<string> = []
  const settle = (name: string): void => {
    const place = placeAt(name)
    place.waiting -= 1
    if (place.waiting === 0) ready.push(name)
  }
  const give = (name: string, source: Source, prompts: Bound): void => {
    const place = placeAt(name)
    place.sources.push(source)
    place.prompts = add(place.prompts, prompts)
  }
  // every place waits for the rules that start it, but for sends with `max`, which need no rule to be bounded
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
  const all = ir.rules.map((_, at) => [...(effects[at] ?? []).flat(), ...(late[at] ?? [])])
  const undone = ir.sessions.flatMap(({ id, compensate }) => (compensate === undefined ? [] : [{ from: id, to: compensate }]))
  for (const name of new Set([...ir.sessions.map(({ id }) => id), ...listeners.keys(), ...all.flat().map(({ place }) => place)])) placeAt(name).waiting = 1
  for (const each of all) for (const { place, max } of each) if (max === undefined) placeAt(place).waiting += 1
  for (const { to } of undone) placeAt(to).waiting += 1
  const totals = new Map<string, Bound>()
  const totalOf = (name: string): Bound => (done.has(name) ? totals.get(name) : places.has(name) ? undefined : nothing)
  const counts: Counts = { activations: totalOf, people: known.people }

  const fireRule = (at: number): void => {
    const rule = ir.rules[at]
    if (rule === undefined) return
    const count = firingsOf(rule.join, counts)
    rules.set(rule.id, count)
    const cases = effects[at] ?? []
    for (const name of new Set(cases.flat().flatMap(({ place, max }) => (max === undefined ? [place] : [])))) {
      const inCase = (pick: (effect: Effect) => Bound) =>
        greatest(...cases.map((each) => add(nothing, ...each.filter((effect) => effect.place === name && effect.max === undefined).map(pick))))
      give(
        name,
        {
          by: rule.id,
          count: multiply(
            count,
            inCase(({ each }) => each),
          ),
        },
        multiply(
          count,
          inCase(({ prompts }) => prompts),
        ),
      )
    }
    const otherwise = rule.within === undefined ? nothing : lateFirings(rule, counts)
    for (const { place, each, prompts, max } of late[at] ?? [])
      if (max === undefined) give(place, { by: rule.id, count: multiply(otherwise, each) }, multiply(otherwise, prompts))
    for (const { place, max } of all[at] ?? []) if (max === undefined) settle(place)
  }
  for (const name of ir.start) give(name, { by: "start", count: one }, one)
  ir.rules.forEach((rule, at) => {
    for (const { place, each, prompts, max } of all[at] ?? []) {
      if (max === undefined) continue
      const count = rule.within === undefined ? least(constant(max), known.rule(rule.id)) : constant(max)
      give(place, { by: rule.id, count: multiply(count, each), max }, multiply(count, prompts))
    }
  })
  missing.forEach((count, at) => count === 0 && fireRule(at))
  for (const name of [...places.keys()]) settle(name)
  for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
    const place = placeAt(name)
    const total = add(nothing, ...place.sources.map(({ count }) => count))
    done.add(name)
    totals.set(name, total)
    for (const { from, to } of undone)
      if (from === name) {
        give(to, { by: "compensate", count: total }, total)
        settle(to)
      }
    for (const at of listeners.get(name) ?? []) {
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
      return [
        id,
        done.has(id)
          ? { total: totals.get(id), sources: place.sources, prompts: place.prompts }
          : { total: undefined, sources: place.sources, prompts: undefined },
      ]
    }),
  )
  return { activations, rules, waits: waitsOf(ir, rules, counts), people: totalOf }
}

/** The places a rule's join, and its time limit, wait for; not people, who may ask for another round. */
const placesOf = (rule: Rule): ReadonlyArray<string> =>
  leavesOf(rule.join).flatMap((leaf) => {
    if (leaf === undefined) return []
    const { event } = leaf
    if (event.source === "session") return isWhole(leaf) ? [event.session, batchOf(event.session)] : [event.session]
    return event.source === "idle" ? [event.session] : []
  })

/** A leaf that takes the tokens of a fan-out together. */
const isWhole = (leaf: Leaf): boolean => leaf.kind === "instances" && leaf.want.kind !== "each"

/** Sessions of which the rule may be fired by several instances at once: a `retry` then is one for each. */
const manyIn = ({ join }: Rule): ReadonlySet<string> =>
  new Set(leavesOf(join).flatMap((leaf) => (leaf !== undefined && isWhole(leaf) && leaf.event.source === "session" ? [leaf.event.session] : [])))

const effectsOf = (action: Action, many: ReadonlySet<string>): ReadonlyArray<Effect> => {
  switch (action.kind) {
    case "send":
      return bounded(
        action,
        many,
        action.to.map((place) => ({ place, each: one, prompts: action.bySubtask ? symbol("subtasks") : one })),
      )
    case "for": {
      const width = widthOf(action.list.expr)
      return bounded(
        action.send,
        many,
        action.send.to.flatMap((place): ReadonlyArray<Effect> => [
          { place, each: width, prompts: width },
          { place: batchOf(place), each: one, prompts: one },
        ]),
      )
    }
    case "retry": {
      const each = many.has(action.session) ? symbol(`instances of ${action.session}`) : one
      return bounded(action, many, [{ place: action.session, each, prompts: each }])
    }
    case "gate":
      return [{ place: `gate ${action.gate}`, each: one, prompts: one }]
    case "select":
      return [{ place: "human", each: one, prompts: one }]
    case "sequence":
      return action.actions.flatMap((each) => effectsOf(each, many))
    default:
      return []
  }
}

type Counted = Extract<Action, { readonly kind: "send" | "retry" }>

const bounded = ({ max }: Counted, many: ReadonlySet<string>, effects: ReadonlyArray<Effect>): ReadonlyArray<Effect> => [
  ...effects.map((effect) => (max === undefined ? effect : { ...effect, max: max.count })),
  ...(max?.then === undefined ? [] : effectsOf(max.then, many)),
]

const batchOf = (session: string): string => `fan-outs of ${session}`

/** How many items a list has: known when it is written out. */
const widthOf = (list: Expr): Bound => (list.op === "list" ? constant(list.items.length) : symbol(`len(${printChain(list)})`))

export const printChain = (expr: Expr): string => {
  switch (expr.op) {
    case "member":
      return `${printChain(expr.object)}.${expr.field}`
    case "session":
      return `${expr.session}.${expr.property}`
    case "input":
      return `inputs.${expr.name}`
    case "let":
    case "variable":
      return expr.name
    default:
      return "its list"
  }
}

const asksPlugin = (action: Action): boolean => {
  if (action.kind === "sequence") return action.actions.some(asksPlugin)
  if (action.kind === "for") return asksPlugin(action.send)
  return action.kind === "use" || ((action.kind === "send" || action.kind === "retry") && action.max?.then !== undefined && asksPlugin(action.max.then))
}

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
    for (const { action } of rule.cases) total = add(total, multiply(rules.get(rule.id), constant(delaysIn(action))))
    if (rule.within !== undefined) total = add(total, multiply(lateFirings(rule, counts), constant(rule.within.ms + delaysIn(rule.within.otherwise))))
    if (leavesOf(rule.join).some((leaf) => leaf?.event.source === "every")) return undefined
  }
  return total
}

const delaysIn = (action: Action): number => {
  if (action.kind === "sequence") return action.actions.reduce((sum, each) => sum + delaysIn(each), 0)
  if (action.kind === "for") return delaysIn(action.send)
  if (action.kind !== "send" && action.kind !== "retry") return 0
  return (action.afterMs ?? 0) + (action.max?.then === undefined ? 0 : delaysIn(action.max.then))
}
