/** A conversation with the sessions of a fleet: what they say, what they ask, and what a person (or a pipe) says to them. */
import { createInterface } from "node:readline"
import type { Ir } from "#ir"
import type { Fleet, FleetEvent, OpenRequest, UserCommand } from "#runtime"
import { answerForNobody } from "./answer-requests.ts"
import { cancelTurns, decide, whenToTake, type Task } from "./chat-decide.ts"
import { plainFace, terminalFace, type Face } from "./chat-face.ts"
import { conversationGate } from "./chat-fleet.ts"
import { commandNames, helpLines, joinLines, readLine } from "./chat-lines.ts"
import { makeTalk } from "./chat-talk.ts"
import { makeTranscript, type Row } from "./chat-transcript.ts"
import type { Given } from "./command.ts"
import { summary } from "./drive-fleet.ts"
import { exit, type ExitCode } from "./exit.ts"
import { onInterrupt, oneKeyPressMs } from "./interrupts.ts"
import { choicesOf } from "./request-words.ts"
import { colors, err, onReaderGone, out } from "./terminal.ts"

export interface Conversation {
  readonly ir: Ir
  readonly task: Task
  /** Whom bare text is for at first. */
  readonly to: string
  /** What a person reads first. */
  readonly greeting: ReadonlyArray<string>
}

type Started = Fleet & { readonly pending?: ReadonlyArray<OpenRequest> }

/** `start` gets what `onEvent` has to be. What it rejects with is passed on. */
export const converse = async (given: Given, about: Conversation, start: (onEvent: (event: FleetEvent) => void) => Promise<Started>): Promise<ExitCode> => {
  const json = given.text("format") === "json"
  const typed = process.stdin.isTTY === true
  const interactive = typed && process.stdout.isTTY === true && process.env["TERM"] !== "dumb" && !json
  const talk = makeTalk(about.ir, about.to)
  const gate = conversationGate(about.ir)
  const transcript = makeTranscript((event) => event.type === "request.opened" && gate !== undefined && event.request === talk.lastWord())
  const look = { labels: about.ir.sessions.length > 1, color: colors(interactive ? process.stdout : process.stderr) }
  let fleet: Promise<Started> | undefined
  /** Nobody says anything any more. */
  let quiet = false
  let ended = false
  let begun = ""
  let taking = Promise.resolve()
  const waiting: Array<string> = []

  const note = (...texts: ReadonlyArray<string>): void => face.show(texts.map((text): Row => ({ of: "about", text })))

  const send: Fleet["send"] = async (command) => {
    // That it did not start is what the command itself says.
    const refused = await (await fleet?.catch(() => undefined))?.send(command)
    if (refused !== undefined && refused.code !== "run_ended") note(refused.message)
    return refused
  }
  const sendAll = async (commands: ReadonlyArray<UserCommand>): Promise<void> => {
    for (const command of commands) await send(command)
  }

  /** What nobody waits for: that it failed is told all the same. */
  const unawaited = (work: Promise<void>): Promise<void> => work.catch((error: unknown) => note(error instanceof Error ? error.message : String(error)))

  /** The last word: the run ends when what runs is done. What it asks from now on, nobody answers. */
  const finish = async (): Promise<void> => {
    quiet = true
    if (talk.paused() && !talk.stopped()) await send({ type: "resume" })
    for (const request of talk.requests()) await answerForNobody(send, request)
    const word = talk.lastWord()
    if (word !== undefined) await send({ type: "reply", request: word, value: "approve", by: "user" })
  }
  const quit = (): void => {
    if (quiet) return
    if (interactive && talk.busy()) note(`ends when ${talk.atWork().join(", ")} is done; Ctrl-C cancels`)
    face.close()
    input?.close()
    void unawaited(finish())
  }

  const take = async (line: string): Promise<void> => {
    const decided = decide(readLine(line), talk, about.task)
    note(...decided.notes)
    if (decided.turnTo !== undefined) talk.turnTo(decided.turnTo)
    if (decided.does === "help") note(...helpLines())
    if (decided.does === "who") note(...talk.who())
    await sendAll(decided.commands)
    if (decided.does === "quit") quit()
    face.changed()
  }
  const inTurn = (work: () => Promise<void>): void => {
    taking = unawaited(taking.then(work))
  }
  /** A line that goes on in the next is not taken before it is whole. */
  const whole = (line: string, pasted = false): string | undefined => {
    const joined = pasted ? { text: `${begun}${line}\n`, whole: false } : joinLines(begun, line)
    begun = joined.whole ? "" : joined.text
    return joined.whole ? joined.text : undefined
  }
  const type = (line: string, pasted = false): void => {
    presses = 0
    const text = whole(line, pasted)
    if (text !== undefined) inTurn(() => take(text))
    face.changed()
  }

  /** Piped lines are taken one after the other, each when its time has come. */
  const pump = (): void => {
    inTurn(async () => {
      for (let line = waiting[0]; line !== undefined && !quiet && !talk.over(); line = waiting[0]) {
        const when = whenToTake(readLine(line), talk)
        if (when === "later") return
        if (when === "now") {
          waiting.shift()
          await take(line)
          continue
        }
        note(`${when.decline.request}: declined, since what was said next is no answer to it (${choicesOf(when.decline)})`)
        await answerForNobody(send, when.decline)
      }
      if (inputOver && waiting.length === 0 && !quiet && !talk.busy()) quit()
      else if (inputOver && waiting.length === 0 && !quiet) for (const request of talk.requests()) await answerForNobody(send, request)
    })
  }

  let presses = 0
  let pressedAt = 0
  /** Ctrl-C: what runs is cancelled; where nothing does, a person is asked once more. Says whether that was all. A `signal` may come twice for one key. */
  const interruptTurns = (signal: boolean): boolean => {
    const now = performance.now()
    if (presses > 0) return signal && now - pressedAt < oneKeyPressMs
    if (!talk.busy() && (!interactive || quiet)) return false
    presses = 1
    pressedAt = now
    if (talk.busy()) void unawaited(sendAll(cancelTurns(talk.atWork())))
    else note("Ctrl-C again ends the conversation; so does Ctrl-D")
    return true
  }
  const interrupts = onInterrupt(
    (why) => {
      quiet = true
      face.close()
      input?.close()
      err(`ending (${why}); a further signal leaves at once\n`)
      void unawaited(sendAll([{ type: "cancel", target: { kind: "fleet" }, reason: { code: "user", detail: why } }]))
    },
    () => interruptTurns(true),
  )
  if (!interactive) onReaderGone(() => ended || interrupts.interrupt("the reader is gone"))

  const prompt = (): string => {
    if (begun !== "") return "... "
    const [request] = talk.requests()
    const choices = request === undefined ? "" : choicesOf(request)
    return request === undefined ? `${talk.to()}> ` : `${request.request}${choices === "" ? "" : ` (${choices})`}> `
  }
  const face: Face = interactive
    ? terminalFace(look, {
        input: process.stdin,
        output: process.stdout,
        prompt,
        unfinished: transcript.unfinished,
        complete: (line) => [...commandNames, ...talk.known().map((id) => `@${id} `)].filter((word) => line !== "" && word.startsWith(line)),
        onLine: type,
        onInterrupt: () => interruptTurns(false) || interrupts.interrupt("SIGINT"),
        onEnd: quit,
      })
    : plainFace(look, json ? () => {} : out, err)
  note(...about.greeting)

  let inputOver = false
  const input = interactive ? undefined : createInterface({ input: process.stdin, terminal: false })
  input?.on("line", (line) => {
    if (typed) return type(line)
    presses = 0
    const text = whole(line)
    if (text !== undefined) waiting.push(text)
    pump()
  })
  input?.on("close", () => {
    inputOver = true
    if (begun !== "") waiting.push(begun)
    begun = ""
    if (typed) quit()
    else pump()
  })

  try {
    fleet = start((event) => {
      if (json) out(`${JSON.stringify(event)}\n`)
      talk.see(event)
      face.show(transcript.see(event))
      face.changed()
      if (quiet) {
        // The last word was said before there was a gate to hear it.
        if (event.type === "request.opened" && event.request === talk.lastWord()) void unawaited(finish())
        else if (event.type === "request.opened" || event.type === "run.paused") void unawaited(answerForNobody(send, event))
      } else if (!typed) pump()
    })
    const started = await fleet
    for (const request of started.pending ?? []) {
      talk.see(request)
      face.show(transcript.see(request))
    }
    face.changed()
    if (!typed) pump()
    const result = await started.result
    await started.close()
    ended = true
    face.close()
    input?.close()
    if (interactive) out(summary(result))
    else err(summary(result))
    if (interrupts.happened()) return exit.interrupted
    return result.status === "succeeded" ? exit.fine : exit.failed
  } finally {
    interrupts.stop()
    face.close()
    input?.close()
  }
}
