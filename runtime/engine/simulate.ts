/** The same engine in virtual time: every driver replaced by one that plays a script, no workspace, no waiting, a journal in memory. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Exit from "effect/Exit"
import type { Ir, Json } from "#ir"
import type { Workspace } from "#sdk"
import type { JournalError } from "../journal/journal.ts"
import { makeMemoryJournal } from "../journal/memory.ts"
import type { FleetEvent } from "../machine/protocol.ts"
import type { InvalidStart } from "./beginning.ts"
import { answerOfNobody } from "./nobody.ts"
import type { AnyDriver, AnyWorkspaceProvider, Policies, Routers, RunHandle, RunResult, UserCommand } from "./run.ts"
import { hasFields, type OutsideScript } from "./script.ts"
import { startRun } from "./start-run.ts"
import { runVirtual, WaitsForEver } from "./virtual-time.ts"

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
  /** Called for every event as it happens. */
  readonly onEvent?: (event: FleetEvent) => void
}

export interface Simulation {
  readonly events: ReadonlyArray<FleetEvent>
  readonly result: RunResult
}

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

const withoutConfig = ({ config: _config, ...driver }: AnyDriver): AnyDriver => driver

/** What the last events leave open. */
const awaited = (events: ReadonlyArray<FleetEvent>): string => {
  const requests = new Map<string, string>()
  const turns = new Set<string>()
  let paused = false
  for (const event of events) {
    if (event.type === "request.opened") requests.set(event.request, `nobody answers request ${event.request} (${event.kind}${event.prompt === undefined ? "" : `: ${event.prompt}`})`)
    else if (event.type === "request.answered" || event.type === "request.withdrawn") requests.delete(event.request)
    else if (event.type === "turn.started") turns.add(event.session)
    else if (event.type === "turn.done" || event.type === "turn.failed" || event.type === "turn.cancelled") turns.delete(event.session)
    else if (event.type === "run.paused" || event.type === "run.resumed") paused = event.type === "run.paused"
  }
  if (requests.size > 0) return [...requests.values()].join("; ")
  return paused ? "it is paused" : `the turn of ${[...turns].join(", ")} never ends, and there is no timeout`
}

/** Rejects with `InvalidStart`, with `WaitsForEver` when nothing can happen any more, or for a defect: what agents do wrong is in the events. */
export const simulate = async (ir: Ir, options: SimulateOptions): Promise<Simulation> => {
  const events: Array<FleetEvent> = []
  const { replies, commands } = options.outside ?? { replies: [], commands: [] }
  const program: Effect.Effect<RunResult, JournalError | InvalidStart, Scope.Scope> = Effect.gen(function* () {
    const fork = Effect.runForkWith(yield* Effect.context<never>())
    let handle: RunHandle | undefined
    const later = (ms: number, command: UserCommand) => {
      fork(Effect.sleep(ms).pipe(Effect.andThen(Effect.suspend(() => handle?.send(command) ?? Effect.void))))
    }
    const used = new Set<unknown>()
    const resumed = commands.some(({ command }) => command.type === "resume")
    const decline = (event: FleetEvent) => {
      if (options.headless !== true || (event.type === "run.paused" && resumed)) return
      const answer = answerOfNobody(event)
      if (answer !== undefined) later(0, answer)
    }
    const onEvent = (event: FleetEvent) => {
      events.push(event)
      options.onEvent?.(event)
      if (event.type === "request.opened") {
        // Each reply is for one request; the last that fits serves all further ones.
        const fitting = replies.filter((reply) => hasFields(event, reply.when))
        const reply = fitting.find((candidate) => !used.has(candidate)) ?? fitting.at(-1)
        used.add(reply)
        if (reply !== undefined) later(reply.afterMs, { type: "reply", request: event.request, value: reply.reply, by: "script" })
        else decline(event)
      } else decline(event)
      for (const command of commands) {
        if (command.after === undefined || used.has(command) || !hasFields(event, command.after)) continue
        used.add(command)
        later(command.ms, command.command)
      }
    }
    handle = yield* startRun({
      ir,
      drivers: always(ir.sessions.map((session) => session.driver.use), withoutConfig(options.driver)),
      workspaces: always(ir.sessions.map((session) => session.workspace.use), nowhere),
      journal: makeMemoryJournal(),
      root: options.root ?? "/",
      run: "simulation",
      ...(options.policies === undefined ? {} : { policies: options.policies }),
      ...(options.routers === undefined ? {} : { routers: options.routers }),
      onEvent,
      ...(options.inputs === undefined ? {} : { inputs: options.inputs }),
      ...(options.task === undefined ? {} : { task: options.task }),
    })
    for (const command of commands) if (command.after === undefined) later(command.ms, command.command)
    return yield* handle.result
  })
  const exit = await runVirtual(Effect.scoped(program)).catch((error: unknown) => {
    throw error instanceof WaitsForEver ? new WaitsForEver(`the run waits for ever: ${awaited(events)}`) : error
  })
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  return { events, result: exit.value }
}
