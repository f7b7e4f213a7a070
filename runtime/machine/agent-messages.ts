/**
 * What agents say to each other: only through here, only to a session that a rule of the fleet lets the speaker send to, and told as an event
 * whatever becomes of it. A message is heard in the turn that runs, where its driver takes it, else with the next prompt of the receiver; one
 * whose receiver has finished is undeliverable.
 */
import type { Json } from "#ir"
import { directiveIn, readPiece, recipientOf, type Directive } from "./directives.ts"
import type { AgentEvent, Undelivered } from "./protocol.ts"
import { holdsMessage } from "./policy-asks.ts"
import type { Addressed, Mail, SessionState } from "./state.ts"
import type { Transition } from "./transition.ts"

/** Of all agents in a run: two that answer each other for ever end some day. */
const mostMessages = 1000
const counter = "agent messages"

export const wordsOf = ({ from, text }: Mail): string => `--- message from ${from} ---\n${text}`

/** What is in a piece of text. The whole piece is the message where the agent says so beside it. */
export const hearPiece = (step: Transition, id: string, event: AgentEvent, piece: string): void => {
  const line = step.session(id)?.current?.line
  const to = addresseeOf(event)
  if (line === undefined || piece === "") return
  if (to !== undefined) return post(step, id, { to: recipientOf(to), text: piece.trim() })
  const read = readPiece(line, piece)
  if (read.line !== line) step.changeCurrent(id, { line: read.line })
  for (const directive of read.directives) post(step, id, directive)
}

/** The turn is over, and so is its last line. `text`: what the driver says was said, when nothing was while it ran. */
export const hearEnd = (step: Transition, id: string, text: string | undefined): void => {
  const current = step.session(id)?.current
  if (current === undefined) return
  const lines = current.text === "" ? (text ?? "").split("\n") : [current.line]
  for (const line of lines) {
    const directive = directiveIn(line)
    if (directive !== undefined) post(step, id, directive)
  }
}

const field = (value: Json | undefined, name: string): Json | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as { readonly [key: string]: Json })[name] : undefined

/** `_meta.cap.message_to`; CAP writes its own names flat in places (`_meta["cap.assigned_to"]`). */
const addresseeOf = (event: AgentEvent): string | undefined => {
  const meta = event["_meta"]
  if (meta === undefined) return undefined
  const to = field(field(meta, "cap"), "message_to") ?? field(meta, "cap.message_to")
  return typeof to === "string" ? to : undefined
}

const post = (step: Transition, from: string, directive: Directive): void => {
  const { to, text } = directive
  const sent = step.now.counters.get(counter) ?? 0
  const refused = refusalOf(step, from, to, sent)
  const receiver = step.session(to)
  if (refused !== undefined || receiver === undefined) {
    if (refused !== undefined) step.emit({ type: "message.undeliverable", session: to, ...refused, from, text })
    return
  }
  step.now.counters = step.now.counters.set(counter, sent + 1)
  if (!holdsMessage(step, from, directive)) hand(step, from, receiver, text)
}

/** Policies have looked at it. Its receiver may have finished meanwhile. */
export const onMessageJudged = (step: Transition, { from, to, text }: Addressed, denied: string | undefined): void => {
  const receiver = step.session(to)
  const refused = denied === undefined ? refusalOf(step, from, to, 0) : { code: "denied" as const, reason: denied }
  if (refused !== undefined) step.emit({ type: "message.undeliverable", session: to, ...refused, from, text })
  else if (receiver !== undefined) hand(step, from, receiver, text)
}

const hand = (step: Transition, from: string, receiver: SessionState, text: string): void => {
  const { id: to, current } = receiver
  // what policies look at goes in with a prompt, where they do
  const atOnce = current?.open === true && receiver.takesMessages && step.now.policed?.includes("prompt") !== true
  if (!atOnce) {
    step.emit({ type: "message.queued", session: to, from, text })
    return step.change(to, { mail: [...receiver.mail, { from, text }] })
  }
  const words = wordsOf({ from, text })
  step.emit({ type: "message.delivered", session: to, from, text })
  step.changeCurrent(to, { given: [...current.given, words] })
  step.command({ type: "session.message", session: to, text: words })
}

const refusalOf = (step: Transition, from: string, to: string, sent: number): Undelivered | undefined => {
  const speaker = step.session(from)?.declared ?? from
  const receiver = step.session(to)
  if (receiver === undefined) {
    const known = step.plan.sessions.has(to)
    return { code: "unknown_session", reason: known ? `${to} exists only as instances: name one of them, as ${to}[0]` : `there is no session ${to}` }
  }
  if (step.plan.sendsTo.get(speaker)?.has(receiver.declared) !== true)
    return { code: "not_allowed", reason: `no rule of the fleet sends from ${speaker} to ${receiver.declared}` }
  if (step.now.phase !== "running" || step.now.ending !== undefined) return { code: "run_ending", reason: "the run is ending" }
  if (hasFinished(receiver)) return { code: "finished", reason: `${to} has finished (${receiver.status})` }
  if (sent >= mostMessages) return { code: "limit", reason: `agents have sent ${sent} messages in this run, which is the most they may` }
  return undefined
}

/** Nothing is to come that it could hear it in. A turn that is over waits only to hear what follows from it. */
const hasFinished = ({ status, current, waiting }: SessionState): boolean =>
  current === undefined ? status !== "pending" && waiting.size === 0 : current.routing !== undefined && waiting.size === 0

/** The prompt of the turn that is about to begin takes what waits for the session. */
export const takeMail = (step: Transition, id: string): void => {
  const session = step.session(id)
  const current = session?.current
  if (session === undefined || current === undefined || session.mail.length === 0 || current.attempt > 0 || current.activation.undoes !== undefined) return
  const prompt = [current.prompt, ...session.mail.map(wordsOf)].filter((part) => part !== "").join("\n\n")
  step.put({ ...session, mail: [], current: { ...current, prompt, brings: [...current.brings, ...session.mail] } })
}

/** The turn has begun with a prompt that has them. */
export const tellBrought = (step: Transition, id: string): void => {
  const brings = step.session(id)?.current?.brings ?? []
  for (const mail of brings) step.emit({ type: "message.delivered", session: id, ...mail })
  if (brings.length > 0) step.changeCurrent(id, { brings: [] })
}

/** What a session will not hear any more; what waits for its next activation waits on. */
export const returnMail = (step: Transition, id: string, why: Undelivered): void => {
  const session = step.session(id)
  if (session === undefined) return
  const isOver = session.waiting.size === 0
  for (const mail of [...(session.current?.brings ?? []), ...(isOver ? session.mail : [])])
    step.emit({ type: "message.undeliverable", session: id, ...why, ...mail })
  if (isOver && session.mail.length > 0) step.change(id, { mail: [] })
}
