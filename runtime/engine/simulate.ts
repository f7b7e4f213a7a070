/**
 * The same engine in virtual time: every driver replaced by one that plays a script, no workspace, no waiting, a journal in memory.
 * With faults the process that runs the fleet may die; then the next one takes the run up.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import type { Ir, Json } from "#ir"
import type { Workspace } from "#sdk"
import type { JournalError, JournalShape } from "../journal/journal.ts"
import { makeMemoryJournal } from "../journal/memory.ts"
import { initialState } from "../machine/index.ts"
import type { FleetEvent, Rejection } from "../machine/protocol.ts"
import type { InvalidStart } from "./beginning.ts"
import { makePatience, type GoesOnForEver } from "./endless.ts"
import { faultyDriver, faultyJournal, faultyPolicies, faultyRouters, faultySinks, faultyWorkspaces } from "./inject-faults.ts"
import { makeOutcome } from "./outcome.ts"
import { resumeRun, type NotResumable } from "./resume-run.ts"
import type { AnyDriver, AnyWorkspaceProvider, Policies, Routers, RunHandle, RunResult, UserCommand } from "./run.ts"
import { readDuration } from "./duration.ts"
import { seededRandom } from "./seeded-random.ts"
import type { OutsideScript } from "./script.ts"
import { makePeople, sendThrough } from "./scripted-people.ts"
import { startRun } from "./start-run.ts"
import { tidyRun } from "./tidy-run.ts"
import { makeVirtualWorld, WaitsForEver } from "./virtual-time.ts"

export interface SimulateOptions {
  /** Plays every session. */
  readonly driver: AnyDriver
  readonly outside?: OutsideScript
  readonly inputs?: { readonly [name: string]: Json }
  readonly task?: string
  readonly root?: string
  readonly policies?: Policies
  readonly routers?: Routers
  /** Nobody is there: requests without a scripted reply are declined. */
  readonly headless?: boolean
  /** Called for every event as it happens; for one that a process wrote down and died before it could show it, when the next has begun. */
  readonly onEvent?: (event: FleetEvent) => void
  /** Called for every scripted reply or command that the run refuses. */
  readonly onRefused?: (command: UserCommand, why: Rejection) => void
  /** Instead of places where nothing is kept. */
  readonly workspaces?: AnyWorkspaceProvider
  /** Instead of one in memory, or in a file that goes, which nobody sees. Through one with a control channel people speak as from another process. */
  readonly journal?: JournalShape
  /** Of a fleet that may never end: how often one rule may be reached until the run is given up. Absent: the run is waited for. */
  readonly patience?: number
  /** Runs beside the fleet, once for every process, and ends with it. */
  readonly beside?: (handle: RunHandle) => Effect.Effect<void>
}

export interface Simulation {
  readonly events: ReadonlyArray<FleetEvent>
  readonly result: RunResult
  /** Sleeps that were left behind by processes that were not killed: an engine that cleans up after itself leaves none. */
  readonly asleep: number
}

const run = "simulation"
const standstillMs = 1000

const nowhere: AnyWorkspaceProvider = {
  isolated: true,
  acquire: async ({ root }): Promise<Workspace> => ({
    path: root,
    snapshot: async () => undefined,
    diff: async () => "",
    release: async () => ({}),
  }),
}

/** One provider or driver under every name. */
const always = <P>(names: ReadonlyArray<string>, plugin: P): { readonly [name: string]: P } => Object.fromEntries(names.map((name) => [name, plugin]))

const withoutConfig = <P extends { readonly config?: unknown }>({ config: _config, ...plugin }: P): Omit<P, "config"> => plugin

/** What the last events leave open. */
const awaited = (events: ReadonlyArray<FleetEvent>): string => {
  const requests = new Map<string, string>()
  const turns = new Set<string>()
  let paused = false
  for (const event of events) {
    if (event.type === "request.opened")
      requests.set(event.request, `nobody answers request ${event.request} (${event.kind}${event.prompt === undefined ? "" : `: ${event.prompt}`})`)
    else if (event.type === "request.answered" || event.type === "request.withdrawn") requests.delete(event.request)
    else if (event.type === "turn.started") turns.add(event.session)
    else if (event.type === "turn.done" || event.type === "turn.failed" || event.type === "turn.cancelled") turns.delete(event.session)
    else if (event.type === "run.paused" || event.type === "run.resumed") paused = event.type === "run.paused"
  }
  if (requests.size > 0) return [...requests.values()].join("; ")
  return paused ? "it is paused" : `the turn of ${[...turns].join(", ")} never ends, and there is no timeout`
}

/**
 * Rejects with `InvalidStart`, with `WaitsForEver` when nothing can happen any more, with `GoesOnForEver` when it was waited long enough, or for a
 * defect: what agents do wrong is in the events.
 */
export const simulate = (ir: Ir, options: SimulateOptions): Promise<Simulation> => {
  const { journal, outside } = options
  if (journal !== undefined) return simulateIn(journal, ir, options)
  if (outside?.faults?.journal === undefined) return simulateIn(makeMemoryJournal(), ir, options)
  return Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const { makeTemporaryJournal } = yield* Effect.promise(() => import("../journal/temporary.ts"))
        const own = yield* makeTemporaryJournal
        return yield* Effect.tryPromise({ try: () => simulateIn(own, ir, options), catch: (error) => error })
      }),
    ),
  )
}

const simulateIn = async (journal: JournalShape, declared: Ir, options: SimulateOptions): Promise<Simulation> => {
  const { outside = { replies: [], commands: [] }, beside } = options
  const { faults = {} } = outside
  const sinks = faultySinks(faults.sinks)
  const ir = faults.sinks === undefined ? declared : { ...declared, sinks: [...declared.sinks, ...Object.keys(sinks).map((use) => ({ use, with: {} }))] }
  let gaveUp: GoesOnForEver | undefined
  const patience =
    options.patience === undefined
      ? undefined
      : makePatience(options.patience, (why) => {
          gaveUp ??= why
          world.kill()
        })
  const world = makeVirtualWorld({
    ...(faults.seed !== undefined && { random: seededRandom(faults.seed) }),
    ...(patience !== undefined && { onWake: patience.wake }),
  })
  const people = makePeople(outside, options.headless === true, world, (command, why) => options.onRefused?.(command, why))
  const events: Array<FleetEvent> = []
  const onEvent = (event: FleetEvent) => {
    // a process that takes a run up shows only what is new
    if (event.seq <= (events.at(-1)?.seq ?? 0)) return
    events.push(event)
    options.onEvent?.(event)
    patience?.see(event)
    people.see(event)
  }
  const engine = {
    drivers: always(
      ir.sessions.map((session) => session.driver.use),
      faultyDriver(withoutConfig(options.driver), faults.drivers),
    ),
    workspaces: always(
      ir.sessions.map((session) => session.workspace.use),
      faultyWorkspaces(options.workspaces ?? nowhere, faults.workspaces),
    ),
    run,
    stopLeft: () => Effect.succeed([]),
    onEvent,
    sinks,
    ...(faults.snapshots === undefined ? {} : { snapshotEvery: faults.snapshots }),
    ...(options.policies === undefined ? {} : { policies: faultyPolicies(options.policies, faults.policies) }),
    ...(options.routers === undefined ? {} : { routers: faultyRouters(options.routers, faults.routers) }),
  }
  const given = { ...(options.inputs === undefined ? {} : { inputs: options.inputs }), ...(options.task === undefined ? {} : { task: options.task }) }

  const { control } = journal
  const through = control === undefined ? undefined : sendThrough(control, run)
  const stuck = () => new WaitsForEver(`the run waits for ever: ${awaited(events)}`)
  /** The engine looks into its control channel for ever: when nobody else sleeps any more and nothing happens, nothing will. */
  const noticeStandstill = Effect.gen(function* () {
    for (let quiet = 0, before = 0; quiet < 3; before = events.length) {
      yield* Effect.sleep(standstillMs)
      quiet = world.asleep() > 1 || events.length > before ? 0 : quiet + 1
    }
    return yield* Effect.die(stuck())
  })

  /** Everything that this process is to the run. */
  const life = (own: JournalShape, start: Effect.Effect<RunHandle, JournalError | InvalidStart | NotResumable, Scope.Scope>) =>
    Effect.gen(function* () {
      const missed = (yield* journal.runs()).length === 0 ? [] : yield* own.read(run)
      for (const event of missed.flatMap((record) => record.events)) onEvent(event)
      const handle = yield* start
      const scope = yield* Effect.scope
      const fork = Effect.runForkWith(yield* Effect.context<never>())
      const inLife = (effect: Effect.Effect<void>) => void fork(Effect.forkIn(effect, scope))
      people.turnTo(through ?? handle.send, inLife)
      for (const { at, by } of faults.clock ?? []) {
        const wait = (readDuration(at) ?? 0) - world.elapsed()
        if (wait >= 0) inLife(Effect.map(Effect.sleep(wait), () => world.setClock(by)))
      }
      if (beside !== undefined) inLife(beside(handle))
      return yield* control === undefined ? handle.result : Effect.raceFirst(handle.result, noticeStandstill)
    })

  let asleep = 0
  for (let lives = 0; ; lives++) {
    const end = faults.ends?.[lives]
    const own = faultyJournal(journal, world, end)
    const start = lives === 0 ? startRun({ ...engine, ...given, ir, journal: own, root: options.root ?? "/" }) : resumeRun({ ...engine, journal: own })
    const exit = await world.run(Effect.scoped(life(own, start))).catch((error: unknown) => {
      throw error instanceof WaitsForEver ? stuck() : error
    })
    if (gaveUp !== undefined) throw gaveUp
    if (exit !== undefined && Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    if (exit !== undefined) asleep += world.asleep()
    const { ended } = await known(journal)
    if (exit !== undefined && (ended || end === undefined)) return { events, result: exit.value, asleep }
    world.pass(readDuration(end?.down ?? 0) ?? 0)
    if (!ended) continue
    // it was killed after its last word: somebody tidies up, and the result is what stands written
    const tidied = await world.run(Effect.andThen(tidyRun({ ...engine, journal }), journal.read(run)))
    if (tidied !== undefined && Exit.isFailure(tidied)) throw Cause.squash(tidied.cause)
    const outcome = makeOutcome(initialState(ir))
    for (const event of tidied?.value.flatMap((record) => record.events) ?? []) {
      onEvent(event)
      outcome.see(event)
    }
    return {
      events,
      result: outcome.result(run, { branchOf: () => undefined, keptOf: () => undefined, goneOf: () => undefined }, undefined),
      asleep: asleep + world.asleep(),
    }
  }
}

const known = (journal: JournalShape) => Effect.runPromise(journal.about(run))
