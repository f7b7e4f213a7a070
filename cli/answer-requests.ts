/** Requests of a run: asked on the terminal when somebody sits there, else answered for nobody, since nobody will ever come. */
import { createInterface } from "node:readline/promises"
import type { Json } from "#ir"
import { answerOfNobody, type FleetEvent, type Rejection, type UserCommand } from "#runtime"
import { err } from "./terminal.ts"
import { printable } from "./text-width.ts"

type Opened = Extract<FleetEvent, { readonly type: "request.opened" }>

const words: { readonly [kind: string]: { readonly [word: string]: Json } } = {
  permission: { y: "allow_once", yes: "allow_once", always: "allow_always", n: "deny", no: "deny" },
  gate: { y: "approve", yes: "approve", n: "reject", no: "reject" },
}

/** The words that answer; none where any text does. */
const choices = ({ kind, detail }: Opened): { readonly [word: string]: Json } | undefined => {
  const candidates = typeof detail === "object" && detail !== null && "candidates" in detail ? detail.candidates : undefined
  if (kind !== "selection" || !Array.isArray(candidates)) return words[kind]
  return Object.fromEntries(candidates.flatMap((candidate: Json) => (typeof candidate === "string" ? [[candidate, candidate]] : [])))
}

export interface Asking {
  readonly send: (command: UserCommand) => Promise<Rejection | undefined>
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

export const answerRequests = (asking: Asking): Answers => {
  const open = new Map<string, AbortController>()
  let queue = Promise.resolve()

  const forNobody = async (event: FleetEvent): Promise<void> => {
    const answer = answerOfNobody(event)
    const refused = answer === undefined ? undefined : await asking.send(answer)
    // An answer that is none must not leave the run waiting for ever.
    if (refused?.code === "invalid_reply")
      await asking.send({ type: "cancel", target: { kind: "fleet" }, reason: { code: "nobody_to_ask", detail: refused.message } })
  }
  const ask = (key: string, question: (gone: AbortSignal) => Promise<UserCommand | undefined>, event: FleetEvent): void => {
    const gone = new AbortController()
    open.set(key, gone)
    queue = queue.then(async () => {
      if (gone.signal.aborted) return
      asking.hold()
      const command = await question(gone.signal)
      asking.release()
      if (command !== undefined) await asking.send(command)
      else if (!gone.signal.aborted) await forNobody(event)
    })
  }
  return {
    see: (event) => {
      if (event.type === "request.answered" || event.type === "request.withdrawn") open.get(event.request)?.abort()
      else if (event.type === "run.resumed") open.get("pause")?.abort()
      else if (event.type !== "request.opened" && event.type !== "run.paused") return
      else if (!asking.somebody) void (asking.tellElsewhere === undefined ? forNobody(event) : asking.tellElsewhere(event))
      else if (event.type === "run.paused") ask("pause", (gone) => askToResume(event.reason, gone, asking.interrupt), event)
      else ask(event.request, (gone) => askHere(event, gone, asking.interrupt), event)
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
const askHere = async (request: Opened, gone: AbortSignal, interrupt: () => void): Promise<UserCommand | undefined> => {
  const known = choices(request)
  const question = `${printable(request.prompt ?? request.kind, 500)}${known === undefined ? "" : ` (${Object.keys(known).join("/")})`} `
  for (;;) {
    const said = await line(question, gone, interrupt)
    if (said === undefined) return undefined
    const word = request.kind === "selection" ? said : said.toLowerCase()
    const value = known === undefined ? said : Object.hasOwn(known, word) ? known[word] : undefined
    if (value !== undefined && value !== "") return { type: "reply", request: request.request, value, by: "user" }
  }
}

const askToResume = async (reason: string, gone: AbortSignal, interrupt: () => void): Promise<UserCommand | undefined> =>
  (await line(`paused${reason === "" ? "" : `: ${printable(reason, 500)}`} (Enter resumes) `, gone, interrupt)) === undefined ? undefined : { type: "resume" }
