/** Tokens and rules: what happened reaches the leaves that name it, then enabled rules fire in file order. */
import { enabled, evaluateExpression, fire, initial, leavesOf, openBatch, put, settle } from "#ir"
import type { Action, Leaf, Rule } from "#ir"
import { prepare, type Prepared } from "./actions.ts"
import { liveSessions } from "./activations.ts"
import { cancelSession, cancelToCome } from "./settling.ts"
import type { RuleJoin, Token } from "./joins.ts"
import type { Occurrence } from "./occurrence.ts"
import type { Place } from "./plan.ts"
import { holdsDelivery } from "./policy-asks.ts"
import type { Failure } from "./protocol.ts"
import type { Firing } from "./scope.ts"
import { scopeOf, triggersOf } from "./scope.ts"
import { clearTimer, setTimer } from "./timers.ts"
import type { Transition } from "./transition.ts"

const keyOf = (occurrence: Occurrence): string => {
  switch (occurrence.source) {
    case "session":
    case "idle":
    case "batch":
      return `session ${occurrence.declared}`
    case "gate":
      return `gate ${occurrence.gate}`
    case "every":
      return `every ${occurrence.ms}`
    default:
      return occurrence.source
  }
}

const terminal: ReadonlySet<string> = new Set(["done", "failed", "cancelled", "skipped"])

/** Whether the occurrence is what the leaf waits for, or the end of its member without it. */
export const meets = (leaf: Leaf, occurrence: Occurrence): "token" | "passed" | "nothing" => {
  const { event } = leaf
  if (occurrence.source === "session" && event.source === "session") {
    const same =
      event.event === occurrence.event &&
      (event.kinds === undefined || (occurrence.carried.kind !== undefined && event.kinds.includes(occurrence.carried.kind)))
    if (same || (event.event === "settled" && terminal.has(occurrence.event))) return "token"
    return terminal.has(occurrence.event) && terminal.has(event.event) ? "passed" : "nothing"
  }
  if (occurrence.source === "gate" && event.source === "gate") return event.event === occurrence.event ? "token" : "passed"
  if (occurrence.source === "idle") return event.source === "idle" && event.ms === occurrence.ms ? "token" : "nothing"
  if (occurrence.source === "budget") return event.source === "budget" && event.percent === occurrence.percent ? "token" : "nothing"
  return occurrence.source === event.source ? "token" : "nothing"
}

export const joinOf = (step: Transition, index: number, rule: Rule): RuleJoin => step.now.joins.get(index) ?? initial<Token>(rule.join)

/** Says whether some rule did something. */
export const route = (step: Transition, occurrence: Occurrence): boolean => {
  const places = step.plan.places.get(keyOf(occurrence)) ?? []
  const touched = new Set<number>()
  for (const place of places) {
    const rule = step.ir.rules[place.rule]
    if (rule === undefined) continue
    const before = joinOf(step, place.rule, rule)
    const after = occurrence.source === "batch" ? open(rule, before, place, occurrence.instances) : receive(step, rule, before, place, occurrence)
    if (after === before) continue
    step.now.joins = step.now.joins.set(place.rule, after)
    touched.add(place.rule)
  }
  // touched rules stand in file order, since places do; a rule may hold tokens for several rounds
  let acted = false
  for (const index of touched) {
    while (step.now.ending === undefined) {
      const fired = fireRule(step, index)
      if (fired === "not") break
      acted ||= fired === "acted"
    }
  }
  return acted
}

/** A fan-out is named after its first instance. An empty one has none, and several may begin at once: it is the first number that is free. */
const open = (rule: Rule, join: RuleJoin, { leaf: { leaf } }: Place, instances: ReadonlyArray<string>): RuleJoin =>
  openBatch(rule.join, join, leaf, instances[0] ?? freeNumber(join, leaf), instances.length)

const freeNumber = (join: RuleJoin, leaf: number): number => {
  const used = new Set(join.leaves[leaf]?.batches.map(({ batch }) => batch))
  let free = 0
  while (used.has(free)) free += 1
  return free
}

type Single = Exclude<Occurrence, { source: "batch" }>

const receive = (step: Transition, rule: Rule, join: RuleJoin, place: Place, occurrence: Single): RuleJoin => {
  if (rule.within !== undefined && isEmpty(join) && meets(place.leaf, occurrence) === "token") armWithin(step, place.rule, rule.within.ms)
  return reached(step, rule, join, place.leaf, occurrence)
}

/** The join once what happened has reached one of its leaves. */
const reached = (step: Transition, rule: Rule, join: RuleJoin, leaf: Leaf, occurrence: Single): RuleJoin => {
  const met = meets(leaf, occurrence)
  if (met === "nothing") return join
  const instance = occurrence.source === "session" ? instanceOf(step, occurrence.session) : undefined
  if (met === "passed") return leaf.kind === "instances" && instance === undefined ? join : settle(rule.join, join, leaf.leaf, instance?.batch)
  const token: Token =
    occurrence.source === "session"
      ? { session: occurrence.session, declared: occurrence.declared, carried: occurrence.carried }
      : occurrence.source === "idle"
        ? { session: occurrence.session, declared: occurrence.declared, carried: {} }
        : { carried: {} }
  return put(rule.join, join, leaf.leaf, token, instance)
}

const isEmpty = (join: RuleJoin): boolean =>
  join.leaves.every((leaf) => leaf.tokens.length === 0 && leaf.batches.every((batch) => batch.fired || batch.count === 0))

export const instanceOf = (step: Transition, id: string): { readonly batch: string; readonly index: number } | undefined => {
  const session = step.session(id)
  return session?.index === undefined || session.batch === undefined ? undefined : { batch: session.batch, index: session.index }
}

export const armWithin = (step: Transition, index: number, ms: number): void => {
  clearTimer(step, step.now.withins.get(index))
  step.now.withins = step.now.withins.set(index, setTimer(step, step.at + ms, { kind: "within", rule: index }))
}

export const onWithinPassed = (step: Transition, index: number): void => {
  const rule = step.ir.rules[index]
  step.now.withins = step.now.withins.delete(index)
  if (rule?.within === undefined || step.now.phase !== "running") return
  const tokens = joinOf(step, index, rule).leaves.flatMap((leaf) => leaf.tokens)
  act(step, { rule: rule.id, tokens }, rule.within.otherwise)
}

/** Fires the rule when its join holds. */
const fireRule = (step: Transition, index: number): "not" | "declined" | "acted" => {
  const rule = step.ir.rules[index]
  if (rule === undefined) return "not"
  const before = joinOf(step, index, rule)
  if (!enabled(rule.join, before)) return "not"
  const fired = fire(rule.join, before)
  step.now.joins = step.now.joins.set(index, fired.state)
  if (rule.within !== undefined) {
    clearTimer(step, step.now.withins.get(index))
    step.now.withins = step.now.withins.delete(index)
    if (!isEmpty(fired.state)) armWithin(step, index, rule.within.ms)
  }
  const firing: Firing = { rule: rule.id, tokens: fired.consumed.flatMap((one) => one.tokens) }
  const chosen = choose(step, rule, firing)
  const lose = (): void => fired.losers.forEach((leaf) => cancelLosers(step, leavesOf(rule.join)[leaf], firing))
  if (chosen === undefined) {
    lose()
    return "declined"
  }
  if (!act(step, firing, chosen, lose)) return "declined"
  for (const token of firing.tokens) if (token.carried.failure !== undefined) step.now.failures = step.now.failures.delete(token.carried.failure)
  return "acted"
}

const choose = (step: Transition, rule: Rule, firing: Firing): Action | undefined => {
  const chosen = chosenCase(step, rule, firing)
  if (!chosen.ok) failRoute(step, rule.id, { kind: "routing_error", message: chosen.message })
  else if (chosen.action === undefined) step.emit({ type: "route.declined", rule: rule.id, reason: "guard" })
  return chosen.ok ? chosen.action : undefined
}

/** The action of the first case that holds; undefined when none does. */
const chosenCase = (
  step: Transition,
  rule: Rule,
  firing: Firing,
): { readonly ok: true; readonly action: Action | undefined } | { readonly ok: false; readonly message: string } => {
  for (const { guard, action } of rule.cases) {
    if (guard === undefined) return { ok: true, action }
    const held = evaluateExpression(guard.expr, scopeOf(step, firing))
    if (!held.ok) return held
    if (held.value === true) return { ok: true, action }
  }
  return { ok: true, action: undefined }
}

export const failRoute = (step: Transition, rule: string, error: Failure): void => {
  step.emit({ type: "route.failed", rule, error })
  step.now.routeFailure ??= `${rule} failed: ${error.message}`
  step.upstreamBroke = true
}

const nothing = (): void => undefined

/** Carries out an action on behalf of a rule; says whether anything was done. `before` comes between what is told of it and what it does. */
export const act = (step: Transition, firing: Firing, action: Action, before = nothing): boolean => {
  const prepared = prepare(step, firing, action)
  if (prepared.kind !== "ready" || !holdsDelivery(step, firing, action, prepared.to, prepared.action)) return deliverNow(step, firing, prepared, before)
  before()
  return true
}

export const deliverNow = (step: Transition, firing: Firing, prepared: Prepared, before = nothing): boolean => {
  if (prepared.kind === "failed") failRoute(step, firing.rule, { kind: "routing_error", message: prepared.message })
  else if (prepared.kind === "limit") step.emit({ type: "route.declined", rule: firing.rule, reason: "limit" })
  // a plugin that is asked has not sent anything yet: its answer tells
  else if (prepared.action !== "use") step.emit({ type: "route.fired", rule: firing.rule, from: triggersOf(firing), to: prepared.to, action: prepared.action })
  before()
  if (prepared.kind !== "ready") return false
  prepared.run()
  return true
}

/**
 * What the rule sends comes after this, so a loser that it sends to works on that. A session that has also won is spared, and of a fan-out that
 * was raced so are the instances of other fan-outs.
 */
const cancelLosers = (step: Transition, leaf: Leaf | undefined, firing: Firing): void => {
  if (leaf?.event.source !== "session") return
  const { session: declared } = leaf.event
  const reason = { code: "race_lost" }
  const won = new Set(firing.tokens.map(({ session }) => session))
  if (leaf.kind === "event") {
    if (won.has(declared)) return
    cancelSession(step, declared, reason)
    return cancelToCome(step, reason, ({ id }) => id === declared)
  }
  const batches = new Set([...won].flatMap((id) => (id === undefined || step.session(id)?.declared !== declared ? [] : (step.session(id)?.batch ?? []))))
  const lost = (id: string): boolean => {
    const batch = step.session(id)?.batch
    return !won.has(id) && (batches.size === 0 || (batch !== undefined && batches.has(batch)))
  }
  for (const { id } of liveSessions(step).filter((one) => one.declared === declared)) if (lost(id)) cancelSession(step, id, reason)
  cancelToCome(step, reason, (one) => one.declared === declared && lost(one.id))
}
