/**
 * The driver that plays a script instead of starting an agent. Time is Effect's clock alone, so a fleet runs in virtual time;
 * the order within a turn is: events, permission, question, the time it takes, text, end.
 */
import type { Json } from "#ir"
import type { AgentEvent, Driver, DriverContext, DriverEvent, DriverHandle, Frame, Usage } from "#sdk"
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { turnAt, type Script, type ScriptedTurn } from "./script.ts"

export { readDuration, readScript, type ScriptResult } from "./read-script.ts"
export type { Script, ScriptedTurn } from "./script.ts"

type End = Extract<DriverEvent, { readonly type: "turn.ended" }>

const usageOf = (turn: ScriptedTurn): { readonly usage?: Usage } =>
  turn.usd === undefined && turn.tokens === undefined
    ? {}
    : {
        usage: {
          mode: turn.usage,
          ...(turn.usd === undefined ? {} : { usd: turn.usd }),
          ...(turn.tokens === undefined ? {} : { tokens: turn.tokens }),
        },
      }

const spoken = (turn: ScriptedTurn): string | undefined => turn.text ?? (turn.output === undefined ? undefined : JSON.stringify(turn.output))

const endOf = (turn: ScriptedTurn): End => {
  const text = spoken(turn)
  return {
    type: "turn.ended",
    end: turn.failure === undefined ? { stop: turn.stop } : { error: turn.failure },
    ...(text === undefined ? {} : { text }),
    ...(turn.output === undefined ? {} : { output: turn.output }),
    ...usageOf(turn),
  }
}

const marked = (event: AgentEvent, turn: ScriptedTurn): AgentEvent => (event.kind === "cap.usage" ? { mode: turn.usage, ...event } : event)

/** One conversation. `next` gives the turn for each prompt. */
const openSession = (next: () => ScriptedTurn): Effect.Effect<DriverHandle, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const queue = yield* Queue.unbounded<DriverEvent, Cause.Done>()
    const waiting = new Map<string, Deferred.Deferred<Json>>()
    let requests = 0
    let running: { ended: boolean; fiber?: Fiber.Fiber<void> } | undefined

    const emit = (event: DriverEvent) =>
      Effect.sync(() => {
        Queue.offerUnsafe(queue, event)
      })
    const ask = (event: (request: string) => AgentEvent, exit: boolean) =>
      Effect.gen(function* () {
        const request = `q${++requests}`
        const reply = yield* Deferred.make<Json>()
        waiting.set(request, reply)
        yield* emit({ type: "agent", event: event(request) })
        if (!exit) yield* Deferred.await(reply)
      })

    const play = (turn: ScriptedTurn, state: { ended: boolean }) =>
      Effect.gen(function* () {
        for (const event of turn.events) yield* emit({ type: "agent", event: marked(event, turn) })
        const { permission, question } = turn
        if (permission !== undefined) {
          const { tool, risk } = permission
          yield* ask((req_id) => ({ kind: "cap.permission.request", req_id, tool, risk_level: risk, scope: "execute" }), turn.exit)
        }
        if (question !== undefined) yield* ask((req_id) => ({ kind: "cap.ask_user", ask_id: req_id, prompt: question }), turn.exit)
        if (turn.afterMs > 0) yield* Effect.sleep(turn.afterMs)
        const text = spoken(turn)
        if (text !== undefined) yield* emit({ type: "agent", event: { kind: "cap.text_chunk", text, channel: "assistant" } })
        if (turn.hang) return yield* Effect.never
        // The end and the note of it are one step: a cancel sees a turn that runs or one that is over.
        yield* Effect.sync(() => {
          state.ended = true
          if (turn.exit) Queue.endUnsafe(queue)
          else Queue.offerUnsafe(queue, endOf(turn))
        })
      })

    const stop = Effect.gen(function* () {
      const turn = running
      running = undefined
      waiting.clear()
      if (turn?.fiber !== undefined) yield* Fiber.interrupt(turn.fiber)
      return turn !== undefined && !turn.ended
    })
    const cancel = Effect.gen(function* () {
      if (yield* stop) yield* emit({ type: "turn.ended", end: { stop: "cancelled" } })
    })

    const send = (frame: Frame): Effect.Effect<void> => {
      switch (frame.type) {
        case "prompt":
          return Effect.gen(function* () {
            yield* cancel
            const state: NonNullable<typeof running> = { ended: false }
            running = state
            state.fiber = yield* Effect.forkIn(play(next(), state), scope)
          })
        case "answer":
          return Effect.suspend(() => {
            const reply = waiting.get(frame.request)
            waiting.delete(frame.request)
            return reply === undefined ? Effect.void : Effect.asVoid(Deferred.succeed(reply, frame.reply))
          })
        case "cancel":
          return cancel
        case "message":
          return Effect.void
      }
    }

    const close = stop.pipe(Effect.andThen(Queue.end(queue)), Effect.asVoid)
    return { send, events: Stream.fromQueue(queue), close: () => close }
  })

/**
 * A driver that plays `script`. It counts the prompts of each session of each run across conversations, so a retry
 * in a new conversation gets the next turn. A session without turns, or past its last, says `ok`, unless the last is said `again`.
 */
export const makeScripted = (script: Script): Driver => {
  const played = new Map<string, number>()
  const open = ({ run, session }: DriverContext<unknown>) => {
    const key = JSON.stringify([run, session])
    const next = (): ScriptedTurn => {
      const position = played.get(key) ?? 0
      played.set(key, position + 1)
      return turnAt(script, session, position)
    }
    const { startsMs } = turnAt(script, session, played.get(key) ?? 0)
    const opened = openSession(next)
    // an agent that is stopped before it has started has had its entry
    return startsMs === 0
      ? opened
      : Effect.sleep(startsMs).pipe(
          Effect.onInterrupt(() => Effect.sync(next)),
          Effect.andThen(opened),
        )
  }
  return {
    capabilities: {
      model: true,
      systemPrompt: true,
      maxTurns: true,
      resume: false,
      queuedInput: true,
      cancelTurn: true,
      permission: true,
      structuredOutput: true,
      usage: "delta",
    },
    open,
  }
}
