import { describe, expect } from "vitest"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Ir } from "#ir"
import { fakeDriver, fleet, loggedWorkspaces, pipeline, saysOk, session, followUp } from "./fleet.ts"
import type { AnyDriver, AnyWorkspaceProvider, RunHandle, RunOptions } from "../../../runtime/engine/run.ts"
import { startRun } from "../../../runtime/engine/start-run.ts"
import { simulate } from "../../../runtime/engine/simulate.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import { JournalError } from "../../../runtime/journal/journal.ts"
import type { FleetEvent } from "../../../runtime/machine/protocol.ts"

const options = (ir: Ir, driver: AnyDriver, log: Array<string> = [], changes: Partial<RunOptions> = {}): RunOptions => ({
  ir,
  drivers: { fake: driver },
  workspaces: { none: loggedWorkspaces(log) },
  journal: makeMemoryJournal(),
  root: "/",
  env: {},
  ...changes,
})

const types = (events: ReadonlyArray<FleetEvent>, ...wanted: ReadonlyArray<string>) =>
  events.filter((event) => wanted.includes(event.type)).map((event) => `${event.type} ${"session" in event ? event.session : ""}`.trim())

describe("a run", () => {
  it.live("carries a pipeline to its end and gives everything back", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const handle = yield* startRun(options(pipeline(3), saysOk, log))
      const result = yield* handle.result
      assert.strictEqual(result.status, "succeeded")
      assert.deepStrictEqual(
        result.sessions,
        ["s0", "s1", "s2"].map((id) => ({ id, status: "done" as const, branch: `fleet/${id}` })),
      )
      for (const id of ["s0", "s1", "s2"]) assert.strictEqual(log.filter((line) => line === `release ${id}`).length, 1)
    }),
  )

  it.live("names only branches and places that are still there", () =>
    Effect.gen(function* () {
      const provider = (taken: boolean, kept: boolean): AnyWorkspaceProvider => ({
        isolated: true,
        acquire: async () => ({
          path: "/place",
          branch: "b",
          snapshot: async () => (taken ? { branch: "b", commit: "c" } : undefined),
          diff: async () => "",
          release: async () => (kept ? { kept: "it holds more" } : {}),
        }),
      })
      const cases = [
        ["empty", false, false],
        ["full", true, false],
        ["stuck", false, true],
      ] as const
      const workspaces = Object.fromEntries(cases.map(([name, taken, kept]) => [name, provider(taken, kept)]))
      const sessions = cases.map(([name]) => session(name, { workspace: { use: name, with: {} } }))
      const handle = yield* startRun(options({ ...fleet(sessions), start: cases.map(([name]) => name) }, saysOk, [], { workspaces }))
      assert.deepStrictEqual((yield* handle.result).sessions, [
        { id: "empty", status: "done" },
        { id: "full", status: "done", branch: "b" },
        { id: "stuck", status: "done", branch: "b", workspaceKept: { path: "/place", reason: "it holds more" } },
      ])
    }),
  )

  it.live("shows every event in order to a subscriber that came late", () =>
    Effect.gen(function* () {
      const handle = yield* startRun(options(pipeline(3), saysOk))
      yield* handle.result
      const events = yield* Stream.runCollect(handle.events())
      assert.deepStrictEqual(
        events.map((event) => ("seq" in event ? event.seq : 0)),
        events.map((_, index) => index + 1),
      )
      assert.strictEqual(events.at(-1)?.type, "run.ended")
    }),
  )

  it.live("tells a slow subscriber what it missed", () =>
    Effect.gen(function* () {
      const handle = yield* startRun(options(pipeline(5), saysOk))
      const events = yield* Stream.runCollect(Stream.tap(handle.events({ buffer: 1 }), () => handle.result))
      const lagged = events.find((event) => event.type === "lagged")
      assert.isDefined(lagged)
      assert.isTrue(lagged?.type === "lagged" && lagged.from <= lagged.to)
    }),
  )

  it.live("writes events down before anybody sees them", () =>
    Effect.gen(function* () {
      const inner = makeMemoryJournal()
      let written = 0
      const seen: Array<boolean> = []
      const journal = {
        ...inner,
        append: (...args: Parameters<typeof inner.append>) =>
          Effect.tap(inner.append(...args), () =>
            Effect.sync(() => {
              written = args[1].flatMap((record) => record.events).at(-1)?.seq ?? written
            }),
          ),
      }
      const handle = yield* startRun(options(pipeline(3), saysOk, [], { journal, onEvent: ({ seq }) => seen.push(seq <= written) }))
      yield* handle.result
      assert.isAbove(seen.length, 10)
      assert.isTrue(seen.every(Boolean))
    }),
  )

  it.live("fails when its journal cannot be written, and leaves no agent", () =>
    Effect.gen(function* () {
      const inner = makeMemoryJournal()
      let appends = 0
      const log: Array<string> = []
      const journal = {
        ...inner,
        append: (...args: Parameters<typeof inner.append>) =>
          ++appends > 2 ? Effect.fail(new JournalError({ reason: "io", message: "disk full" })) : inner.append(...args),
      }
      const silent = fakeDriver((frame, say) => {
        if (frame.type === "prompt") say({ type: "agent", event: { kind: "cap.text_chunk", text: "hm" } })
      }, log)
      const handle = yield* startRun(options(pipeline(2), silent, log, { journal }))
      const result = yield* handle.result
      assert.strictEqual(result.status, "failed")
      assert.include(result.reason ?? "", "disk full")
      assert.deepStrictEqual(log.filter((line) => line.startsWith("open")).length, log.filter((line) => line.startsWith("close")).length)
    }),
  )

  it.live("closing its scope cancels it: driver first, then snapshot, then release", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const seen: Array<FleetEvent> = []
      const hangs = fakeDriver((frame, say) => {
        if (frame.type === "prompt") say({ type: "agent", event: { kind: "cap.text_chunk", text: "thinking" } })
      }, log)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const handle = yield* startRun(options(fleet([session("a")]), hangs, log, { onEvent: (event) => void seen.push(event) }))
          yield* handle.events().pipe(
            Stream.takeUntil((event) => event.type === "agent"),
            Stream.runDrain,
          )
        }),
      )
      assert.deepStrictEqual(log, ["acquire a", "open a", "close a", "snapshot a", "release a"])
      assert.deepStrictEqual(types(seen, "turn.cancelled", "session.cancelled", "run.ended"), ["turn.cancelled a", "session.cancelled a", "run.ended"])
    }),
  )

  it.live("answers commands that come too late", () =>
    Effect.gen(function* () {
      const handle = yield* startRun(options(pipeline(1), saysOk))
      assert.strictEqual((yield* handle.send({ type: "reply", request: "nope", value: null, by: "user" }))?.code, "unknown_request")
      yield* handle.result
      assert.strictEqual((yield* handle.send({ type: "pause" }))?.code, "run_ended")
    }),
  )

  it.live("two runs get ids that sort by time", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      const one = yield* startRun(options(pipeline(1), saysOk, [], { journal }))
      yield* Effect.sleep(2)
      const two = yield* startRun(options(pipeline(1), saysOk, [], { journal }))
      assert.isTrue(one.id < two.id)
      yield* Effect.all([one.result, two.result])
    }),
  )
})

const failures: ReadonlyArray<readonly [string, AnyDriver, string]> = [
  ["whose agent leaves in the middle of a turn", fakeDriver((_, __, end) => end()), "agent_exited"],
  ["whose driver breaks", fakeDriver((_, __, end) => end(new Error("bad JSON"))), "driver_error"],
  [
    "whose driver throws on send",
    fakeDriver(() => {
      throw new Error("no")
    }),
    "driver_error",
  ],
  [
    "whose driver does not open",
    {
      ...saysOk,
      open: async () => {
        throw new Error("no such program")
      },
    },
    "driver_error",
  ],
  ["whose driver dies in an Effect", { ...saysOk, open: () => Effect.die(new Error("boom")) }, "driver_error"],
]

describe("a session", () => {
  for (const [what, driver, kind] of failures)
    it.live(`${what} fails`, () =>
      Effect.gen(function* () {
        const seen: Array<FleetEvent> = []
        const handle = yield* startRun(options(fleet([session("a")]), driver, [], { onEvent: (event) => void seen.push(event) }))
        assert.strictEqual((yield* handle.result).status, "failed")
        const failed = seen.find((event) => event.type === "session.failed")
        assert.strictEqual(failed?.type === "session.failed" ? failed.error.kind : undefined, kind)
      }),
    )

  it.live("of an unknown driver or workspace fails and names it", () =>
    Effect.gen(function* () {
      const seen: Array<FleetEvent> = []
      const handle = yield* startRun(
        options(fleet([session("a", { driver: { use: "nope", with: {} } })]), saysOk, [], { onEvent: (event) => void seen.push(event) }),
      )
      yield* handle.result
      const failed = seen.find((event) => event.type === "session.failed")
      assert.include(failed?.type === "session.failed" ? failed.error.message : "", "nope")
    }),
  )

  it.live("is retried with a new agent in the same workspace", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      let tries = 0
      const flaky = fakeDriver((frame, say, end) => {
        if (frame.type !== "prompt") return
        if (++tries < 3) end()
        else say({ type: "turn.ended", end: { stop: "end_turn" }, text: "ok" })
      }, log)
      const retry = { attempts: 3, backoffMs: 0, factor: 1, jitter: false }
      const handle = yield* startRun(options(fleet([session("a", { retry })]), flaky, log))
      assert.strictEqual((yield* handle.result).status, "succeeded")
      assert.deepStrictEqual(
        log.filter((line) => line !== "snapshot a"),
        ["acquire a", "open a", "close a", "open a", "close a", "open a", "close a", "release a"],
      )
    }),
  )

  it.live("gets its own environment and nothing of an enclosing agent", () =>
    Effect.gen(function* () {
      let env: { readonly [name: string]: string } = {}
      const driver: AnyDriver = {
        ...saysOk,
        open: (context) => {
          env = context.env
          return saysOk.open(context)
        },
      }
      const about = session("a", { env: { X: { value: "1" }, Y: { from: "SECRET" }, Z: { from: "ABSENT" } } })
      const caller = {
        PATH: "/bin",
        SECRET: "s",
        OTHER: "o",
        CLAUDECODE: "1",
        CLAUDE_CODE_ENTRYPOINT: "cli",
        GEMINI_CLI: "1",
        GEMINI_CLI_IDE_SERVER_PORT: "1",
        ANTHROPIC_API_KEY: "k",
      }
      const handle = yield* startRun(options(fleet([about]), driver, [], { env: caller, run: "r" }))
      yield* handle.result
      assert.deepStrictEqual(env, { PATH: "/bin", ANTHROPIC_API_KEY: "k", X: "1", Y: "s", FLEET_RUN: "r", FLEET_SESSION: "a", FLEET_EPOCH: "1" })
    }),
  )
})

describe("somebody outside", () => {
  /** Sessions that wait for the next thing they are told, and end at what they are told to. */
  const attentive = (log: Array<string>) =>
    fakeDriver((frame, say, _, id) => {
      log.push(`${id} ${frame.type === "prompt" || frame.type === "message" ? `${frame.type} ${frame.text}` : frame.type}`)
      if (frame.type === "prompt") say({ type: "session.handle", resume: `talk of ${id}` })
      if (frame.type === "cancel") say({ type: "turn.ended", end: { stop: "cancelled" } })
      else if (frame.type === "prompt" && frame.text !== "go") say({ type: "turn.ended", end: { stop: "end_turn" }, text: `did ${frame.text}` })
      else if (frame.type === "message") say({ type: "turn.ended", end: { stop: "end_turn" }, text: `heard ${frame.text}` })
      else say({ type: "agent", event: { kind: "cap.text_chunk", text: "thinking" } })
    }, log)
  const awaiting = (handle: RunHandle, test: (event: FleetEvent) => boolean) =>
    handle.events().pipe(
      Stream.takeUntil((event) => event.type !== "lagged" && test(event)),
      Stream.runDrain,
    )

  it.live("cancels a turn: the agent is told, its session is cancelled, the others go on", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const seen: Array<FleetEvent> = []
      const ir = { ...fleet([session("a"), session("b")]), start: ["a", "b"] }
      const handle = yield* startRun(options(ir, attentive(log), log, { onEvent: (event) => void seen.push(event) }))
      yield* awaiting(handle, (event) => event.type === "agent" && event.session === "b")
      assert.isUndefined(yield* handle.send({ type: "cancel", target: { kind: "turn", session: "a" }, reason: { code: "user" } }))
      assert.isUndefined(yield* handle.send({ type: "user.sent", session: "b", text: "enough" }))
      const { sessions } = yield* handle.result
      assert.deepStrictEqual(
        sessions.map(({ id, status }) => `${id} ${status}`),
        ["a cancelled", "b done"],
      )
      assert.include(log, "a cancel")
      assert.notInclude(log, "b cancel")
      assert.deepStrictEqual(types(seen, "turn.cancelled", "session.cancelled", "session.done"), ["turn.cancelled a", "session.cancelled a", "session.done b"])
    }),
  )

  it.live("speaks to a session that is done: its agent is opened again, in the conversation it left", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const resumed: Array<string | undefined> = []
      const ir = { ...fleet([session("a"), session("b")]), start: ["a", "b"] }
      const inner = attentive(log)
      const driver: AnyDriver = {
        ...inner,
        open: (context) => {
          if (context.session === "a") resumed.push(context.resume)
          return inner.open(context)
        },
      }
      const handle = yield* startRun(options(ir, driver, log))
      yield* awaiting(handle, (event) => event.type === "agent" && event.session === "b")
      assert.isUndefined(yield* handle.send({ type: "user.sent", session: "a", text: "stop" }))
      yield* awaiting(handle, (event) => event.type === "session.done" && event.session === "a")
      assert.isUndefined(yield* handle.send({ type: "user.sent", session: "a", text: "once more" }))
      yield* awaiting(handle, (event) => event.type === "session.done" && event.session === "a" && event.text === "did once more")
      assert.isUndefined(yield* handle.send({ type: "user.sent", session: "b", text: "stop" }))
      yield* handle.result
      assert.deepStrictEqual(
        log.filter((line) => /^a |^(?:open|close) a$/u.test(line)),
        ["open a", "a prompt go", "a message stop", "close a", "open a", "a prompt once more", "close a"],
      )
      assert.deepStrictEqual(resumed, [undefined, "talk of a"])
      assert.strictEqual((yield* handle.send({ type: "user.sent", session: "a", text: "too late" }))?.code, "run_ended")
    }),
  )

  it.live("speaks to nobody when there is no such session", () =>
    Effect.gen(function* () {
      const handle = yield* startRun(options(fleet([session("a")]), attentive([])))
      assert.strictEqual((yield* handle.send({ type: "user.sent", session: "z", text: "x" }))?.code, "unknown_session")
      assert.strictEqual((yield* handle.send({ type: "cancel", target: { kind: "session", session: "z" }, reason: { code: "user" } }))?.code, "unknown_session")
      yield* handle.send({ type: "cancel", target: { kind: "fleet" }, reason: { code: "user" } })
      assert.strictEqual((yield* handle.result).status, "cancelled")
    }),
  )
})

describe("two sessions", () => {
  it.live("share nothing: not a place, an environment or a conversation, and not each other's end", () =>
    Effect.gen(function* () {
      const opened = new Map<string, { readonly directory: string; readonly env: { readonly [name: string]: string } }>()
      const inner = fakeDriver((frame, say, end, id) => {
        if (frame.type !== "prompt") return
        if (id === "a") end(new Error("broken"))
        else say({ type: "turn.ended", end: { stop: "end_turn" }, text: "ok" })
      })
      const driver: AnyDriver = {
        ...inner,
        open: (context) => {
          opened.set(context.session, { directory: context.directory, env: context.env })
          return inner.open(context)
        },
      }
      const apart: AnyWorkspaceProvider = {
        isolated: true,
        acquire: async ({ run, session: id }) => ({ path: `/${run}/${id}`, snapshot: async () => undefined, diff: async () => "", release: async () => ({}) }),
      }
      const sessions = ["a", "b"].map((id) => session(id, { env: { [`ONLY_${id.toUpperCase()}`]: { value: id } } }))
      const handle = yield* startRun(options({ ...fleet(sessions), start: ["a", "b"] }, driver, [], { workspaces: { none: apart }, run: "r" }))
      const result = yield* handle.result
      assert.deepStrictEqual(
        result.sessions.map(({ id, status }) => `${id} ${status}`).toSorted((one, other) => (one < other ? -1 : 1)),
        ["a failed", "b done"],
      )
      assert.deepStrictEqual(opened.get("a"), { directory: "/r/a", env: { FLEET_RUN: "r", FLEET_SESSION: "a", FLEET_EPOCH: "1", ONLY_A: "a" } })
      assert.deepStrictEqual(opened.get("b"), { directory: "/r/b", env: { FLEET_RUN: "r", FLEET_SESSION: "b", FLEET_EPOCH: "1", ONLY_B: "b" } })
    }),
  )
})

describe("simulate", () => {
  it.live("times out in virtual time, and twice the same", () =>
    Effect.gen(function* () {
      const ir = fleet(
        [session("a", { timeoutMs: 3_600_000, retry: { attempts: 2, backoffMs: 60_000, factor: 1, jitter: false } }), session("b")],
        [followUp(1, "a", "b")],
      )
      const hangs = fakeDriver(() => {})
      const [one, two] = yield* Effect.promise(() => Promise.all([simulate(ir, { driver: hangs }), simulate(ir, { driver: hangs })]))
      expect(one).toEqual(two)
      assert.deepStrictEqual(
        one.events.filter((event) => event.type === "turn.failed").map((event) => event.at),
        [3_600_000, 7_260_000],
      )
      assert.strictEqual(one.result.status, "failed")
    }),
  )

  it.live("plays commands of the script", () =>
    Effect.gen(function* () {
      const reason = { code: "user", detail: "too slow" }
      const outside = { replies: [], commands: [{ ms: 5000, command: { type: "cancel", target: { kind: "session", session: "a" }, reason } as const }] }
      const { events } = yield* Effect.promise(() => simulate(fleet([session("a")]), { driver: fakeDriver(() => {}), outside }))
      const cancelled = events.find((event) => event.type === "session.cancelled")
      expect(cancelled).toMatchObject({ session: "a", at: 5000, reason })
    }),
  )
})
