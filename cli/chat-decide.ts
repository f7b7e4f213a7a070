/** What follows from what a person said, given where the conversation stands. Pure. */
import type { OpenRequest, UserCommand } from "#runtime"
import type { Said } from "./chat-lines.ts"
import type { Talk } from "./chat-talk.ts"
import { readReply } from "./request-words.ts"

export interface Decided {
  readonly commands: ReadonlyArray<UserCommand>
  /** Told to the person. */
  readonly notes: ReadonlyArray<string>
  readonly turnTo?: string
  readonly does?: "who" | "help" | "quit"
}

/** What `/task` gives to whom. */
export interface Task {
  readonly start: ReadonlyArray<string>
  readonly text: string | undefined
}

const nothing: Decided = { commands: [], notes: [] }
const note = (...notes: ReadonlyArray<string>): Decided => ({ commands: [], notes })
const send = (...commands: ReadonlyArray<UserCommand>): Decided => ({ commands, notes: [] })

const tell = (session: string, text: string): UserCommand => ({ type: "user.sent", session, text })
const answer = (request: string, value: Extract<UserCommand, { readonly type: "reply" }>["value"]): UserCommand => ({
  type: "reply",
  request,
  value,
  by: "user",
})

/** Cancels the turn that each of these has under way. */
export const cancelTurns = (sessions: ReadonlyArray<string>): ReadonlyArray<UserCommand> =>
  sessions.map((session) => ({ type: "cancel", target: { kind: "turn", session }, reason: { code: "user" } }))

const strangers = (talk: Talk, ids: ReadonlyArray<string>): ReadonlyArray<string> => ids.flatMap((id) => talk.stranger(id) ?? [])

const toSessions = (talk: Talk, ids: ReadonlyArray<string>, command: (id: string) => UserCommand): Decided => {
  const problems = strangers(talk, ids)
  if (problems.length > 0) return note(...problems)
  const late = ids.filter((id) => talk.busy(id)).map((id) => `${id} is at work: it gets this as soon as it takes it`)
  return { commands: ids.map(command), notes: late }
}

export const decide = (said: Said, talk: Talk, task: Task): Decided => {
  switch (said.kind) {
    case "nothing":
      return nothing
    case "wrong":
      return note(said.problem)
    case "text":
      return said.to === undefined ? bare(said.text, talk) : addressed(said.to, said.text, talk)
    case "turn to": {
      const problem = talk.stranger(said.to)
      return problem === undefined ? { ...nothing, turnTo: said.to } : note(problem)
    }
    case "interrupt":
      return interrupt(said.to ?? talk.to(), said.text, talk)
    case "reply":
      return replies(said.requests, said.text, talk)
    case "cancel":
      return cancel(said.session, talk)
    case "task": {
      const text = said.text ?? task.text
      if (text === undefined) return note("the fleet has no task: /task TEXT gives it one")
      return toSessions(talk, task.start, (id) => tell(id, text))
    }
    case "pause":
      return send({ type: "pause", reason: "by the user" })
    case "resume":
      return send({ type: "resume" })
    default:
      return { ...nothing, does: said.kind }
  }
}

/** For whom it is: the oldest request that is open, else the session that is spoken to. */
const bare = (text: string, talk: Talk): Decided => {
  const [request] = talk.requests()
  if (request === undefined) return toSessions(talk, [talk.to()], (id) => tell(id, text))
  const reply = readReply(request, text)
  return reply.ok ? send(answer(request.request, reply.value)) : note(`${reply.problem}; @${talk.to()} TEXT speaks to ${talk.to()}`)
}

const addressed = (to: ReadonlyArray<string>, text: string, talk: Talk): Decided => {
  const decided = toSessions(talk, to, (id) => tell(id, text))
  const [one] = to
  return decided.commands.length === 1 && one !== undefined ? { ...decided, turnTo: one } : decided
}

const interrupt = (session: string, text: string, talk: Talk): Decided => {
  const problem = talk.stranger(session)
  return problem === undefined ? send({ type: "user.sent", session, text, interrupt: true }) : note(problem)
}

const replies = (named: ReadonlyArray<string> | "all", text: string, talk: Talk): Decided => {
  const open = talk.requests()
  if (open.length === 0) return note("no request is open")
  const wanted: ReadonlyArray<OpenRequest | string> =
    named === "all" ? open : [...new Set(named)].map((name) => open.find(({ request }) => request === name) ?? name)
  const commands: Array<UserCommand> = []
  const notes: Array<string> = []
  for (const request of wanted) {
    if (typeof request === "string") {
      notes.push(`there is no open request ${request}; open are ${open.map((one) => one.request).join(", ")}`)
      continue
    }
    const reply = readReply(request, text)
    if (reply.ok) commands.push(answer(request.request, reply.value))
    else notes.push(reply.problem)
  }
  return { commands, notes }
}

const cancel = (session: string | undefined, talk: Talk): Decided => {
  const problem = session === undefined ? undefined : talk.stranger(session)
  if (problem !== undefined) return note(problem)
  const sessions = session === undefined ? talk.atWork() : [session].filter((id) => talk.busy(id))
  return sessions.length === 0 ? note(session === undefined ? "nobody is at work" : `${session} is not at work`) : send(...cancelTurns(sessions))
}

/**
 * When a line that was not typed but piped is taken: texts one after the other, each when who it is for has done what it was asked before. A
 * request that is open takes the next text; one that is no answer to it declines it first.
 */
export const whenToTake = (said: Said, talk: Talk): "now" | "later" | { readonly decline: OpenRequest } => {
  switch (said.kind) {
    case "text": {
      const [request] = talk.requests()
      if (said.to === undefined && request !== undefined) return readReply(request, said.text).ok ? "now" : { decline: request }
      return (said.to ?? [talk.to()]).some((id) => talk.busy(id)) ? "later" : "now"
    }
    case "reply": {
      const open = new Set(talk.requests().map(({ request }) => request))
      const there = said.requests === "all" ? open.size > 0 : said.requests.every((request) => open.has(request))
      return there || !talk.busy() ? "now" : "later"
    }
    case "task":
    case "quit":
      return talk.busy() ? "later" : "now"
    default:
      return "now"
  }
}
