/** Activations: what a send asks of a session. A session takes them one after the other, in the order sent. */
import { List } from "immutable"
import type { Activation, Delivery, SessionState } from "./state.ts"
import { newCurrent, newSession } from "./state.ts"
import { putReady } from "./ready-queue.ts"
import type { Transition } from "./transition.ts"

const emptyIds: List<string> = List()

const isBusy = (session: SessionState): boolean => session.current !== undefined

export const activate = (step: Transition, id: string, activation: Activation): void => {
  const session = step.session(id)
  if (session === undefined) return
  if (isBusy(session) || session.waiting.size > 0 || !admit(step, session)) {
    step.put({ ...session, waiting: session.waiting.push(activation) })
    step.now.live.set(id, true)
    return
  }
  begin(step, session, activation)
}

/** Whether an instance may live now; one that may not is noted, to live when another has settled. */
const admit = (step: Transition, session: SessionState): boolean => {
  const fan = session.index === undefined ? undefined : step.now.fans.get(session.declared)
  if (fan === undefined) return true
  const isAdmitted = fan.live < (fan.limit ?? Infinity)
  step.now.fans = step.now.fans.set(session.declared, isAdmitted ? { ...fan, live: fan.live + 1 } : { ...fan, waiting: fan.waiting.push(session.id) })
  return isAdmitted
}

/** Takes the next waiting activation of a session that has settled. */
export const takeNext = (step: Transition, id: string): void => {
  const session = step.session(id)
  const next = session?.waiting.first()
  if (session === undefined || session.current !== undefined || next === undefined) return
  begin(step, { ...session, waiting: session.waiting.shift() }, next)
}

const begin = (step: Transition, session: SessionState, activation: Activation): void => {
  step.put({
    ...session,
    status: "queued",
    current: newCurrent(session, activation, step.at),
  })
  step.now.live.set(session.id, true)
  step.emit({ type: "session.queued", session: session.id })
  enqueue(step, session.id)
}

/** Of an SLO that names none. */
const queueTargetMs = 30_000

/** Asks for a permit. A later entry of the same session voids the earlier. */
export const enqueue = (step: Transition, id: string): void => {
  const session = step.session(id)
  const declared = step.plan.sessions.get(session?.declared ?? "")
  if (session === undefined || declared === undefined) return
  const ticket = session.ticket + 1
  step.put({ ...session, status: "queued", ticket })
  step.now.ready = putReady(step.now.ready, {
    session: id,
    ticket,
    ...(declared.slo === undefined ? {} : { deadline: step.at + (declared.slo.queueTargetMs ?? queueTargetMs) }),
    priority: session.current?.activation.priority ?? declared.slo?.priority ?? declared.priority,
    since: step.at,
  })
}

/** Makes the instances of one fan-out and starts those its limit lets live. */
export const fanOut = (step: Transition, declared: string, activations: ReadonlyArray<Activation>, limit: number | undefined): void => {
  const fan = step.now.fans.get(declared)
  const first = fan?.next ?? 0
  const ids = activations.map((_, offset) => `${declared}[${first + offset}]`)
  step.now.fans = step.now.fans.set(declared, {
    next: first + ids.length,
    first,
    live: fan?.live ?? 0,
    ...(limit === undefined ? {} : { limit }),
    waiting: fan?.waiting ?? emptyIds,
  })
  ids.forEach((id, offset) => {
    const activation = activations[offset]
    if (activation === undefined) return
    step.put(newSession(id, declared, { index: first + offset, batch: ids[0] ?? id }))
    activate(step, id, activation)
  })
  step.occurrences.push({ source: "batch", declared, instances: ids })
}

/** An instance settled: the next one that waits may live. */
export const releaseInstance = (step: Transition, declared: string): void => {
  const fan = step.now.fans.get(declared)
  if (fan === undefined) return
  let { live, waiting } = fan
  live -= 1
  while (live < (fan.limit ?? Infinity) && waiting.size > 0) {
    const id = waiting.first()
    waiting = waiting.shift()
    const session = id === undefined ? undefined : step.session(id)
    if (session === undefined || session.current !== undefined || session.waiting.size === 0) continue
    live += 1
    takeNext(step, session.id)
  }
  step.now.fans = step.now.fans.set(declared, { ...fan, live, waiting })
}

export const deliver = (step: Transition, deliveries: ReadonlyArray<Delivery>): void => {
  for (const { target, activation } of deliveries) activate(step, target, activation)
}

/** In the order sessions are declared, then by item. */
export const inFileOrder = (step: Transition, sessions: ReadonlyArray<SessionState>): ReadonlyArray<SessionState> =>
  sessions.toSorted((a, b) => (step.plan.order.get(a.declared) ?? 0) - (step.plan.order.get(b.declared) ?? 0) || (a.index ?? 0) - (b.index ?? 0))

export const liveSessions = (step: Transition): ReadonlyArray<SessionState> =>
  inFileOrder(
    step,
    [...step.now.live.keys()].flatMap((id) => step.session(id) ?? []),
  )
