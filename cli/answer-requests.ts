/** Requests of a run: asked on the terminal when somebody sits there, else answered for nobody, since nobody will ever come. */
import { createInterface } from "node:readline/promises"
import { answerOfNobody, type FleetEvent, type OpenRequest, type Rejection, type UserCommand } from "#runtime"
import { choicesOf, questionOf, readReply } from "./request-words.ts"
import { err } from "./terminal.ts"
import { printable } from "./text-width.ts"

type Send = (command: UserCommand) => Promise<Rejection | undefined>

export interface Asking {
  readonly send: Send
  /** Somebody sits at the terminal. */
  readonly somebody: boolean
  /** Nobody does, but who reads this may answer from elsewhere. */
  readonly tellElsewhere?: (event: FleetEvent) => void
  /** The terminal is needed for a question, and given back. */
  readonly hold: () => void
  readonly release: () => void
  /** What Ctrl-C does: a terminal that asks does not turn it into a signal. */
  readonly interrupt: () => void
}

export interface Answers {
  readonly see: (event: FleetEvent) => void
  /** Ends the questions that are open. */
  readonly stop: () => void
}

/** Answers for nobody. An answer that is none must not leave the run waiting for ever. */
export const answerForNobody = async (send: Send, event: FleetEvent): Promise<void> => {
  const answer = answerOfNobody(event)
  const refused = answer === undefined ? undefined : await send(answer)
  if (refused?.code === "invalid_reply") await send({ type: "cancel", target: { kind: "fleet" }, reason: { code: "nobody_to_ask", detail: refused.message } })
}

export const answerRequests = (asking: Asking): Answers => {
  const open = new Map<string, AbortController>()
  /** A run that a breakpoint has paused goes on when that is answered. */
  const breakpoints = new Set<string>()
  let queue = Promise.resolve()

  const ask = (key: string, question: (gone: AbortSignal) => Promise<UserCommand | undefined>, event: FleetEvent): void => {
    const gone = new AbortController()
    open.set(key, gone)
    queue = queue.then(async () => {
      // What the run refuses is no answer: it is said, and asked again.
      for (let refused: Rejection | undefined, first = true; !gone.signal.aborted && (first || refused?.code === "invalid_reply"); first = false) {
        asking.hold()
        if (refused !== undefined) err(`${refused.message}\n`)
        const command = await question(gone.signal)
        asking.release()
        if (gone.signal.aborted) return
        if (command === undefined) return answerForNobody(asking.send, event)
        refused = await asking.send(command)
      }
    })
  }
  return {
    see: (event) => {
      if (event.type === "request.opened" && event.kind === "breakpoint") breakpoints.add(event.request)
      if (event.type === "request.answered" || event.type === "request.withdrawn") {
        breakpoints.delete(event.request)
        open.get(event.request)?.abort()
      } else if (event.type === "run.resumed") open.get("pause")?.abort()
      else if (event.type !== "request.opened" && event.type !== "run.paused") return
      else if (!asking.somebody) void (asking.tellElsewhere === undefined ? answerForNobody(asking.send, event) : asking.tellElsewhere(event))
      else if (event.type === "request.opened") ask(event.request, (gone) => askHere(event, gone, asking.interrupt), event)
      else if (breakpoints.size === 0) ask("pause", (gone) => askToResume(event.reason, gone, asking.interrupt), event)
    },
    stop: () => {
      for (const gone of open.values()) gone.abort()
    },
  }
}

/** A line of the user; undefined when the question is gone, or the input has ended. */
const line = async (prompt: string, gone: AbortSignal, interrupt: () => void): Promise<string | undefined> => {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  lines.on("SIGINT", interrupt)
  try {
    const ended = new Promise<undefined>((end) => {
      lines.once("close", () => end(undefined))
    })
    return (await Promise.race([lines.question(prompt, { signal: gone }), ended]))?.trim()
  } catch (error) {
    if (gone.aborted) return undefined
    throw error
  } finally {
    lines.close()
    if (gone.aborted) err("\n")
  }
}

/** Asks until the answer is one. */
const askHere = async (request: OpenRequest, gone: AbortSignal, interrupt: () => void): Promise<UserCommand | undefined> => {
  const choices = choicesOf(request)
  const question = `${questionOf(request)}${choices === "" ? "" : ` (${choices})`} `
  for (;;) {
    const said = await line(question, gone, interrupt)
    if (said === undefined) return undefined
    const reply = readReply(request, said)
    if (reply.ok) return { type: "reply", request: request.request, value: reply.value, by: "user" }
  }
}

const askToResume = async (reason: string, gone: AbortSignal, interrupt: () => void): Promise<UserCommand | undefined> =>
  (await line(`paused${reason === "" ? "" : `: ${printable(reason, 500)}`} (Enter resumes) `, gone, interrupt)) === undefined ? undefined : { type: "resume" }
