/**
 * Keeps the turns of one conversation for its driver: every turn ends exactly once, a tool call that was begun is ended with it,
 * what is cancelled or falls silent is interrupted, and abandoned when that does not help.
 */
import type { Json } from "#ir"
import type { AgentEvent, StopReason, Usage } from "./cap.ts"
import type { DriverEvent, DriverFailure } from "./driver.ts"
import { failed } from "./failure.ts"
import { makeOutbox } from "./outbox.ts"
import type { Timers } from "./timers.ts"

export type TurnEnd = { readonly stop: StopReason } | { readonly error: DriverFailure }

export interface TurnKeeperOptions {
  /** The agent, as messages call it. */
  readonly name: string
  /** Silence in a turn, in milliseconds, that fails it with `timeout`. None counts while a request or a tool call is open. */
  readonly stallMs: number
  readonly timers: Timers
  /** Asks the agent to stop its turn. */
  readonly interrupt: () => void
  /** Stops the agent, which did not heed `interrupt`. */
  readonly abandon: () => void
}

export interface TurnKeeper {
  readonly events: AsyncIterable<DriverEvent>
  /** A promise to wait for before reading more, when the reader of `events` is behind. */
  readonly room: () => Promise<void> | undefined
  readonly running: () => boolean
  /** Settles when no turn runs. */
  readonly idle: () => Promise<void>
  readonly begin: () => void
  /** A sign of life. */
  readonly touch: () => void
  readonly say: (text: string) => void
  /** What is said next stands on a line of its own. */
  readonly paragraph: () => void
  readonly emit: (event: AgentEvent) => void
  readonly handle: (resume: string) => void
  /** Sends the event of a request that waits for somebody; `settled` when it has its answer or was taken back. */
  readonly ask: (request: string, event: AgentEvent) => void
  readonly settled: (request: string) => void
  readonly toolStarted: (call: string, tool: string, input: Json) => void
  /** Nothing for a call that was not begun in this turn, or has ended with the one before. */
  readonly toolEnded: (call: string, isError: boolean) => void
  /** `text` of the end is all that was said in the turn, or the output when nothing was. Without a turn this does nothing. */
  readonly end: (end: TurnEnd, more?: { readonly output?: Json; readonly usage?: Usage }) => void
  readonly cancel: () => void
  /** No events come after this. A turn that runs ends with the error. */
  readonly finish: (error: DriverFailure) => void
}

interface Turn {
  text: string
  apart: boolean
  seen: number
  /** How it ends, whatever the agent says: it was told to stop. */
  ending?: "cancelled" | DriverFailure
  readonly requests: Set<string>
  readonly tools: Set<string>
  readonly unset: Array<() => void>
  readonly over: PromiseWithResolvers<void>
}

/** How long an agent may take to stop its turn when asked to. */
export const interruptGraceMs = 5000

const minutes = (ms: number): string => (ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`)

/** The events of a conversation turn by turn, whatever its agent says out of turn; one that says nothing for `stallMs` has its turn failed. */
export const makeTurnKeeper = ({ name, stallMs, timers, interrupt, abandon }: TurnKeeperOptions): TurnKeeper => {
  const out = makeOutbox<DriverEvent>()
  let turn: Turn | undefined

  const emit = (event: AgentEvent): void => out.push({ type: "agent", event })
  const endOf = (end: TurnEnd, ending: Turn["ending"]): TurnEnd => {
    if (ending === undefined) return end
    if (ending !== "cancelled") return { error: ending }
    return "error" in end ? { stop: "cancelled" } : end
  }
  const end: TurnKeeper["end"] = (how, more = {}) => {
    const ended = turn
    if (ended === undefined) return
    turn = undefined
    for (const unset of ended.unset) unset()
    for (const call_id of ended.tools) emit({ kind: "cap.tool_call.end", call_id, is_error: true })
    ended.over.resolve()
    const text = ended.text === "" && more.output !== undefined ? JSON.stringify(more.output) : ended.text
    out.push({ type: "turn.ended", end: endOf(how, ended.ending), text, ...more })
  }
  const stop = (stopped: Turn, ending: NonNullable<Turn["ending"]>): void => {
    if (stopped.ending !== undefined) return
    stopped.ending = ending
    stopped.unset.push(timers.after(interruptGraceMs, abandon))
    interrupt()
  }
  const watch = (watched: Turn, ms: number): void => {
    watched.unset.push(
      timers.after(ms, () => {
        if (turn !== watched) return
        const waits = watched.requests.size + watched.tools.size > 0
        const left = waits ? stallMs : watched.seen + stallMs - timers.now()
        if (left > 0) watch(watched, left)
        else stop(watched, failed("timeout", `${name} said nothing for ${minutes(stallMs)}`))
      }),
    )
  }
  const touch = (): void => {
    if (turn !== undefined) turn.seen = timers.now()
  }

  return {
    events: out,
    room: out.room,
    running: () => turn !== undefined,
    idle: () => turn?.over.promise ?? Promise.resolve(),
    touch,
    begin: () => {
      end({ error: failed("driver_error", "the next prompt came before the turn had ended") })
      turn = { text: "", apart: false, seen: timers.now(), requests: new Set(), tools: new Set(), unset: [], over: Promise.withResolvers() }
      watch(turn, stallMs)
    },
    say: (text) => {
      if (text === "") return
      const said = turn?.apart === true && turn.text !== "" ? `\n${text}` : text
      if (turn !== undefined) {
        turn.apart = false
        turn.text += said
      }
      emit({ kind: "cap.text_chunk", text: said, channel: "assistant" })
    },
    paragraph: () => {
      if (turn !== undefined) turn.apart = true
    },
    emit,
    handle: (resume) => out.push({ type: "session.handle", resume }),
    ask: (request, event) => {
      turn?.requests.add(request)
      emit(event)
    },
    settled: (request) => {
      turn?.requests.delete(request)
      touch()
    },
    toolStarted: (call_id, tool, input) => {
      turn?.tools.add(call_id)
      emit({ kind: "cap.tool_call.start", call_id, name: tool, input })
    },
    toolEnded: (call_id, is_error) => {
      if (turn?.tools.delete(call_id) !== true) return
      touch()
      emit({ kind: "cap.tool_call.end", call_id, is_error })
    },
    end,
    cancel: () => {
      if (turn !== undefined) stop(turn, "cancelled")
    },
    finish: (error) => {
      end({ error })
      out.end()
    },
  }
}
