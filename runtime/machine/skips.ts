/**
 * Sessions that nothing can activate any more. After a failure, cancellation or skip, and then until it is decided: by fixpoint over the rules that may still fire,
 * optimistic about everything that may still happen, so a skip is never wrong.
 */
import { initial, leavesOf, possible } from "#ir"
import type { Leaf } from "#ir"
import type { RuleJoin, Token } from "./joins.ts"
import type { Reach } from "./plan.ts"
import { skipSession } from "./settling.ts"
import type { Transition } from "./transition.ts"

interface Future {
  readonly sessions: Set<string>
  readonly gates: Set<string>
  selects: boolean
}

const neverActivated = (step: Transition, id: string): boolean => step.session(id)?.status === "pending"

/** Nothing was ever asked of it, and nobody was told that nothing will be. */
const isToCome = (step: Transition, id: string): boolean =>
  step.plan.sessions.get(id)?.instances === true ? !step.now.fans.has(id) && !step.now.skippedFans.includes(id) : neverActivated(step, id)

const futureOf = (step: Transition): Future => {
  const future: Future = { sessions: new Set(), gates: new Set(), selects: false }
  // from here on no rule fires
  if (step.now.ending !== undefined) return future
  const everySession = (): void => step.ir.sessions.forEach(({ id }) => future.sessions.add(id))
  for (const { id, instances } of step.ir.sessions) {
    const fan = step.now.fans.get(id)
    if (instances ? fan !== undefined && (fan.live > 0 || fan.waiting.size > 0) : step.now.live.has(id)) future.sessions.add(id)
  }
  for (const id of step.now.runRequests.keys()) {
    const request = step.now.requests.get(id)
    if (request?.gate !== undefined) future.gates.add(request.gate)
    if (request?.kind === "selection") future.selects = true
    // who was asked already may send to anybody
    if (request?.plugin !== undefined || request?.delivery !== undefined) everySession()
  }
  for (const id of step.now.holding.keys()) {
    const purpose = step.now.timers.get(id)?.purpose
    if (purpose === undefined) continue
    if (purpose.kind === "deliver") for (const { target } of purpose.deliveries) future.sessions.add(step.session(target)?.declared ?? target)
    if (purpose.kind === "fan") future.sessions.add(purpose.declared)
  }
  const undo = (declared: string): void => {
    const compensator = step.plan.sessions.get(declared)?.compensate
    if (compensator !== undefined) future.sessions.add(compensator)
  }
  for (const id of step.now.compensation.queue) undo(step.session(id)?.declared ?? id)
  // so may whoever is asked once these settle
  if (step.ir.mode.use !== "static" && future.sessions.size > 0) everySession()
  const add = (reach: Reach | undefined): void => {
    if (reach === undefined) return
    if (reach.asks) everySession()
    reach.sessions.forEach((id) => future.sessions.add(id))
    reach.gates.forEach((id) => future.gates.add(id))
    future.selects ||= reach.selects
    reach.undoes.forEach(undo)
  }
  const inTime = new Set(step.ir.rules.keys())
  const late = new Set([...inTime].filter((index) => step.ir.rules[index]?.within !== undefined))
  for (let grew = true; grew;) {
    grew = false
    for (const index of new Set([...inTime, ...late])) {
      const rule = step.ir.rules[index]
      if (rule === undefined) continue
      const join = step.now.joins.get(index) ?? initial<Token>(rule.join)
      const leaves = leavesOf(rule.join)
      const comes = (leaf: number): boolean => canOccur(step, future, join, leaves[leaf])
      if (inTime.has(index) && possible(rule.join, join, comes)) {
        grew = inTime.delete(index)
        add(step.plan.reachInTime[index])
      }
      // the first token of a round sets its time going, whether or not the rest can come
      if (late.has(index) && (step.now.withins.has(index) || leaves.some((_, leaf) => comes(leaf)))) {
        grew = late.delete(index)
        add(step.plan.reachLate[index])
      }
    }
  }
  return future
}

const canOccur = (step: Transition, future: Future, join: RuleJoin, leaf: Leaf | undefined): boolean => {
  if (leaf === undefined) return false
  const { event } = leaf
  switch (event.source) {
    case "session":
      if (event.event === "compensated") return step.plan.sessions.get(event.session)?.compensate !== undefined
      if ((event.event === "skipped" || event.event === "settled") && neverActivated(step, event.session)) return true
      return leaf.kind === "instances" ? instancesCan(step, future, join, leaf) : future.sessions.has(event.session)
    case "idle":
      return future.sessions.has(event.session)
    case "gate":
      return future.gates.has(event.gate)
    case "human":
      return future.selects
    case "fleet":
      return false
    case "budget":
    case "every":
      return true
  }
}

const instancesCan = (step: Transition, future: Future, join: RuleJoin, leaf: Leaf & { readonly kind: "instances" }): boolean => {
  if (leaf.event.source !== "session") return false
  const session = leaf.event.session
  const { want } = leaf
  if (want.kind === "each" || step.plan.retried.has(session)) return future.sessions.has(session)
  const open = (join.leaves[leaf.leaf]?.batches ?? []).filter((batch) => !batch.fired)
  if (open.some((batch) => (want.kind === "all" ? batch.missing === 0 : (batch.size ?? Infinity) - batch.missing >= want.count)))
    return future.sessions.has(session)
  // another fan-out may come, when something that sends to it may still happen: only `all` over a broken batch is lost for sure
  return open.length === 0 && future.sessions.has(session)
}

/** Skips what waits for the sessions that broke, and what waits for those. What may yet be activated is looked at again when more has happened. */
export const skipUpstream = (step: Transition): void => {
  step.now.inDoubt = false
  const pending = step.ir.sessions.filter(
    (session) => isToCome(step, session.id) && !step.plan.compensators.has(session.id) && step.plan.senders.has(session.id),
  )
  if (pending.length === 0) return
  const future = futureOf(step)
  for (const { id } of pending) {
    if (!isBroken(step, id)) continue
    if (future.sessions.has(id)) step.now.inDoubt = true
    else skipSession(step, id, "upstream")
  }
}

/** Whether a rule that sends to it waits for a session that failed, was cancelled or was skipped, or that was never fanned out for such a reason. */
const isBroken = (step: Transition, id: string, seen: ReadonlySet<string> = new Set()): boolean =>
  (step.plan.senders.get(id) ?? []).some((index) => {
    const rule = step.ir.rules[index]
    if (rule === undefined) return false
    return leavesOf(rule.join).some((leaf) => {
      if (leaf?.event.source === "gate") return step.unanswered.gates.has(leaf.event.gate)
      if (leaf?.event.source === "human") return step.unanswered.selection
      if (leaf?.event.source !== "session") return false
      const { session } = leaf.event
      if (leaf.kind === "event") return isGone(step, session)
      if (step.now.fans.has(session)) return step.now.joins.get(index)?.leaves[leaf.leaf]?.batches.some((batch) => batch.missing > 0) === true
      if (step.now.skippedFans.includes(session)) return true
      return !seen.has(session) && isBroken(step, session, new Set([...seen, session]))
    })
  })

const isGone = (step: Transition, id: string): boolean => {
  const status = step.session(id)?.status
  return status === "failed" || status === "cancelled" || status === "skipped"
}

/** At the end: sessions that only a half-satisfied join would have activated. */
export const skipIncomplete = (step: Transition): void => {
  step.ir.rules.forEach(({ join }, index) => {
    const leaves = leavesOf(join)
    const held = step.now.joins.get(index)?.leaves.some(({ tokens, batches }, at) => {
      const leaf = leaves[at]
      const isAll = leaf?.kind === "instances" && leaf.want.kind === "all"
      // an empty fan-out satisfies what waits for all of it
      return tokens.length > 0 || batches.some(({ fired, count, size }) => !fired && (count > 0 || (isAll && size === 0)))
    })
    if (held !== true) return
    for (const id of step.plan.reach[index]?.sessions ?? []) if (isToCome(step, id)) skipSession(step, id, "join_incomplete")
  })
}
