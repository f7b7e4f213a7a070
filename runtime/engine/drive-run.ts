/**
 * Drives a run, a new one or one that is taken up again. One fiber owns the machine: it takes facts in batches, steps them, writes facts and
 * events down in one append, and only then shows the events and carries out the commands. The scope it is driven in owns the run: closing it cancels the fleet.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Session } from "#ir"
import type { JournalRecord, Lease } from "../journal/journal.ts"
import { step, type State } from "../machine/index.ts"
import type { Command, Fact, Rejection } from "../machine/protocol.ts"
import { atMost } from "./bounded.ts"
import { makeInbox, type Letter } from "./inbox.ts"
import { makeOutcome } from "./outcome.ts"
import type { Places } from "./places.ts"
import type { FactBody, RunHandle, RunOptions, RunResult } from "./run.ts"
import { openSession, type LiveSession, type SessionHost } from "./session.ts"
import { makeSubscribers } from "./subscribers.ts"
import { makeTimers } from "./timers.ts"

const defaultBuffer = 1024
/** How long closing the scope waits for the fleet to end by itself: the grace time of an agent, twice, and what a workspace takes. */
const shutdownLimitMs = 30_000

const runEnded: Rejection = { code: "run_ended", message: "the run has ended" }

export interface Driven {
  readonly options: RunOptions
  readonly run: string
  readonly lease: Lease
  /** Where the machine goes on from. */
  readonly state: State
  readonly places: Places
  /** What happens first. */
  readonly first: FactBody
}

export const driveRun = ({ options, run: id, lease, state: initial, places, first }: Driven): Effect.Effect<RunHandle, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { ir, journal } = options
    const clock = yield* Clock.Clock
    const context = yield* Effect.context<never>()
    const fork = Effect.runForkWith(context)
    const promise = Effect.runPromiseWith(context)

    const inbox = yield* makeInbox(promise)
    const subscribers = makeSubscribers(initial.seq)
    const outcome = makeOutcome(initial)
    const declared = new Map<string, Session>(ir.sessions.map((session) => [session.id, session]))
    const sessions = new Map<string, LiveSession>()
    const timers = makeTimers(clock, fork, (timer) => void inbox.post({ type: "timer.fired", timer }))
    const host: SessionHost = { run: id, ir, drivers: options.drivers, places, env: options.env ?? {}, post: inbox.post, fork }
    const done = yield* Deferred.make<RunResult>()

    const execute = (command: Command): void => {
      switch (command.type) {
        case "session.open": {
          const about = declared.get(command.declared)
          if (about !== undefined) sessions.set(command.session, openSession(host, command, about, sessions.get(command.session)?.fiber))
          return
        }
        case "turn.start":
          return sessions.get(command.session)?.startTurn(command)
        case "turn.cancel":
          return sessions.get(command.session)?.cancelTurn(command.turn)
        case "session.message":
          return sessions.get(command.session)?.tell({ type: "message", text: command.text })
        case "session.answer":
          return sessions.get(command.session)?.tell({ type: "answer", request: command.agentRequest, reply: command.reply })
        case "session.close":
          return sessions.get(command.session)?.close(command.workspace)
        case "timer.set":
          return timers.set(command.timer, command.at)
        case "timer.clear":
          return timers.clear(command.timer)
        case "route.ask":
          void inbox.post({ type: "plugin.routed", request: command.request, answer: { error: { kind: "routing_error", message: `no router \`${command.plugin.use}\`` } } })
          return
        case "run.end":
          return
      }
    }

    const machine = Effect.gen(function* () {
      let state = initial
      let at = initial.at
      for (;;) {
        const letters = yield* Queue.takeAll(inbox.queue)
        at = Math.max(at, clock.currentTimeMillisUnsafe())
        const records: Array<JournalRecord> = []
        const commands: Array<Command> = []
        const answers: Array<() => void> = []
        for (const { fact: body, answer } of letters) {
          const fact: Fact = { ...body, at }
          const next = step(ir, state, fact)
          state = next.state
          commands.push(...next.commands)
          if (next.rejection === undefined) records.push({ fact, events: next.events })
          if (answer !== undefined) answers.push(() => answer(next.rejection))
        }
        if (records.length > 0) yield* journal.append(lease, records)
        for (const { events } of records) {
          for (const event of events) {
            outcome.see(event)
            options.onEvent?.(event)
          }
          subscribers.publish(events)
        }
        for (const answer of answers) answer()
        for (const command of commands) execute(command)
        if (outcome.ended()) return
      }
    })

    /** Stops everything the run holds; nothing of it is left when this is done. */
    const releaseEverything = Effect.gen(function* () {
      timers.clearAll()
      const late: ReadonlyArray<Letter> = yield* Queue.clear(inbox.queue)
      yield* Queue.shutdown(inbox.queue)
      for (const { answer } of late) answer?.(runEnded)
      for (const session of sessions.values()) session.close("keep")
      yield* Fiber.awaitAll([...sessions.values()].map((session) => session.fiber))
      yield* places.releaseAll
    })

    const whole = machine.pipe(
      Effect.matchCause({
        onSuccess: () => undefined,
        onFailure: (cause) => {
          const error = Cause.squash(cause)
          if (Cause.hasInterruptsOnly(cause)) return "the run was stopped before it could end"
          return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
        },
      }),
      Effect.flatMap((broken) =>
        Effect.andThen(
          releaseEverything,
          Effect.suspend(() => {
            subscribers.end()
            return Deferred.succeed(done, outcome.result(id, places, broken))
          }),
        ),
      ),
    )

    void inbox.post(first)
    const fiber = yield* Effect.forkDetach(whole, { uninterruptible: false })
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        if (fiber.pollUnsafe() !== undefined) return Effect.void
        void inbox.post({ type: "cancel", target: { kind: "fleet" }, reason: { code: "shutdown" } })
        return atMost(Fiber.await(fiber), shutdownLimitMs)
      }),
    )

    const send: RunHandle["send"] = (command) =>
      Effect.callback<Rejection | undefined>((resume) => {
        const letter: Letter = { fact: command, answer: (rejection) => resume(Effect.succeed(rejection)) }
        if (Queue.offerUnsafe(inbox.queue, letter)) return
        fork(Effect.flatMap(Queue.offer(inbox.queue, letter), (taken) => Effect.sync(() => (taken ? undefined : resume(Effect.succeed(runEnded))))))
      })

    const events: RunHandle["events"] = ({ buffer = defaultBuffer } = {}) =>
      Stream.unwrap(
        Effect.suspend(() => {
          const live = subscribers.subscribe(buffer)
          if (live.after === 0) return Effect.succeed(live.stream)
          return Effect.map(journal.read(id), (records) =>
            Stream.concat(Stream.fromArray(records.flatMap((record) => record.events).filter((event) => event.seq <= live.after)), live.stream),
          )
        }),
      )

    return { id, send, events, result: Deferred.await(done) }
  })
