/** Activations: what a send asks of a session. A session takes them one after the other, in the order sent. */
import { List } from "immutable"
import type { Activation, Delivery, SessionState } from "./state.ts"
import { newSession } from "./state.ts"
import { putReady } from "./ready-queue.ts"
import type { Transition } from "./transition.ts"

const emptyIds: List<string> = List()

const isBusy = (session: SessionState): boolean => session.current !== undefined

export const activate = (step: Transition, id: string, activation: Activation): void => {
  const session = step.session(id)
  if (session === undefined) return
  if (isBusy(session)) {
    step.put({ ...session, waiting: session.waiting.push(activation) })
    return
  }
  begin(step, session, activation)
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
    current: {
      activation,
      position: 0,
      prompt: activation.prompts[0] ?? "",
      turn: session.turns + 1,
      attempt: 0,
      tries: 0,
      askedAgain: false,
      announced: false,
      open: false,
      text: "",
      timers: [],
      lastSeen: step.at,
      idled: [],
    },
  })
  step.now.live.set(session.id, true)
  step.emit({ type: "session.queued", session: session.id })
  enqueue(step, session.id)
}

/** Asks for a permit. A later entry of the same session voids the earlier. */
export const enqueue = (step: Transition, id: string): void => {
  const session = step.session(id)
  const declared = step.plan.sessions.get(session?.declared ?? "")
  if (session === undefined || declared === undefined) return
  const ticket = session.ticket + 1
  step.put({ ...session, status: "queued", ticket })
  const target = declared.slo?.queueTargetMs
  step.now.ready = putReady(step.now.ready, {
    session: id,
    ticket,
    deadline: declared.slo === undefined ? Infinity : step.at + (target ?? Number.MAX_SAFE_INTEGER),
    priority: session.current?.activation.priority ?? declared.slo?.priority ?? declared.priority,
    since: step.at,
  })
}

/** Makes the instances of one fan-out and starts those its limit lets live.. */
export const fanOut = (step: Transition, declared: string, activations: ReadonlyArray<Activation>, limit: number | undefined): void => {
  const fan = step.now.fans.get(declared)
  const first = fan?.next ?? 0
  const ids = activations.map((_, offset) => `${declared}[${first + offset}]`)
  const room = limit ?? Infinity
  let live = fan?.live ?? 0
  const held: Array<string> = []
  ids.forEach((id, offset) => {
    const activation = activations[offset]
    if (activation === undefined) return
    step.put(newSession(id, declared, { index: first + offset, batch: ids[0] ?? id }))
    if (live < room) {
      live += 1
      activate(step, id, activation)
    } else {
      step.change(id, { waiting: List([activation]) })
      held.push(id)
    }
  })
  const waiting = (fan?.waiting ?? emptyIds).concat(held)
  for (const id of held) step.now.live.set(id, true)
  step.now.fans = step.now.fans.set(declared, { next: first + ids.length, first, live, limit: room, waiting })
  step.occurrences.push({ source: "batch", declared, instances: ids })
}

/** An instance settled: the next item may live. */
export const releaseInstance = (step: Transition, declared: string): void => {
  const fan = step.now.fans.get(declared)
  if (fan === undefined) return
  let { live, waiting } = fan
  live -= 1
  while (live < fan.limit && waiting.size > 0) {
    const id = waiting.first()
    waiting = waiting.shift()
    const session = id === undefined ? undefined : step.session(id)
    if (session === undefined || session.status !== "pending") continue
    live += 1
    takeNext(step, session.id)
  }
  step.now.fans = step.now.fans.set(declared, { ...fan, live, waiting })
}

export const deliver = (step: Transition, deliveries: ReadonlyArray<Delivery>): void => {
  for (const { target, activation } of deliveries) activate(step, target, activation)
}

/** Ids of live sessions, in the order sessions are declared, then by item. */
export const liveSessions = (step: Transition): ReadonlyArray<SessionState> =>
  [...step.now.live.keys()]
    .flatMap((id) => step.session(id) ?? [])
    .sort((a, b) => (step.plan.order.get(a.declared) ?? 0) - (step.plan.order.get(b.declared) ?? 0) || (a.index ?? 0) - (b.index ?? 0))
