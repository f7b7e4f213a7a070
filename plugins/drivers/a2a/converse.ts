/** A conversation with an A2A agent: each prompt is a message in one context, and its turn the task that the agent makes of it. */
import type { Json } from "#ir"
import { capFailure, failed, failure, FleetFailure, textOf, makeTimers, makeTurnKeeper, within } from "#sdk"
import type { AgentEvent, DriverHandle, Frame, TurnEnd, Usage } from "#sdk"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { findInterface } from "./agent-card.ts"
import { answerPart, isTold, requestEvent, usageOf } from "./cap-parts.ts"
import { credentials, type A2aContext } from "./config.ts"
import type { Said, TaskEvent } from "./events.ts"
import { asFailure, ConnectionLost, Refused } from "./requests.ts"
import { makeWire, type Wire } from "./wire.ts"

/** Agents that work elsewhere may say nothing for long. */
const stallMs = 30 * 60_000
const partingMs = 1000
const cardMs = 30_000
/** How long to wait before each try to attach to a task again. */
const pausesMs: ReadonlyArray<number> = [250, 500, 1000, 2000, 4000, 8000, 16_000]
/** How often to look at a task that cannot be listened to. */
const lookMs = 2000

/** What a conversation is found by: its context, and the task that runs in it. */
export const handleOf = (context: string, task: string): string => [context, ...(task === "" ? [] : [task])].map(encodeURIComponent).join("/")
export const readHandle = (handle: string): { readonly context: string; readonly task: string } => {
  const [context = "", task = ""] = handle.split("/").map(decodeURIComponent)
  return { context, task }
}

interface Turn {
  task: string
  cancelled: boolean
  over: boolean
  readonly abort: AbortController
  /** What was said of each artifact. */
  readonly artifacts: Map<string, string>
  /** Messages that came already: attaching to a task again tells its last one again. */
  readonly heard: Set<string>
  answer?: { readonly request: string; readonly give: (reply: Json) => void }
  /** What it asks as an event, until it waits for the answer. */
  asks?: AgentEvent
  /** The last error that it told as an event. */
  error?: AgentEvent
  usage?: Usage
}

const answerText = (reply: Json): string => (reply === null ? "Nobody is there to answer." : typeof reply === "string" ? reply : JSON.stringify(reply))

export const openA2a = (context: A2aContext): Effect.Effect<DriverHandle, FleetFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const { target: name, stall_timeout } = context.config
    const timers = yield* makeTimers
    const wire: Wire = yield* Effect.tryPromise({
      try: async () => {
        const headers = credentials(context)
        return makeWire(await findInterface(name, { headers, extension: context.config.extension, signal: AbortSignal.timeout(cardMs) }), headers)
      },
      catch: (error) => (error instanceof FleetFailure ? error : asFailure(name, error)),
    })
    const before = context.resume === undefined ? { context: "", task: "" } : readHandle(context.resume)
    // Nobody listens to what it did when this process ended.
    if (before.task !== "") yield* Effect.ignore(Effect.tryPromise(() => wire.cancel(before.task, AbortSignal.timeout(partingMs))))
    return converse(
      wire,
      context,
      before.context,
      (abandon, interrupt) => makeTurnKeeper({ name, stallMs: stall_timeout ?? stallMs, timers, abandon, interrupt }),
      (ms) =>
        new Promise((done) => {
          timers.after(ms, done)
        }),
    )
  })

type MakeKeeper = (abandon: () => void, interrupt: () => void) => ReturnType<typeof makeTurnKeeper>

const converse = (wire: Wire, options: A2aContext, resumed: string, makeKeeper: MakeKeeper, pause: (ms: number) => Promise<void>): DriverHandle => {
  const { target: name } = options.config
  let turn: Turn | undefined
  let conversation = resumed
  let instructed = options.resume !== undefined
  let handle = ""
  let requests = 0

  const cancelTask = (of: Turn): void => {
    // A refusal means that it is over, and its end is on the way.
    void wire
      .cancel(of.task, of.abort.signal)
      .catch(() => undefined)
      .then(() => {
        // One that waits for an answer is not listened to.
        if (of.answer !== undefined) finish(of, { stop: "cancelled" })
      })
  }
  const interrupt = (): void => {
    if (turn === undefined) return
    turn.cancelled = true
    if (turn.task !== "") cancelTask(turn)
  }
  const abandon = (): void => {
    if (turn !== undefined) finish(turn, { stop: "cancelled" })
  }
  const keeper = makeKeeper(abandon, interrupt)

  const finish = (of: Turn, end: TurnEnd): void => {
    if (of.over) return
    of.over = true
    of.abort.abort()
    if (turn === of) turn = undefined
    nameHandle("")
    keeper.end(end, of.usage === undefined ? {} : { usage: of.usage })
  }
  const nameHandle = (task: string): void => {
    const next = handleOf(conversation, task)
    if (conversation === "" || next === handle) return
    handle = next
    keeper.handle(next)
  }

  const sayArtifact = (of: Turn, id: string, text: string, append: boolean): void => {
    const known = of.artifacts.get(id)
    if (known === undefined) keeper.paragraph()
    const all = append ? (known ?? "") + text : text
    of.artifacts.set(id, all)
    if (known === undefined || append) return keeper.say(text)
    if (all.startsWith(known)) return keeper.say(all.slice(known.length))
    keeper.paragraph()
    keeper.say(all)
  }
  const isNew = (of: Turn, { id, text }: Said): boolean => {
    const key = id === "" ? text : id
    if (text === "" || of.heard.has(key)) return false
    of.heard.add(key)
    return true
  }

  const hear = (of: Turn, event: AgentEvent): void => {
    const key = JSON.stringify(event)
    // Who attaches to a task again is told what it said before.
    if (of.heard.has(key)) return
    of.heard.add(key)
    if (event.kind === "cap.error") of.error = event
    if (isTold(event)) return keeper.emit(event)
    switch (event.kind) {
      case "cap.text_chunk":
        return keeper.say(textOf(event["text"]))
      case "cap.tool_call.start":
        return keeper.toolStarted(textOf(event["call_id"]), textOf(event["name"]), event["input"] ?? {})
      case "cap.tool_call.end":
        return keeper.toolEnded(textOf(event["call_id"]), event["is_error"] === true)
      case "cap.usage":
        of.usage = usageOf(event)
        return keeper.emit(event)
      default:
        of.asks = event
    }
  }

  /** Whether the agent waits for an answer, or the turn is over. */
  const take = (of: Turn, event: TaskEvent): boolean => {
    keeper.touch()
    if (event.context !== "") conversation = event.context
    if (event.task !== "" && of.task === "" && event.message === undefined) {
      of.task = event.task
      if (of.cancelled) cancelTask(of)
    }
    nameHandle(of.task)
    for (const each of event.cap) hear(of, each)
    for (const { id, text, append } of event.artifacts) if (text !== "" || event.cap.length === 0) sayArtifact(of, id, text, append)
    const status = event.status
    const said = event.message ?? status
    const fresh = said !== undefined && isNew(of, said) ? said.text : undefined
    const tell = (): void => {
      if (fresh === undefined) return
      keeper.paragraph()
      keeper.say(fresh)
    }
    if (event.message !== undefined) {
      tell()
      finish(of, { stop: "end_turn" })
      return true
    }
    switch (event.state) {
      case "completed":
        tell()
        finish(of, { stop: "end_turn" })
        return true
      case "canceled":
        finish(of, { stop: "cancelled" })
        return true
      case "failed":
      case "rejected":
        finish(of, {
          error: failed(
            capFailure(of.error?.["code"]) ?? "driver_error",
            `${name} ${event.state === "failed" ? "failed" : "rejected the task"}: ${status?.text || textOf(of.error?.["message"]) || "it gives no reason"}`,
          ),
        })
        return true
      case "auth-required":
        finish(of, { error: failed("auth_error", `${name} wants somebody to sign in${status === undefined ? "" : `: ${status.text}`}`) })
        return true
      case "input-required":
        if (of.asks === undefined && fresh === undefined && status !== undefined) return false
        ask(of, fresh ?? "The agent waits for an answer.")
        return true
      default:
        if (fresh !== undefined) keeper.emit({ kind: "cap.thought", text: fresh })
        return false
    }
  }

  const ask = (of: Turn, question: string): void => {
    if (of.cancelled) return
    const request = `question-${++requests}`
    const { asks } = of
    delete of.asks
    const give = (reply: Json): void => {
      const message = { text: answerText(reply), context: conversation, task: of.task, ...(asks === undefined ? {} : { part: answerPart(asks, reply) }) }
      void follow(of, () => wire.send(message, of.abort.signal))
    }
    of.answer = { request, give }
    keeper.ask(request, asks === undefined ? { kind: "cap.ask_user", ask_id: request, prompt: question } : requestEvent(asks, request))
  }

  /** The task as it is now, then what becomes of it; where it cannot be listened to, only the former. */
  const attach = async function* (of: Turn): AsyncGenerator<TaskEvent> {
    try {
      yield* wire.subscribe(of.task, of.abort.signal)
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 401 || error.status === 403) throw error
      yield await wire.get(of.task, of.abort.signal)
      await pause(lookMs)
    }
  }

  const follow = async (of: Turn, source: () => AsyncIterable<TaskEvent>): Promise<void> => {
    let lost = 0
    let next = source
    try {
      for (;;) {
        let problem = "the stream ended before the task did"
        try {
          for await (const event of next()) {
            lost = 0
            if (of.over || take(of, event)) return
            const room = keeper.room()
            if (room !== undefined) await room
          }
        } catch (error) {
          if (!(error instanceof ConnectionLost)) throw error
          problem = error.message
        }
        if (of.over) return
        const ms = pausesMs[lost++]
        if (of.task === "") throw failure("driver_error", `${problem}, before ${name} had taken the message`)
        if (ms === undefined) throw failure("driver_error", `${problem}, and its task ${of.task} could not be attached to again`)
        await pause(ms)
        if (of.over) return
        next = () => attach(of)
      }
    } catch (error) {
      finish(of, { error: error instanceof FleetFailure ? failed(error.kind, error.message) : asFailure(name, error) })
    }
  }

  const prompt = ({ text, instructions }: Extract<Frame, { readonly type: "prompt" }>): void => {
    keeper.begin()
    const begun: Turn = { task: "", cancelled: false, over: false, abort: new AbortController(), artifacts: new Map(), heard: new Set() }
    turn = begun
    const said = [instructed ? undefined : options.systemPrompt, text, instructions].filter((each) => each !== undefined).join("\n\n")
    instructed = true
    void follow(begun, () => wire.send({ text: said, context: conversation, task: "" }, begun.abort.signal))
  }

  return {
    events: keeper.events,
    send: (frame) => {
      if (frame.type === "prompt") return prompt(frame)
      if (frame.type === "cancel") return keeper.cancel()
      if (frame.type !== "answer" || turn?.answer?.request !== frame.request) return
      const { give } = turn.answer
      delete turn.answer
      keeper.settled(frame.request)
      give(frame.reply)
    },
    close: async () => {
      keeper.cancel()
      await within(partingMs, keeper.idle())
      if (turn !== undefined) finish(turn, { stop: "cancelled" })
      keeper.finish(failed("agent_exited", "the conversation was closed"))
    },
  }
}
