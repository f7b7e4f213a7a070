/**
 * Takes up a run whose process died (runtime.md 4): what it left running is stopped, its workspaces are made safe, its state is folded from
 * the journal; only then does anything start again. A run that a living process drives is not touched.
 */
import { existsSync } from "node:fs"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Ir } from "#ir"
import type { JournalError, Lease, RunEntry } from "../journal/journal.ts"
import type { State } from "../machine/index.ts"
import type { CancelReason, FleetEvent } from "../machine/protocol.ts"
import { clearReason } from "./clear-command.ts"
import { driveRun } from "./drive-run.ts"
import { foldRun, irOf } from "./fold-run.ts"
import { makePolice } from "../policy/police.ts"
import { formerOf, type HeldPlaces } from "./held-places.ts"
import { makePlaces, type Places } from "./places.ts"
import { resolveDriver } from "./plugin-calls.ts"
import type { Drivers, FactBody, RunHandle, RunOptions } from "./run.ts"
import { sandboxProblem } from "./sandbox-problem.ts"
import { stopOrphans } from "./stop-orphans.ts"

export interface ResumeOptions extends Omit<RunOptions, "ir" | "inputs" | "task" | "root" | "run"> {
  readonly run: string
  /** Given: the run is cancelled instead of gone on with. What had still to be undone is left to people (`needs_review`). */
  readonly cancel?: CancelReason
  /** Stops the processes that owners before this one left and gives those it cannot stop; absent: by their marks in this system. */
  readonly stopLeft?: (lease: Lease) => Effect.Effect<ReadonlyArray<number>>
}

export type OpenRequest = Extract<FleetEvent, { readonly type: "request.opened" }>

export interface ResumedRun extends RunHandle {
  /** Requests from before that still wait for somebody, oldest first. Those opened from now on come as events. */
  readonly pending: ReadonlyArray<OpenRequest>
}

/** The run cannot be taken up: it is over, or what it left behind is in the way. */
export class NotResumable extends Data.TaggedError("NotResumable")<{
  readonly reason: "ended" | "orphans" | "no_root" | "no_sandbox"
  readonly message: string
  readonly entry: RunEntry
}> {}

const resumableSessions = (ir: Ir, state: State, drivers: Drivers): ReadonlyArray<string> => {
  const able = new Set(
    ir.sessions.flatMap(({ id, driver }) => {
      const found = resolveDriver(drivers, driver)
      return "plugin" in found && found.plugin.capabilities.resume ? [id] : []
    }),
  )
  return [...state.sessions.values()].flatMap(({ id, declared, resume }) => (resume !== undefined && able.has(declared) ? [id] : [])).sort()
}

/** A place whose path is gone was given back; one that cannot be taken up stays as it is, and its session finds out when it is opened. */
export const adoptPlaces = (ir: Ir, held: HeldPlaces, places: Places): Effect.Effect<void> => {
  const declared = new Map(ir.sessions.map((session) => [session.id, session]))
  return Effect.forEach(
    held,
    ([session, place]) => {
      const about = declared.get(place.declared)
      if (about === undefined || place.path === undefined || !existsSync(place.path)) return Effect.void
      return Effect.ignore(places.adopt(session, about, place))
    },
    { concurrency: 8, discard: true },
  )
}

/** Events of requests that nobody has answered. */
export const openRequests = (events: ReadonlyArray<FleetEvent>): ReadonlyArray<OpenRequest> => {
  const open = new Map<string, OpenRequest>()
  for (const event of events) {
    if (event.type === "request.opened") open.set(event.request, event)
    else if (event.type === "request.answered" || event.type === "request.withdrawn") open.delete(event.request)
  }
  return [...open.values()]
}

/** Fails with `JournalError` `run_alive` when a living process drives it, with `NotResumable` when there is nothing to go on with. */
export const resumeRun = (options: ResumeOptions): Effect.Effect<ResumedRun, JournalError | NotResumable, Scope.Scope> =>
  Effect.gen(function* () {
    const { run, journal, cancel, stopLeft = stopOrphans } = options
    const entry = yield* journal.about(run)
    const refuse = (reason: NotResumable["reason"], message: string) => Effect.fail(new NotResumable({ reason, message, entry }))
    if (entry.ended) return yield* refuse("ended", `run ${run} has ended: ${entry.status}`)
    const ir = yield* irOf(journal, run)
    const { root, inputs, task, forkedFrom } = yield* journal.origin(run)
    if (!existsSync(root)) return yield* refuse("no_root", `the directory of run ${run} is gone: ${root}`)
    // what is cancelled starts nobody
    const problem = cancel === undefined ? yield* sandboxProblem(ir, options.env) : undefined
    if (problem !== undefined) return yield* refuse("no_sandbox", problem)
    const lease = yield* journal.claim(run)
    return yield* Effect.gen(function* () {
      const { state, held, records } = yield* foldRun(journal, run, ir)
      const orphans = yield* stopLeft(lease)
      if (orphans.length > 0) return yield* refuse("orphans", `run ${run} left processes that cannot be stopped: ${orphans.join(", ")}`)
      const places = makePlaces(run, ir, root, options.workspaces, formerOf(run, held, forkedFrom !== undefined))
      yield* adoptPlaces(ir, held, places)
      const before = state.requests.some(({ open }) => open) ? openRequests((yield* journal.read(run)).flatMap(({ events }) => events)) : []
      const recovered: FactBody = { type: "run.recovered", resumable: resumableSessions(ir, state, options.drivers) }
      const police = makePolice(run, ir, options.policies ?? {}, options.env)
      const { policed } = police
      const begun: FactBody = { type: "run.begun", run, inputs, ...(task === undefined ? {} : { task }), ...(policed.length === 0 ? {} : { policed }) }
      const cancelled: ReadonlyArray<FactBody> =
        cancel === undefined ? [] : [{ type: "cancel", target: { kind: "fleet" }, ...(yield* clearReason(police, cancel)) }]
      // What is cancelled need not be begun again.
      const first = state.phase === "new" ? [begun, ...cancelled] : [...cancelled, recovered, ...goOn(state)]
      const handle = yield* driveRun({ options: { ...options, ir, root }, run, lease, state, places, held, records, first })
      const pending = before.filter(({ session }) => session === undefined || !wasLive(state, session))
      return { ...handle, pending }
    }).pipe(Effect.onError(() => Effect.ignore(journal.release(lease))))
  })

/** Whoever takes up a paused run wants it to go on; one that stands at a breakpoint still asks. */
const goOn = (state: State): ReadonlyArray<FactBody> => (state.paused && state.stoppedAt === undefined ? [{ type: "resume" }] : [])

/** What an agent asked during its turn is withdrawn with it. */
const wasLive = (state: State, session: string): boolean => state.sessions.get(session)?.current?.open === true
