/**
 * What users say to a session: at once while its turn runs, with the turn that it waits for, as its next prompt when it has nothing to do, or in
 * the place of a turn that it interrupts. So whoever waits for the session waits for what they wanted, too, whatever the timing.
 */
import { activate } from "./activations.ts"
import { closeDriver, stopIsOver, stopTurn, unpark } from "./drivers.ts"
import { settleTurn } from "./ledger.ts"
import type { Fact } from "./protocol.ts"
import { withdrawRequests } from "./requests.ts"
import { start } from "./starting.ts"
import type { Activation, Current, SessionState } from "./state.ts"
import { clearTimer } from "./timers.ts"
import type { Transition } from "./transition.ts"

type Busy = SessionState & { readonly current: Current }

export const onUserSent = (step: Transition, fact: Extract<Fact, { type: "user.sent" }>): void => {
  const session = step.session(fact.session)
  if (session === undefined) return step.reject("unknown_session", `there is no session ${fact.session}`)
  const { id, current } = session
  if (step.now.phase !== "running") return step.emit({ type: "message.undeliverable", session: id, reason: "the run is ending" })
  step.emit({ type: "message.queued", session: id, text: fact.text })
  if (current !== undefined && current.turn === session.stopping?.turn) return step.changeCurrent(id, { prompt: `${current.prompt}\n\n${fact.text}` })
  if (current === undefined) return tellWaiting(step, session, fact.text)
  if (current.routing !== undefined) return activate(step, id, userActivation(fact.text))
  if (!current.open) return step.changeCurrent(id, { owed: [...current.owed, fact.text] })
  if (fact.interrupt === true) return interrupt(step, { ...session, current }, fact.text)
  if (session.takesMessages) {
    step.changeCurrent(id, { given: [...current.given, fact.text] })
    return step.command({ type: "session.message", session: id, text: fact.text })
  }
  step.changeCurrent(id, { later: [...current.later, fact.text] })
}

const userActivation = (text: string): Activation => ({ prompts: [text], rule: "user", from: [], fresh: false })

/** An instance that may not live yet hears it when it does: with the last of what it was asked. A session with nothing to do is asked just this. */
const tellWaiting = (step: Transition, session: SessionState, text: string): void => {
  const last = session.waiting.last()
  if (last === undefined) return activate(step, session.id, userActivation(text))
  step.put({ ...session, waiting: session.waiting.pop().push({ ...last, said: [...(last.said ?? []), text] }) })
}

/** What it was refused for stands in the decisions that came with it. */
export const onUserRefused = (step: Transition, { session, reason }: Extract<Fact, { type: "command.refused" }>): void => {
  if (session === undefined) return
  if (step.session(session) === undefined) return step.reject("unknown_session", `there is no session ${session}`)
  step.emit({ type: "message.undeliverable", session, reason })
}

/** Stops the turn and keeps what it said: the next turn of the activation is asked the same again, with that and the correction. */
const interrupt = (step: Transition, session: Busy, text: string): void => {
  const { id, current } = session
  const { turn, attempt } = current
  closeTurn(step, session, "the turn was interrupted")
  step.emit({ type: "turn.cancelled", session: id, turn, attempt, reason: { code: "interrupted", detail: text } })
  const said = current.text === "" ? "" : `--- interrupted; what you had said ---\n${current.text}`
  step.changeCurrent(id, {
    given: [],
    prompt: [current.prompt, ...current.given, said, `--- correction ---\n${text}`].filter((part) => part !== "").join("\n\n"),
    byUser: true,
    attempt: 0,
    tries: 0,
    losses: 0,
    askedAgain: false,
  })
  step.change(id, { status: "starting" })
  if (session.cancelsTurns) return stopTurn(step, id, turn, attempt)
  closeDriver(step, id, "keep")
  start(step, id)
}

/** The turn that was stopped is over, or its driver is: the next turn starts if one waits for that. */
export const goOn = (step: Transition, id: string): void => {
  if (stopIsOver(step, id) && step.session(id)?.status === "starting") start(step, id)
}

export const onStopOverdue = (step: Transition, id: string, turn: number): void => {
  const session = step.session(id)
  if (session?.stopping?.turn !== turn) return
  closeDriver(step, id, "keep")
  if (session.status === "starting") start(step, id)
}

/** A turn is over: its timers stop, its requests are gone, what was kept back for it and not spent is free. */
export const closeTurn = (step: Transition, session: Busy, reason: string): void => {
  unpark(step, session.id)
  for (const timer of session.current.timers) clearTimer(step, timer)
  withdrawRequests(step, session.id, reason)
  // a request that was withdrawn set the timeout going again
  for (const timer of step.session(session.id)?.current?.timers ?? []) clearTimer(step, timer)
  step.changeCurrent(session.id, { timers: [] })
  settleTurn(step, session.id)
}
