/** What the engine asks of workspaces, and when. */
import { describe } from "vitest"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Ir, Rule } from "#ir"
import { failure, type Workspace } from "#sdk"
import { fakeDriver, fleet, followUp, saysOk, session } from "./fleet.ts"
import type { AnyDriver, AnyWorkspaceProvider } from "../../../runtime/engine/run.ts"
import { startRun } from "../../../runtime/engine/start-run.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import type { FleetEvent } from "../../../runtime/machine/protocol.ts"

interface Behaviour {
  /** Sessions that leave no commit of their own. */
  readonly idle?: ReadonlyArray<string>
  readonly conflicts?: ReadonlyArray<string>
  readonly check?: string
  /** By session, what `update` fails with. */
  readonly broken?: string
}

const workspaces = (log: Array<string>, { idle = [], conflicts = [], check, broken }: Behaviour = {}): AnyWorkspaceProvider => ({
  isolated: true,
  ...(check === undefined
    ? {}
    : {
        check: async () => {
          throw failure("workspace_error", check)
        },
      }),
  acquire: async ({ session: id, from, env }): Promise<Workspace> => {
    log.push(`acquire ${id} from ${from.kind === "base" ? "base" : from.branch} as ${env?.["FLEET_SESSION"]}`)
    return {
      path: `/${id}`,
      branch: `own/${id}`,
      snapshot: async () => (idle.includes(id) ? undefined : { branch: `own/${id}`, commit: "c" }),
      diff: async () => "",
      update: async (branch) => {
        if (broken !== undefined) throw failure("workspace_error", broken)
        log.push(`update ${id} with ${branch}`)
        return { conflicts }
      },
      conflicts: async (branch) => {
        log.push(`compare ${id} with ${branch}`)
        return conflicts
      },
      release: async () => ({}),
    }
  },
})

const fromTrigger = (id: string) => session(id, { from: { kind: "trigger" } })
const twice = (rule: Rule): Rule => ({
  ...rule,
  cases: rule.cases.map(({ action }) => ({ action: action.kind === "send" ? { ...action, max: { count: 1 } } : action })),
})

const run = (ir: Ir, log: Array<string>, behaviour?: Behaviour, driver: AnyDriver = saysOk) =>
  Effect.gen(function* () {
    const events: Array<FleetEvent> = []
    const provider = workspaces(log, behaviour)
    const handle = yield* startRun({
      ir,
      run: "r",
      drivers: { fake: driver },
      workspaces: { none: provider },
      journal: makeMemoryJournal(),
      root: "/",
      env: {},
      onEvent: (event) => events.push(event),
    })
    return { result: yield* handle.result, events, notes: events.flatMap((event) => (event.type === "notified" ? [event] : [])) }
  })

describe("workspaces of a run", () => {
  it.live("start from the work of who triggers, also where somebody between added nothing", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const ir = fleet([session("a"), fromTrigger("b"), fromTrigger("c")], [followUp(1, "a", "b"), followUp(2, "b", "c")])
      const { result } = yield* run(ir, log, { idle: ["b"] })
      assert.deepStrictEqual(
        log.filter((line) => line.startsWith("acquire")),
        ["acquire a from base as a", "acquire b from own/a as b", "acquire c from own/a as c"],
      )
      assert.deepStrictEqual(
        result.sessions.map(({ branch }) => branch),
        ["own/a", "own/a", "own/c"],
      )
      log.length = 0
      yield* run(ir, log, { idle: ["a", "b"] })
      assert.deepStrictEqual(
        log.filter((line) => line.startsWith("acquire")),
        ["acquire a from base as a", "acquire b from base as b", "acquire c from base as c"],
      )
    }),
  )

  it.live("take in the newest work at every further activation, before the prompt", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const driver = fakeDriver((frame, say, _end, id) => {
        if (frame.type !== "prompt") return
        log.push(`prompt ${id}`)
        say({ type: "turn.ended", end: { stop: "end_turn" }, text: "ok" })
      })
      const ir = fleet([fromTrigger("a"), fromTrigger("b")], [followUp(1, "a", "b"), twice(followUp(2, "b", "a"))])
      const { result } = yield* run(ir, log, {}, driver)
      assert.strictEqual(result.status, "succeeded")
      assert.deepStrictEqual(
        log.filter((line) => !line.startsWith("compare")),
        ["acquire a from base as a", "prompt a", "acquire b from own/a as b", "prompt b", "update a with own/b", "prompt a", "update b with own/a", "prompt b"],
      )
    }),
  )

  it.live("say what they cannot take in and go on without; what breaks fails the turn", () =>
    Effect.gen(function* () {
      const ir = fleet([fromTrigger("a"), fromTrigger("b")], [followUp(1, "a", "b"), twice(followUp(2, "b", "a"))])
      const { result, notes } = yield* run(ir, [], { conflicts: ["x.ts", "y.ts"] })
      assert.strictEqual(result.status, "succeeded")
      assert.deepStrictEqual(
        notes.map(({ text }) => text),
        [
          "b and a changed the same lines of x.ts, y.ts: merging both will conflict",
          "a goes on without the newest work of b: the two do not fit together in x.ts, y.ts",
          "b goes on without the newest work of a: the two do not fit together in x.ts, y.ts",
        ],
      )
      assert.deepStrictEqual(notes[0]?.clash, { sessions: ["b", "a"], files: ["x.ts", "y.ts"] })
      const { result: broken, events } = yield* run(ir, [], { broken: "no disk" })
      assert.strictEqual(broken.status, "failed")
      assert.isDefined(events.find((event) => event.type === "session.failed" && event.error.kind === "workspace_error" && event.error.message === "no disk"))
    }),
  )

  it.live("compare with what a session at work has now, and with its last snapshot where that cannot be told", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const provider = workspaces(log)
      const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      let prompted = 0
      const driver = fakeDriver((frame, say, _end, id) => {
        if (frame.type !== "prompt") return
        const done = () => say({ type: "turn.ended", end: { stop: "end_turn" }, text: "ok" })
        if (id !== "a") void held.promise.then(done)
        if (++prompted === 3) begun.resolve()
        if (id === "a") void begun.promise.then(done)
      })
      const ir: Ir = { ...fleet([session("a"), session("b"), session("c")]), start: ["b", "c", "a"] }
      const handle = yield* startRun({
        ir,
        drivers: { fake: driver },
        workspaces: {
          none: {
            ...provider,
            acquire: async (request) => ({
              ...(await (provider.acquire(request) as Promise<Workspace>)),
              current: async () => {
                if (request.session === "c") throw failure("workspace_error", "no disk")
                return `now/${request.session}`
              },
            }),
          },
        },
        journal: makeMemoryJournal(),
        root: "/",
        env: {},
        onEvent: (event) => {
          if (event.type === "session.done" && event.session === "a") held.resolve()
        },
      })
      assert.strictEqual((yield* handle.result).status, "succeeded")
      assert.deepStrictEqual(
        log.filter((line) => line.startsWith("compare a")),
        ["compare a with now/b"],
      )
    }),
  )

  it.live("compare a snapshot with the newest of the others, not with all", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const ids = Array.from({ length: 12 }, (_, at) => `s${at}`)
      yield* run(
        fleet(
          ids.map((id) => session(id)),
          ids.slice(1).map((id, at) => followUp(at + 1, `s${at}`, id)),
        ),
        log,
      )
      assert.deepStrictEqual(
        log.filter((line) => line.startsWith("compare s11")),
        ids.slice(3, 11).map((id) => `compare s11 with own/${id}`),
      )
    }),
  )

  it.live("that take their time are stopped with their session", () =>
    Effect.gen(function* () {
      const begun = Promise.withResolvers<void>()
      const slow: AnyWorkspaceProvider = {
        isolated: true,
        acquire: ({ signal }) => {
          begun.resolve()
          return new Promise((_, reject) => {
            signal?.addEventListener("abort", () => reject(failure("workspace_error", "stopped")))
          })
        },
      }
      const handle = yield* startRun({
        ir: fleet([session("a")]),
        run: "r",
        drivers: { fake: saysOk },
        workspaces: { none: slow },
        journal: makeMemoryJournal(),
        root: "/",
        env: {},
      })
      yield* Effect.promise(() => begun.promise)
      yield* handle.send({ type: "cancel", target: { kind: "fleet" }, reason: { code: "user" } })
      assert.deepStrictEqual((yield* handle.result).sessions, [{ id: "a", status: "cancelled" }])
    }),
  )

  it.live("that cannot be made keep the run from starting, and are named once", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const error = yield* Effect.flip(run(fleet([session("a"), session("b")]), log, { check: "there is no repository" }))
      assert.deepInclude(error, { message: "there is no repository", place: true })
      assert.deepStrictEqual(log, [])
    }),
  )
})
