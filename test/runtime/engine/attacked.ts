/** A fleet of which one session, or the run, has a plugin that misbehaves, in virtual time: what the other sessions do beside it. */
import { expect } from "vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Ir, Session } from "#ir"
import { runVirtual } from "../../../runtime/engine/virtual-time.ts"
import { startRun } from "../../../runtime/engine/start-run.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import type { AnyDriver, AnyPolicyPack, AnyRouting, AnySink, AnyWorkspaceProvider } from "../../../runtime/engine/run.ts"
import type { FleetEvent } from "../../../runtime/machine/protocol.ts"
import { fleet, followUp, loggedWorkspaces, saysOk, session } from "./fleet.ts"

/** What the fleet loads under the name `bad`: one kind each time. */
export interface Attack {
  readonly driver?: AnyDriver
  readonly workspace?: AnyWorkspaceProvider
  readonly policy?: AnyPolicyPack
  readonly routing?: AnyRouting
  readonly sink?: AnySink
}

export interface Seen {
  readonly events: ReadonlyArray<FleetEvent>
  readonly problems: ReadonlyArray<string>
}

const bad = { use: "bad", with: {} }
export const hour = 3_600_000

/** `a` uses the plugin; `good` and `after` work beside it. Whatever still runs after an hour is cancelled. */
export const attacked = async ({ driver, workspace, policy, routing, sink }: Attack, changes: Partial<Session> = {}, more: Partial<Ir> = {}): Promise<Seen> => {
  const own: Partial<Session> = {
    ...(driver === undefined ? {} : { driver: bad }),
    ...(workspace === undefined ? {} : { workspace: bad }),
    ...(policy === undefined ? {} : { policies: [bad] }),
    ...changes,
  }
  const base = fleet([session("a", own), session("b"), session("good"), session("after")], [followUp(1, "good", "after")])
  const ask = {
    id: "r2",
    join: { kind: "event", leaf: 0, event: { source: "session", session: "a", event: "done" } },
    cases: [{ action: { kind: "use", plugin: bad } }],
  } as const
  const ir: Ir = {
    ...base,
    start: ["a", "good"],
    ...(routing === undefined ? {} : { rules: [...base.rules, ask] }),
    ...(sink === undefined ? {} : { sinks: [bad] }),
    ...more,
  }
  const events: Array<FleetEvent> = []
  const problems: Array<string> = []
  const exit = await runVirtual(
    Effect.scoped(
      Effect.gen(function* () {
        const handle = yield* startRun({
          ir,
          drivers: { fake: saysOk, ...(driver === undefined ? {} : { bad: driver }) },
          workspaces: { none: loggedWorkspaces([]), ...(workspace === undefined ? {} : { bad: workspace }) },
          ...(policy === undefined ? {} : { policies: { bad: policy } }),
          ...(routing === undefined ? {} : { routers: { bad: routing } }),
          ...(sink === undefined ? {} : { sinks: { bad: sink } }),
          journal: makeMemoryJournal(),
          root: "/",
          env: {},
          onEvent: (event) => void events.push(event),
          onSinkProblem: (problem) => void problems.push(problem),
        })
        yield* Effect.raceFirst(
          handle.result,
          Effect.andThen(
            Effect.andThen(Effect.sleep(hour), Effect.ignore(handle.send({ type: "cancel", target: { kind: "fleet" }, reason: { code: "user" } }))),
            handle.result,
          ),
        )
      }),
    ),
  )
  expect(Exit.isSuccess(exit), String(exit)).toBe(true)
  return { events, problems }
}

const ends = new Set(["session.done", "session.failed", "session.cancelled"])
export const endOf = (events: ReadonlyArray<FleetEvent>, id: string) =>
  events.findLast((event) => ends.has(event.type) && "session" in event && event.session === id)
