/** Runs a case on the engine and keeps what can be seen from outside of it. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { compile, type Diagnostic } from "#compiler"
import type { Ir, Json } from "#ir"
import { builtinPolicies, silentModels } from "#plugins"
import { makeScripted, readScript, type Script } from "#plugins/drivers/scripted/index.ts"
import { builtinManifests } from "#plugins/loader/builtin-manifests.ts"
import type { DriverEvent, DriverHandle, Frame } from "#sdk"
import { InvalidStart } from "../../runtime/engine/beginning.ts"
import { replayRun, type Replay } from "../../runtime/engine/replay-run.ts"
import type { AnyDriver, AnyWorkspaceProvider, Lagged } from "../../runtime/engine/run.ts"
import { readOutsideScript, type OutsideScript } from "../../runtime/engine/script.ts"
import { simulate, type Simulation } from "../../runtime/engine/simulate.ts"
import type { JournalRecord, JournalShape } from "../../runtime/journal/journal.ts"
import { makeMemoryJournal } from "../../runtime/journal/memory.ts"
import { makeTemporaryJournal } from "../../runtime/journal/temporary.ts"
import type { FleetEvent } from "../../runtime/machine/protocol.ts"
import { scriptOf, type Case } from "./cases.ts"
import { textOf } from "./fleets.ts"
import { moment, watchJournal, type Commanded, type Written } from "./watch-journal.ts"

export interface Prompted {
  readonly life: number
  readonly session: string
  readonly frame: Extract<Frame, { readonly type: "prompt" }>
  /** How many records stood in the journal. */
  readonly records: number
}

export interface Observed {
  readonly ir: Ir
  readonly diagnostics: ReadonlyArray<Diagnostic>
  readonly outside: OutsideScript
  readonly simulation: Simulation
  readonly records: ReadonlyArray<JournalRecord>
  readonly replay: Replay
  readonly prompted: ReadonlyArray<Prompted>
  /** Conversations and workspaces of the last process that were not given back, and what was given back twice. */
  readonly leftOpen: ReadonlyArray<string>
  /** What was shown or done before it was written down. */
  readonly early: ReadonlyArray<string>
  /** What the slow readers got, one in each life. */
  readonly read: ReadonlyArray<ReadonlyArray<FleetEvent | Lagged>>
  /** When each record was written. */
  readonly written: ReadonlyArray<Written>
  readonly released: ReadonlyArray<Written>
  /** When nothing more could be heard of an agent. */
  readonly silent: ReadonlyArray<Written & { readonly session: string }>
  /** What came through the control channel. */
  readonly commanded: ReadonlyArray<Commanded>
  readonly folds: readonly [kept: string, whole: string]
}

export type Outcome =
  /** The compiler refuses it, or a policy that fails its beginning. */
  { readonly kind: "no fleet"; readonly diagnostics: ReadonlyArray<Diagnostic> } | { readonly kind: "observed"; readonly observed: Observed }

/** The last one is kept: a case is run many times, and the checker may think for long. */
let last: { readonly text: string; readonly compilation: ReturnType<typeof compile> } | undefined
const compiled = (text: string) => {
  if (last?.text !== text) last = { text, compilation: compile({ file: "fleet.yaml", text, files: () => undefined, plugins: builtinManifests }) }
  return last.compilation
}

export const observe = async (given: Case, more: { readonly ends?: Json } = {}): Promise<Outcome> => {
  const { ir, diagnostics } = compiled(textOf(given.fleet))
  if (ir === undefined) return { kind: "no fleet", diagnostics }
  const value = scriptOf(more.ends === undefined ? given : { ...given, faults: { ...given.faults, ends: more.ends } })
  const outside = readOutsideScript(value)
  const script = readScript(typeof value === "object" && value !== null && "sessions" in value ? value["sessions"] : undefined)
  if (!outside.ok || !script.ok) throw new Error(`the script is none: ${JSON.stringify([outside, script])}`)

  const scope = Scope.makeUnsafe()
  try {
    const bare = outside.script.faults?.journal === undefined ? makeMemoryJournal() : await Effect.runPromise(Scope.provide(makeTemporaryJournal, scope))
    return await observeIn(bare, given, { ir, diagnostics, outside: outside.script, script: script.script })
  } finally {
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

interface Prepared extends Pick<Observed, "ir" | "diagnostics" | "outside"> {
  readonly script: Script
}

const observeIn = async (bare: JournalShape, given: Case, { ir, diagnostics, outside, script }: Prepared): Promise<Outcome> => {
  let held = new Map<string, string>()
  const leftOpen: Array<string> = []
  const early: Array<string> = []
  const prompted: Array<Prompted> = []
  const read: Array<Array<FleetEvent | Lagged>> = []
  const silent: Array<Observed["silent"][number]> = []
  const ends = outside.faults?.ends ?? []
  const mayStay = new Set(outside.faults?.workspaces?.map(({ session }) => `workspace of ${session}`))
  const watched = watchJournal(bare, "simulation", () => {
    // one whose journal failed still gives back what it holds
    const before = watched.life() - 1
    if (ends[before - 1]?.how === "refused")
      leftOpen.push(...[...held.keys()].filter((key) => !mayStay.has(key)).map((key) => `${key} not given back by process ${before}`))
    held = new Map()
  })
  const take = (key: string) => {
    if (held.has(key) && !mayStay.has(key)) leftOpen.push(`${key} taken twice`)
    held.set(key, key)
  }
  const give = (key: string, of: Map<string, string>) => {
    if (!of.delete(key)) leftOpen.push(`${key} given back twice`)
  }
  const scripted = makeScripted(script)
  const driver: AnyDriver = {
    ...scripted,
    open: (context) =>
      Effect.gen(function* () {
        const { session } = context
        const [inLife, of] = [watched.life(), held]
        const opened = scripted.open(context)
        if (!Effect.isEffect(opened)) throw new Error("the scripted driver opens by Effects")
        const handle: DriverHandle = yield* opened
        // whoever is interrupted with the handle in hand gives it back with its scope
        yield* Effect.addFinalizer(() =>
          Effect.sync(() => {
            of.delete(`driver of ${session}`)
          }),
        )
        take(`driver of ${session}`)
        const events = Stream.isStream(handle.events) ? handle.events : Stream.fromAsyncIterable(handle.events as AsyncIterable<DriverEvent>, (cause) => cause)
        return {
          ...handle,
          events: Stream.ensuring(
            events as Stream.Stream<DriverEvent, unknown>,
            Effect.map(moment, (ms) => {
              silent.push({ life: inLife, session, ms })
            }),
          ),
          send: (frame: Frame) => {
            if (frame.type === "prompt") {
              const all = watched.records()
              const started = all.some(({ events }) =>
                events.some(
                  (event) => event.type === "turn.started" && event.session === session && event.turn === frame.turn && event.attempt === frame.attempt,
                ),
              )
              if (!started) early.push(`prompt of ${session}, turn ${frame.turn}.${frame.attempt}`)
              prompted.push({ life: inLife, session, frame, records: all.length })
            }
            return handle.send(frame)
          },
          close: () => {
            give(`driver of ${session}`, of)
            return handle.close()
          },
        }
      }),
  }
  const workspaces: AnyWorkspaceProvider = {
    isolated: true,
    acquire: ({ session, root }) =>
      Effect.sync(() => {
        const of = held
        take(`workspace of ${session}`)
        return {
          path: root,
          branch: `fleet/${session}`,
          snapshot: async () => ({ branch: `fleet/${session}`, commit: "c" }),
          diff: async () => "",
          release: async () => {
            give(`workspace of ${session}`, of)
            return {}
          },
        }
      }),
  }
  const ran = simulate(ir, {
    driver,
    workspaces,
    journal: watched.journal,
    policies: builtinPolicies,
    routers: silentModels,
    outside,
    onEvent: (event) => {
      if (event.seq > watched.seq()) early.push(`event ${event.seq} (${event.type})`)
    },
    beside: (handle) => {
      const items: Array<FleetEvent | Lagged> = []
      read.push(items)
      return handle.events({ buffer: given.reader.buffer }).pipe(
        Stream.runForEach((item) =>
          Effect.andThen(
            Effect.sync(() => {
              items.push(item)
            }),
            given.reader.ms === 0 ? Effect.void : Effect.sleep(given.reader.ms),
          ),
        ),
        Effect.catchCause(() => Effect.void),
      )
    },
  })
  const simulation = await ran.catch((error: unknown) => {
    if (error instanceof InvalidStart && outside.faults?.policies !== undefined) return undefined
    throw error
  })
  if (simulation === undefined) return { kind: "no fleet", diagnostics }
  const replay = Effect.runSyncExit(replayRun(bare, "simulation"))
  if (Exit.isFailure(replay)) throw new Error(`the journal cannot be replayed: ${String(replay.cause)}`)
  const kept = new Set(simulation.result.sessions.flatMap(({ id, workspaceKept }) => (workspaceKept === undefined ? [] : [`workspace of ${id}`])))
  leftOpen.push(...[...held.keys()].filter((key) => !kept.has(key)).map((key) => `${key} never given back`))
  const { written, released } = watched
  return {
    kind: "observed",
    observed: {
      ir,
      diagnostics,
      outside,
      simulation,
      records: watched.records(),
      replay: replay.value,
      prompted,
      leftOpen,
      early,
      read,
      written,
      released,
      silent,
      commanded: watched.commanded(),
      folds: watched.folds(ir),
    },
  }
}
