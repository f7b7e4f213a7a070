/**
 * Drives a run, a new one or one that is taken up again. One fiber owns the machine: it takes facts in batches, steps them, writes facts and
 * events down in one append, and only then shows the events and carries out the commands. The scope it is driven in owns the run: closing it cancels the fleet.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Session } from "#ir"
import { JournalError, type CommandAnswer, type ControlChannel, type JournalRecord, type Lease } from "../journal/journal.ts"
import { foldFrom, type State } from "../machine/index.ts"
import type { Command, Fact, Rejection } from "../machine/protocol.ts"
import { reservedVariables } from "../policy/hidden-values.ts"
import { makeCapabilityIssuer } from "../trust/capability.ts"
import { makePolice } from "../policy/police.ts"
import { makeAskers } from "./askers.ts"
import { askRouter, type RouterHost } from "./ask-router.ts"
import { attendControl } from "./attend-control.ts"
import { atMost } from "./bounded.ts"
import { makeClashWatch } from "./clash-watch.ts"
import { clearCommand, mustBeCleared } from "./clear-command.ts"
import { snapshotOf } from "./fold-run.ts"
import { notePlaces, type HeldPlaces } from "./held-places.ts"
import { makeInbox, type Letter } from "./inbox.ts"
import { makeLateWork } from "./late-work.ts"
import { makeOutcome } from "./outcome.ts"
import type { Places } from "./places.ts"
import { readCommand, unreadable } from "./read-command.ts"
import type { FactBody, RunHandle, RunOptions, RunResult } from "./run.ts"
import type { SessionHost } from "./session-host.ts"
import { LiveSession } from "./session.ts"
import { spendingOf } from "./spending.ts"
import { startSinks } from "./sinks.ts"
import { makeSubscribers } from "./subscribers.ts"
import { makeTimers } from "./timers.ts"
import { traceVariables } from "./trace-context.ts"

const defaultBuffer = 1024
/** How long a capability token holds; a driver renews it after waiting for a person. */
const capabilityMs = 15 * 60_000
/** Records from one snapshot to the next, which is what is folded at most when the run is taken up. A snapshot costs as much as the state is large. */
const snapshotEvery = (state: State): number => 2000 + 4 * state.sessions.size
/** How long closing the scope waits for the fleet to end by itself: the grace time of an agent, twice, and what a workspace takes. */
const shutdownLimitMs = 30_000

const settled = (room: Promise<void> | undefined): Effect.Effect<void> => (room === undefined ? Effect.void : Effect.promise(() => room))

const runEnded: Rejection = { code: "run_ended", message: "the run has ended" }

/** The run is not over, and this process has nothing to do with it any more. */
const runStopped = (run: string, why: string, takenOver: boolean): Rejection => ({
  code: "run_stopped",
  message: takenOver
    ? `another process has taken run ${run} over and drives it now: say it to that one`
    : `this process had to stop run ${run} (${why}), which is not over: fleetwright resume ${run}`,
})

/** Whoever asks at the very end is told, too. */
const refuseLate = (control: ControlChannel, lease: Lease): Effect.Effect<void, JournalError> =>
  Effect.flatMap(control.pending(lease, 0), (late) => control.answer(late.map(({ id }) => ({ id, rejection: runEnded }))))

export interface Driven {
  readonly options: RunOptions
  readonly run: string
  readonly lease: Lease
  /** Where the machine goes on from. */
  readonly state: State
  readonly places: Places
  /** The workspaces it held in a former life. */
  readonly held?: HeldPlaces
  /** How many records are written. */
  readonly records: number
  /** What happens first, in order. */
  readonly first: ReadonlyArray<FactBody>
}

export const driveRun = ({
  options,
  run: id,
  lease,
  state: initial,
  places,
  held: before,
  records: written,
  first,
}: Driven): Effect.Effect<RunHandle, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { ir, journal } = options
    const clock = yield* Clock.Clock
    const context = yield* Effect.context<never>()
    const fork = Effect.runForkWith(context)

    const police = makePolice(id, ir, options.policies ?? {}, options.env)
    const inbox = makeInbox()
    const subscribers = makeSubscribers(initial.seq)
    const outcome = makeOutcome(initial)
    const askers = makeAskers(initial)
    const declared = new Map<string, Session>(ir.sessions.map((session) => [session.id, session]))
    const sessions = new Map<string, LiveSession>()
    const timers = makeTimers(clock, fork, (timer) => void inbox.post({ type: "timer.fired", timer }))
    const telemetry =
      options.telemetry === undefined ? undefined : yield* (yield* Effect.promise(() => import("./telemetry.ts"))).makeTelemetry(options, id, initial.at)
    const trace: SessionHost["trace"] = (session) => traceVariables(telemetry?.traceparent(session) ?? options.traceparent, options)
    const issuer = makeCapabilityIssuer(capabilityMs)
    const lateWork = makeLateWork(before, (fact) => void inbox.post(fact))
    places.onCommitted(lateWork.note)
    const clashWatch = makeClashWatch(
      () => clock.currentTimeMillisUnsafe(),
      async (session) => {
        // A warning that cannot be had is none.
        for (const clash of await places.clashes(session, "now").catch(() => []))
          void inbox.post({ type: "workspace.clashed", session, ...clash, refused: false })
      },
    )
    let stateNow = (): State => initial
    const host: SessionHost = {
      issuer,
      now: () => clock.currentTimeMillisUnsafe(),
      spending: (session) => spendingOf(ir, stateNow(), session),
      run: id,
      epoch: lease.epoch,
      ir,
      drivers: options.drivers,
      places,
      police,
      env: options.env ?? {},
      reserved: reservedVariables(ir),
      trace,
      post: inbox.post,
      fork,
      promise: Effect.runPromiseWith(context),
    }
    const routing: RouterHost = { run: id, epoch: lease.epoch, ir, routers: options.routers ?? {}, root: options.root, env: options.env ?? {}, police }
    /** Questions to routing plugins and policy packs that nobody has answered yet. */
    const asking = new Set<Fiber.Fiber<void>>()
    const askOutside = (question: Effect.Effect<FactBody>): void => {
      const fiber = fork(Effect.flatMap(question, (fact) => settled(inbox.post(fact))))
      asking.add(fiber)
      fiber.addObserver(() => void asking.delete(fiber))
    }
    const sunk =
      options.sinks === undefined
        ? Effect.void
        : startSinks({
            run: id,
            ir,
            sinks: options.sinks,
            subscribe: (capacity) => subscribers.subscribe(capacity).stream,
            fork,
            problem: (text) => options.onSinkProblem?.(text),
          })
    const held = new Map(before)
    const done = yield* Deferred.make<RunResult>()

    const execute = (command: Command, state: () => State): void => {
      switch (command.type) {
        case "session.open": {
          const about = declared.get(command.declared)
          if (about !== undefined) sessions.set(command.session, new LiveSession(host, command, about, sessions.get(command.session)))
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
          return askOutside(askRouter(routing, command, state()))
        case "policy.ask": {
          const { request, boundary, payload, session, declared: of } = command
          const asker = { ...(session === undefined ? {} : { session }), ...(of === undefined ? {} : { declared: of }) }
          return askOutside(
            Effect.map(police.ask(boundary, payload, asker), ({ decisions, payload: clean, denied }): FactBody => ({
              type: "policy.answered",
              request,
              decisions,
              ...(session === undefined ? {} : { session }),
              ...(denied === undefined ? { payload: clean } : { denied }),
            })),
          )
        }
        case "run.end":
          return
      }
    }

    let takenOver = false
    /** Taken, and not answered yet. */
    let inHand: ReadonlyArray<Letter> = []
    /** Commands that policies still look at. */
    const inClearing = new Map<Fiber.Fiber<void>, Letter>()
    let over = false

    const machine = Effect.gen(function* () {
      const folding = foldFrom(ir, initial)
      stateNow = folding.state
      let at = initial.at
      let count = written
      let kept = written
      const every = (state: State): number => options.snapshotEvery ?? snapshotEvery(state)
      let due = kept + every(initial)
      for (;;) {
        const letters = yield* inbox.takeAll
        inHand = letters
        at = Math.max(at, clock.currentTimeMillisUnsafe())
        const records: Array<JournalRecord> = []
        const commands: Array<Command> = []
        const answers: Array<() => void> = []
        const answered: Array<CommandAnswer> = []
        for (const { fact: body, answer, command, refusal } of letters) {
          const fact: Fact = { ...body, at }
          const { events, commands: following, rejection } = folding.take(fact)
          for (const command of following) commands.push(command)
          if (rejection === undefined) {
            records.push({ fact, events })
            notePlaces(held, fact, following)
          }
          const no = rejection ?? refusal
          if (answer !== undefined) answers.push(() => answer(no))
          if (command !== undefined) answered.push({ id: command, ...(no === undefined ? {} : { rejection: no }) })
        }
        if (records.length > 0 || answered.length > 0) yield* journal.append(lease, records, answered)
        count += records.length
        for (const { events, fact } of records) {
          lateWork.written(fact)
          for (const event of events) {
            outcome.see(event)
            clashWatch.see(event)
            askers.see(event)
            telemetry?.see(event)
            options.onEvent?.(event)
          }
          subscribers.publish(events)
        }
        inHand = []
        for (const answer of answers) answer()
        for (const command of commands) execute(command, folding.state)
        if (outcome.ended()) return
        if (count < due) continue
        const state = folding.state()
        due = kept + every(state)
        if (count < due) continue
        kept = count
        due = kept + every(state)
        yield* journal.keepSnapshot(lease, snapshotOf(ir, { state, held, records: count }))
      }
    })

    /** Stops everything the run holds; nothing of it is left when this is done. */
    const releaseEverything = (broken: string | undefined) =>
      Effect.gen(function* () {
        timers.clearAll()
        const late = broken === undefined ? runEnded : runStopped(id, broken, takenOver)
        for (const fiber of asking) fiber.interruptUnsafe()
        over = true
        for (const [fiber, { answer }] of inClearing) {
          fiber.interruptUnsafe()
          answer?.(late)
        }
        for (const { answer } of inHand) answer?.(late)
        inbox.close(late)
        // Who is not answered sees that the run has ended; while it has not, the next process answers.
        if (journal.control !== undefined && broken === undefined) yield* Effect.ignore(refuseLate(journal.control, lease))
        for (const session of sessions.values()) session.close("keep")
        yield* Fiber.awaitAll([...sessions.values()].map((session) => session.fiber))
        // Whoever took the run over works in its places now.
        if (!takenOver) yield* places.releaseAll
        const at = Math.max(stateNow().at, clock.currentTimeMillisUnsafe())
        const commits = lateWork.left().map((fact): JournalRecord => ({ fact: { ...fact, at }, events: [] }))
        // A journal that cannot be written has stopped the run already, and the work is on its branch.
        if (commits.length > 0) yield* Effect.catchCause(journal.append(lease, commits), () => Effect.void)
        // One that cannot be given back is given up with this process.
        yield* Effect.ignore(journal.release(lease))
      })

    /** A command goes in once policies have looked at it; who has another does not wait for that. */
    const admit = (letter: Letter): Promise<void> | undefined => {
      if (over || !mustBeCleared(police, letter.fact)) return inbox.put(letter)
      const fiber = fork(Effect.flatMap(clearCommand(police, letter.fact, askers.of), (cleared) => settled(inbox.put({ ...letter, ...cleared }))))
      inClearing.set(fiber, letter)
      fiber.addObserver(() => void inClearing.delete(fiber))
      return undefined
    }

    const attended =
      journal.control === undefined
        ? machine
        : Effect.raceFirst(
            machine,
            attendControl(journal.control, lease, (letter) => Effect.suspend(() => settled(admit(letter)))),
          )
    const whole = attended.pipe(
      Effect.matchCause({
        onSuccess: () => undefined,
        onFailure: (cause) => {
          const error = Cause.squash(cause)
          takenOver = error instanceof JournalError && error.reason === "stale_writer"
          if (Cause.hasInterruptsOnly(cause)) return "the run was stopped before it could end"
          return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
        },
      }),
      Effect.flatMap((broken) =>
        Effect.andThen(
          releaseEverything(broken),
          Effect.suspend(() => {
            subscribers.end()
            telemetry?.close()
            return Effect.andThen(Deferred.succeed(done, outcome.result(id, places, broken)), sunk).pipe(Effect.andThen(Effect.sync(() => options.onOver?.())))
          }),
        ),
      ),
    )

    for (const fact of first) void inbox.post(fact)
    const fiber = yield* Effect.forkDetach(whole, { uninterruptible: false })
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        if (fiber.pollUnsafe() !== undefined) return Effect.void
        void inbox.post({ type: "cancel", target: { kind: "fleet" }, reason: { code: "shutdown" } })
        return atMost(Fiber.await(fiber), shutdownLimitMs)
      }),
    )

    const send: RunHandle["send"] = (given) => {
      const command = readCommand(given)
      if (command === undefined) return Effect.succeed(unreadable)
      return Effect.callback<Rejection | undefined>((resume) => {
        void admit({ fact: command, answer: (rejection) => resume(Effect.succeed(rejection)) })
      })
    }

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
