/** What one firing of a rule brings about, at most: activations, openings of gates, selections asked for. */
import { leavesOf, type Leaf } from "../join-tree.ts"
import type { Action, Expr, Rule } from "../model.ts"
import { add, constant, greatest, nothing, symbol, type Bound } from "./amount.ts"

export const one = constant(1)

/** What one firing of a rule brings to a place. */
export interface Effect {
  readonly place: string
  readonly each: Bound
  readonly prompts: Bound
  readonly instances: Bound
  /** A retry of each instance of this session: how many those are is found out meanwhile. */
  readonly eachOf?: string
  readonly max?: number
}

/** What a rule does, but for how often. */
export interface Outcome {
  /** Of its cases together, one effect per place: cases exclude each other, so the most of any of them. */
  readonly cases: ReadonlyArray<Effect>
  /** Of its time limit. */
  readonly late: ReadonlyArray<Effect>
  /** Sends with `max`, of both. */
  readonly limited: ReadonlyArray<Effect & { readonly max: number }>
  /** Places that wait for this rule, as often as each waits. */
  readonly settles: ReadonlyArray<string>
}

/** One activation with one prompt. */
export const once = (place: string): Effect => ({ place, each: one, prompts: one, instances: one })

/** Of a rule that brings nothing about. */
export const noOutcome: Outcome = { cases: [], late: [], limited: [], settles: [] }

export const outcomeOf = (rule: Rule): Outcome => {
  const many = manyIn(rule)
  const cases = rule.cases.map(({ action }) => effectsOf(action, many))
  const late = rule.within === undefined ? [] : effectsOf(rule.within.otherwise, many)
  if (late.length === 0 && cases.every((effects) => effects.length === 0)) return noOutcome
  const unlimited = cases.map((effects) => effects.filter(({ max }) => max === undefined))
  const settling = [...unlimited.flat(), ...late.filter(({ max }) => max === undefined)]
  return {
    cases: mostOf(unlimited),
    late: late.filter(({ max }) => max === undefined),
    limited: [...cases.flat(), ...late].flatMap(({ max, ...effect }) => (max === undefined ? [] : [{ ...effect, max }])),
    settles: settling.map(({ place }) => place),
  }
}

/** One effect per place: the sum within a case, the most over the cases. */
const mostOf = (cases: ReadonlyArray<ReadonlyArray<Effect>>): ReadonlyArray<Effect> => {
  const all = cases.flat()
  if (all.length < 2) return all
  const most = (place: string, pick: (effect: Effect) => Bound): Bound =>
    greatest(...cases.map((effects) => add(...effects.filter((effect) => effect.place === place).map(pick))))
  return [...new Set(all.map(({ place }) => place))].map((place) => ({
    place,
    each: most(place, ({ each }) => each),
    prompts: most(place, ({ prompts }) => prompts),
    instances: most(place, ({ instances }) => instances),
  }))
}

/** A leaf that takes the tokens of a fan-out together. */
export const isWhole = (leaf: Leaf): boolean => leaf.kind === "instances" && leaf.want.kind !== "each"

/** Sessions of which the rule may be fired by several instances at once: a `retry` then is one for each. */
const manyIn = ({ join }: Rule): ReadonlySet<string> =>
  new Set(leavesOf(join).flatMap((leaf) => (leaf !== undefined && isWhole(leaf) && leaf.event.source === "session" ? [leaf.event.session] : [])))

const effectsOf = (action: Action, many: ReadonlySet<string>): ReadonlyArray<Effect> => {
  switch (action.kind) {
    case "send":
      return bounded(
        action,
        many,
        action.to.map((place) => (action.bySubtask ? { ...once(place), prompts: symbol("subtasks") } : once(place))),
      )
    case "for": {
      const width = widthOf(action.list.expr)
      return bounded(
        action.send,
        many,
        action.send.to.flatMap((place): ReadonlyArray<Effect> => [{ place, each: width, prompts: width, instances: width }, once(batchOf(place))]),
      )
    }
    case "retry": {
      const { session } = action
      const each = many.has(session) ? symbol(`instances of ${session}`) : one
      return bounded(action, many, [{ place: session, each, prompts: each, instances: nothing, ...(many.has(session) && { eachOf: session }) }])
    }
    case "gate":
      return [once(`gate ${action.gate}`)]
    case "select":
      return [once("human")]
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

export const batchOf = (session: string): string => `fan-outs of ${session}`

/** How many items a list has: known when it is written out. */
const widthOf = (list: Expr): Bound => (list.op === "list" ? constant(list.items.length) : symbol(`len(${printChain(list)})`))

const printChain = (expr: Expr): string => {
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

/** Whom a plugin sends to is not known. */
export const asksPlugin = (action: Action): boolean => {
  if (action.kind === "sequence") return action.actions.some(asksPlugin)
  if (action.kind === "for") return asksPlugin(action.send)
  return action.kind === "use" || ((action.kind === "send" || action.kind === "retry") && action.max?.then !== undefined && asksPlugin(action.max.then))
}
