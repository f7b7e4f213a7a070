/** Runs whose process dies: the journal stops taking records at any moment, then the run is taken up from what stands there. */
import { describe } from "vitest"
import { assert, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import type { Ir, Rule } from "#ir"
import { fakeDriver, fleet, followUp, loggedWorkspaces, pipeline, session } from "./fleet.ts"
import { replayRun } from "../../../runtime/engine/replay-run.ts"
import { resumeRun, type ResumeOptions } from "../../../runtime/engine/resume-run.ts"
import type { AnyDriver, RunHandle, RunOptions } from "../../../runtime/engine/run.ts"
import { startRun } from "../../../runtime/engine/start-run.ts"
import { runVirtual } from "../../../runtime/engine/virtual-time.ts"
import { JournalError, type JournalShape } from "../../../runtime/journal/journal.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import type { FleetEvent } from "../../../runtime/machine/protocol.ts"

const common = { root: "/", env: {} }

const pure = (ir: Ir, effect: "pure" | "external" = "pure"): Ir => ({ ...ir, sessions: ir.sessions.map((one) => ({ ...one, effect })) })

/** A journal that lets a number of appends pass; then its process is as good as dead. */
const dying = (journal: JournalShape, appends: { left: number }): JournalShape => ({
  ...journal,
  append: (...args) => (appends.left-- > 0 ? journal.append(...args) : Effect.fail(new JournalError({ reason: "io", message: "killed" }))),
})

const eventsIn = (journal: JournalShape) => Effect.map(journal.read("r"), (records) => records.flatMap(({ events }) => events))

const told = (events: ReadonlyArray<FleetEvent>, ...types: ReadonlyArray<string>) =>
  events
    .filter(({ type }) => types.includes(type))
    .map((event) => `${event.type} ${"session" in event ? event.session : ""}${"attempt" in event ? ` ${event.attempt}` : ""}`.trim())

const answers = (log: Array<string>, changes: Partial<AnyDriver["capabilities"]> = {}): AnyDriver => {
  const driver = fakeDriver((frame, say, _end, id) => {
    if (frame.type !== "prompt") return
    log.push(`prompt ${id} ${frame.turn}.${frame.attempt} ${frame.idempotencyKey}`)
    say({ type: "session.handle", resume: `talk of ${id}` })
    say({ type: "agent", event: { kind: "cap.text_chunk", text: "…" } })
    say({ type: "turn.ended", end: { stop: "end_turn" }, text: `${id} says` })
  }, log)
  return {
    capabilities: { ...driver.capabilities, ...changes },
    open: (context) => {
      if (context.resume !== undefined) log.push(`resume ${context.session} ${context.resume}`)
      return driver.open(context)
    },
  }
}

/** Says a word and falls silent; the run then dies of the next thing that happens to it. */
const speechless = fakeDriver((frame, say, _end, id) => {
  if (frame.type !== "prompt") return
  say({ type: "session.handle", resume: `talk of ${id}` })
  say({ type: "agent", event: { kind: "cap.text_chunk", text: "…" } })
})

const diesInTurn = (ir: Ir, journal: JournalShape) =>
  Effect.gen(function* () {
    const appends = { left: Infinity }
    const handle = yield* started(ir, dying(journal, appends), speechless)
    yield* handle.events().pipe(
      Stream.takeUntil((event) => event.type === "agent"),
      Stream.runDrain,
    )
    appends.left = 0
    yield* handle.send({ type: "pause" })
    assert.strictEqual((yield* handle.result).status, "failed")
  })

const started = (ir: Ir, journal: JournalShape, driver: AnyDriver, changes: Partial<RunOptions> = {}) =>
  startRun({ ir, run: "r", drivers: { fake: driver }, workspaces: { none: loggedWorkspaces([]) }, journal, ...common, ...changes })

const resumed = (journal: JournalShape, driver: AnyDriver, changes: Partial<ResumeOptions> = {}) =>
  resumeRun({ run: "r", drivers: { fake: driver }, workspaces: { none: loggedWorkspaces([]) }, journal, env: {}, ...changes })

describe("a run whose process died", () => {
  for (let left = 0; left < 14; left++)
    it.live(`after ${left} appends comes to the same end, and nothing that finished is done again`, () =>
      Effect.gen(function* () {
        const journal = makeMemoryJournal()
        const died = yield* (yield* started(pure(pipeline(3)), dying(journal, { left }), answers([]))).result
        const before = yield* eventsIn(journal)
        const done = new Set(told(before, "session.done").map((line) => line.slice("session.done ".length)))
        const log: Array<string> = []
        if (died.status === "succeeded") return assert.isTrue((yield* journal.about("r")).ended)
        const handle = yield* resumed(journal, answers(log))
        const result = yield* handle.result
        const events = yield* eventsIn(journal)
        assert.strictEqual(result.status, "succeeded")
        assert.deepStrictEqual(events.slice(0, before.length), before)
        assert.deepStrictEqual(
          events.map(({ seq }) => seq),
          events.map((_, index) => index + 1),
        )
        assert.deepStrictEqual(told(events, "session.done"), ["session.done s0", "session.done s1", "session.done s2"])
        for (const id of done)
          assert.isFalse(
            log.some((line) => line.includes(` ${id}`)),
            `${id} was done before`,
          )
        assert.strictEqual(told(events, "turn.started").length, told(events, "turn.done", "turn.failed", "turn.cancelled").length)
        assert.deepStrictEqual((yield* replayRun(journal, "r")).difference, undefined)
      }),
    )

  it.live("begins the turn under way again with the same key, when what it does may be done twice", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      const log: Array<string> = []
      yield* (yield* started(pure(pipeline(1)), dying(journal, { left: 2 }), answers(log))).result
      assert.deepStrictEqual(told(yield* eventsIn(journal), "turn.started"), ["turn.started s0 1"])
      assert.strictEqual((yield* (yield* resumed(journal, answers(log))).result).status, "succeeded")
      assert.deepStrictEqual(
        log.filter((line) => line.startsWith("prompt")),
        ["prompt s0 1.1 r/s0/1", "prompt s0 1.2 r/s0/1"],
      )
      assert.deepStrictEqual(told(yield* eventsIn(journal), "turn.started", "turn.failed", "session.retrying", "turn.done"), [
        "turn.started s0 1",
        "turn.failed s0 1",
        "session.retrying s0 2",
        "turn.started s0 2",
        "turn.done s0 2",
      ])
    }),
  )

  it.live("says again what people said to the turn that its process died of", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      const heard: Array<string> = []
      const listens = fakeDriver((frame, say) => {
        if (frame.type !== "message") return
        heard.push(frame.text)
        if (heard.length > 1) say({ type: "turn.ended", end: { stop: "end_turn" } })
      })
      const appends = { left: 1000 }
      const first = yield* started(pure(pipeline(1)), dying(journal, appends), listens)
      yield* first.events().pipe(
        Stream.takeUntil(({ type }) => type === "turn.started"),
        Stream.runDrain,
      )
      yield* first.send({ type: "user.sent", session: "s0", text: "hurry" })
      appends.left = 0
      yield* first.send({ type: "pause" })
      assert.strictEqual((yield* first.result).status, "failed")
      assert.strictEqual((yield* (yield* resumed(journal, listens)).result).status, "succeeded")
      assert.deepStrictEqual(heard, ["hurry", "hurry"])
      assert.deepStrictEqual((yield* replayRun(journal, "r")).difference, undefined)
    }),
  )

  it.live("goes on with a conversation that its driver can resume, whatever its effect", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      const log: Array<string> = []
      const driver = answers(log, { resume: true })
      yield* diesInTurn(pure(pipeline(1), "external"), journal)
      assert.strictEqual((yield* (yield* resumed(journal, driver)).result).status, "succeeded")
      assert.include(log, "resume s0 talk of s0")
    }),
  )

  it.live("asks somebody about effects outside, and does it again only when told", () =>
    Effect.gen(function* () {
      for (const [value, by, status] of [
        ["approve", "user", "succeeded"],
        ["reject", "user", "failed"],
        ["reject", "headless", "needs_review"],
      ] as const) {
        const journal = makeMemoryJournal()
        yield* diesInTurn(pure(pipeline(2), "external"), journal)
        const log: Array<string> = []
        const first = yield* Effect.scoped(
          Effect.gen(function* () {
            const handle = yield* resumed(dying(journal, { left: 1 }), answers(log))
            const opened = yield* handle.events().pipe(
              Stream.filter((event) => event.type === "request.opened"),
              Stream.take(1),
              Stream.runCollect,
            )
            yield* handle.send({ type: "pause" })
            yield* handle.result
            return opened[0]
          }),
        )
        assert.deepInclude(first, { type: "request.opened", kind: "gate", session: "s0" })
        // Its process died a second time: the question stands, and is not asked twice.
        const handle = yield* resumed(journal, answers(log))
        assert.deepStrictEqual(
          handle.pending.map(({ request }) => request),
          first?.type === "request.opened" ? [first.request] : [],
        )
        assert.deepStrictEqual(log, [])
        const rejection = yield* handle.send({ type: "reply", request: handle.pending[0]?.request ?? "", value, by })
        assert.isUndefined(rejection)
        assert.strictEqual((yield* handle.result).status, status)
        const events = yield* eventsIn(journal)
        assert.strictEqual(told(events, "session.needs_review").length, 1)
        assert.strictEqual(told(events, "request.opened").length, 1)
        assert.strictEqual(told(events, "session.done").length, value === "approve" ? 2 : 0)
      }
    }),
  )

  it.live("is taken up once: what has ended stays as it is", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      yield* (yield* started(pure(pipeline(2)), dying(journal, { left: 3 }), answers([]))).result
      yield* (yield* resumed(journal, answers([]))).result
      const before = yield* journal.read("r")
      const refused = yield* Effect.flip(resumed(journal, answers([])))
      assert.strictEqual(refused.reason, "ended")
      assert.deepStrictEqual(yield* journal.read("r"), before)
    }),
  )

  it.live("is cancelled without starting anything", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      yield* (yield* started(pure(pipeline(2)), dying(journal, { left: 3 }), answers([]))).result
      const log: Array<string> = []
      const key = "hunter2-hunter2"
      const handle = yield* resumed(journal, answers(log), { cancel: { code: "user", detail: `without ${key}` }, env: { ANTHROPIC_API_KEY: key } })
      assert.strictEqual((yield* handle.result).status, "cancelled")
      assert.deepStrictEqual(log, [])
      const written = JSON.stringify(yield* journal.read("r"))
      assert.include(written, "without [redacted]")
      assert.notInclude(written, key)
    }),
  )

  for (const left of [0, 2, 4, 6, 8, 10])
    it.live(`after ${left} appends counts its rounds on, and gives no request the id of another`, () =>
      Effect.gen(function* () {
        const journal = makeMemoryJournal()
        const round: Rule = {
          id: "r1",
          join: { kind: "event", leaf: 0, event: { source: "session", session: "a", event: "done" } },
          cases: [{ action: { kind: "send", id: "again", to: ["a"], bySubtask: false, fresh: false, max: { count: 3 } } }],
        }
        const asks = fakeDriver((frame, say) => {
          if (frame.type === "prompt") say({ type: "agent", event: { kind: "cap.ask_user", req_id: `${frame.turn}.${frame.attempt}`, prompt: "which?" } })
          if (frame.type === "answer") say({ type: "turn.ended", end: { stop: "end_turn" }, text: "ok" })
        })
        const answering = (handle: RunHandle) =>
          handle.events().pipe(
            Stream.runForEach((event) => {
              if (event.type !== "request.opened") return Effect.void
              return handle.send({ type: "reply", request: event.request, value: "this", by: "user" })
            }),
            Effect.andThen(handle.result),
          )
        const ir = pure(fleet([session("a")], [round]))
        const first = yield* answering(yield* started(ir, dying(journal, { left }), asks))
        assert.strictEqual(first.status, "failed")
        assert.strictEqual((yield* answering(yield* resumed(journal, asks))).status, "succeeded")
        const events = yield* eventsIn(journal)
        assert.strictEqual(events.filter(({ type }) => type === "session.done").length, 4)
        const opened = events.flatMap((event) => (event.type === "request.opened" ? [event.request] : []))
        assert.strictEqual(new Set(opened).size, opened.length)
        assert.strictEqual(events.filter((event) => event.type === "route.declined" && event.reason === "limit").length, 1)
      }),
    )

  it("waits out the rest of a retry's delay, and keeps what was spent", async () => {
    const retry = { attempts: 2, backoffMs: 3_600_000, factor: 1, jitter: false }
    const ir: Ir = { ...pure(fleet([session("a", { retry }), session("b")], [followUp(1, "a", "b")])), budget: { usd: 10 } }
    let tries = 0
    const driver = fakeDriver((frame, say, end) => {
      if (frame.type !== "prompt") return
      if (++tries === 1) end()
      else say({ type: "turn.ended", end: { stop: "end_turn" }, usage: { mode: "delta", usd: 1 } })
    })
    const program = Effect.gen(function* () {
      const journal = makeMemoryJournal()
      const appends = { left: Infinity }
      const handle = yield* started(ir, dying(journal, appends), driver)
      yield* Effect.sleep(600_000)
      appends.left = 0
      yield* Effect.forkDetach(handle.send({ type: "pause" }))
      yield* handle.result
      yield* Effect.sleep(600_000)
      const result = yield* (yield* resumed(journal, driver)).result
      const events = yield* eventsIn(journal)
      return { result, starts: events.flatMap((event) => (event.type === "turn.started" ? [event.at] : [])), now: yield* Clock.currentTimeMillis }
    })
    const exit = await runVirtual(Effect.scoped(program))
    if (Exit.isFailure(exit)) return assert.fail(String(exit.cause))
    assert.deepStrictEqual(exit.value.starts, [0, 3_600_000, 3_600_000])
    assert.deepInclude(exit.value.result, { status: "succeeded", usage: { usd: 2, tokens: 0 } })
  })

  it.live("looks after the workspaces it had: what is in them is committed before anything starts", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      const log: Array<string> = []
      const workspaces = { none: loggedWorkspaces(log, process.cwd()) }
      yield* (yield* started(pure(pipeline(2)), dying(journal, { left: 2 }), answers([]), { workspaces })).result
      log.length = 0
      yield* (yield* resumed(journal, answers(log), { workspaces })).result
      assert.deepStrictEqual(log.slice(0, 4), ["acquire s0", "snapshot s0", "open s0", "prompt s0 1.2 r/s0/1"])
      for (const id of ["s0", "s1"]) assert.strictEqual(log.filter((line) => line === `release ${id}`).length, 1)
    }),
  )
})
