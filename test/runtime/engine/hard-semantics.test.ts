/** The hard semantics that need a journal, drivers, places or subscribers; those of the machine alone are in its file of the same name. */
import { describe } from "vitest"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Ir } from "#ir"
import type { DriverContext } from "#sdk"
import { fakeDriver, fleet, followUp, loggedWorkspaces, pipeline, saysOk, session } from "./fleet.ts"
import { resumeRun } from "../../../runtime/engine/resume-run.ts"
import type { AnyDriver, RunOptions } from "../../../runtime/engine/run.ts"
import { startRun } from "../../../runtime/engine/start-run.ts"
import { JournalError, type JournalShape } from "../../../runtime/journal/journal.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import type { FleetEvent } from "../../../runtime/machine/protocol.ts"

const options = (ir: Ir, driver: AnyDriver, changes: Partial<RunOptions> = {}): RunOptions => ({
  ir,
  run: "r",
  drivers: { fake: driver },
  workspaces: { none: loggedWorkspaces([]) },
  journal: makeMemoryJournal(),
  root: "/",
  env: {},
  ...changes,
})

/** A journal that lets a number of appends pass; then its process is as good as dead. */
const dying = (journal: JournalShape, appends: { left: number }): JournalShape => ({
  ...journal,
  append: (...args) => (appends.left-- > 0 ? journal.append(...args) : Effect.fail(new JournalError({ reason: "io", message: "killed" }))),
})

const eventsIn = (journal: JournalShape) => Effect.map(journal.read("r"), (records) => records.flatMap(({ events }) => events))
const named = (events: ReadonlyArray<FleetEvent>, ...types: ReadonlyArray<string>) =>
  events.filter(({ type }) => types.includes(type)).map((event) => `${event.type} ${"session" in event ? event.session : ""}`.trim())

const silent = fakeDriver((frame, say) => {
  if (frame.type === "prompt") say({ type: "agent", event: { kind: "cap.text_chunk", text: "…" } })
})

/** Fails the one session and finishes the others. */
const fails = (unlucky: string) =>
  fakeDriver((frame, say, _end, id) => {
    if (frame.type !== "prompt") return
    say({ type: "turn.ended", text: "did", end: id === unlucky ? { error: { kind: "driver_error", message: "no" } } : { stop: "end_turn" } })
  })

const saga = fleet(
  [
    session("a", { compensate: "ua", effect: "pure" }),
    session("b", { compensate: "ub", effect: "pure" }),
    session("c", { effect: "pure" }),
    session("ua", { effect: "idempotent" }),
    session("ub", { effect: "idempotent" }),
  ],
  [followUp(1, "a", "b"), followUp(2, "b", "c")],
)

describe("hard semantics", () => {
  it.live("2 death while waiting: the request is withdrawn and the session fails at once", () =>
    Effect.gen(function* () {
      const asks = fakeDriver((frame, say, end) => {
        if (frame.type !== "prompt") return
        say({ type: "agent", event: { kind: "cap.permission.request", req_id: "x", risk_level: "high" } })
        end()
      })
      const seen: Array<FleetEvent> = []
      yield* (yield* startRun(options(fleet([session("a")]), asks, { onEvent: (event) => void seen.push(event) }))).result
      const times = seen.flatMap(({ type, at }) => (type === "request.opened" || type === "request.withdrawn" || type === "session.failed" ? [at] : []))
      assert.strictEqual(times.length, 3)
      assert.isBelow((times[2] ?? Infinity) - (times[0] ?? 0), 1000)
    }),
  )

  for (let left = 0; left < 6; left++)
    it.live(`4 durable before visible: dead after ${left} appends, nothing was seen that is not written, and no command of a step that is not`, () =>
      Effect.gen(function* () {
        const journal = makeMemoryJournal()
        const seen: Array<number> = []
        const opened: Array<string> = []
        yield* (yield* startRun(
          options(
            pipeline(2),
            {
              ...saysOk,
              open: (context) => {
                opened.push(context.session)
                return saysOk.open(context)
              },
            },
            { journal: dying(journal, { left }), onEvent: ({ seq }) => void seen.push(seq) },
          ),
        )).result
        const written = yield* eventsIn(journal)
        assert.deepStrictEqual(
          seen,
          written.map(({ seq }) => seq),
        )
        for (const id of opened) assert.include(named(written, "session.queued"), `session.queued ${id}`)
      }),
    )

  it.live("10 terminal state is absorbing: whoever awaits the run, now or later, gets the same", () =>
    Effect.gen(function* () {
      const handle = yield* startRun(options(pipeline(2), saysOk))
      const early = yield* Effect.all([handle.result, handle.result, handle.result], { concurrency: "unbounded" })
      const late = yield* handle.result
      for (const one of early) assert.strictEqual(one, late)
      for (const type of ["pause", "resume"] as const) assert.strictEqual((yield* handle.send({ type }))?.code, "run_ended")
    }),
  )

  it.live("13 non-blocking routing: a session that is slow to open holds up nobody, and cancel is prompt", () =>
    Effect.gen(function* () {
      const never: AnyDriver = { ...saysOk, open: (context) => (context.session === "s1" ? Effect.never : saysOk.open(context)) }
      const ir = fleet(
        [session("s0"), session("s1"), session("s2"), session("s3")],
        [followUp(1, "s0", "s1"), followUp(2, "s0", "s2"), followUp(3, "s2", "s3")],
      )
      const handle = yield* startRun(options(ir, never))
      const seen = yield* handle.events().pipe(
        Stream.tap((event) =>
          event.type === "session.done" && event.session === "s3"
            ? handle.send({ type: "cancel", target: { kind: "fleet" }, reason: { code: "user" } })
            : Effect.void,
        ),
        Stream.runCollect,
      )
      const times = seen.flatMap((event) =>
        "at" in event && ((event.type === "session.done" && event.session === "s3") || event.type === "run.ended") ? [event.at] : [],
      )
      assert.strictEqual(times.length, 2)
      assert.isBelow((times[1] ?? Infinity) - (times[0] ?? 0), 1000)
    }),
  )

  it.live("15 config actually applied", () =>
    Effect.gen(function* () {
      const contexts: Array<DriverContext<never>> = []
      const driver: AnyDriver = {
        ...saysOk,
        open: (context) => {
          contexts.push(context)
          return saysOk.open(context)
        },
      }
      const about = session("a", {
        model: "large",
        systemPrompt: "be brief",
        maxTurns: 7,
        permissions: "deny",
        driver: { use: "fake", with: { deep: true } },
        env: { X: { value: "1" } },
      })
      yield* (yield* startRun(options(fleet([about]), driver))).result
      assert.strictEqual(contexts.length, 1)
      for (const { model, systemPrompt, maxTurns, permissions, config, directory, env } of contexts) {
        assert.deepStrictEqual([model, systemPrompt, maxTurns, permissions, directory, env["X"]], ["large", "be brief", 7, "deny", "/nowhere", "1"])
        assert.deepStrictEqual<unknown>(config, { deep: true })
      }
    }),
  )

  it.live("18 lease fencing: a run that was taken over writes nothing more and says nothing more", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      const seen: Array<FleetEvent> = []
      const handle = yield* startRun(options(fleet([session("a")]), silent, { journal, onEvent: (event) => void seen.push(event) }))
      yield* handle.events().pipe(
        Stream.takeUntil(({ type }) => type === "agent"),
        Stream.runDrain,
      )
      yield* journal.claim("r")
      const before = seen.length
      yield* handle.send({ type: "pause", reason: "too late" })
      const { status } = yield* handle.result
      assert.strictEqual(status, "failed")
      assert.strictEqual(seen.length, before)
      assert.strictEqual((yield* eventsIn(journal)).length, before)
    }),
  )

  for (let left = 1; left < 24; left += 2)
    it.live(`21 recovery matrix: a saga that dies after ${left} appends is undone in reverse, each once, and a second resume does nothing`, () =>
      Effect.gen(function* () {
        const journal = makeMemoryJournal()
        yield* (yield* startRun(options(saga, fails("c"), { journal: dying(journal, { left }) }))).result
        const over = (yield* journal.about("r")).ended
        const resume = { run: "r", drivers: { fake: fails("c") }, workspaces: { none: loggedWorkspaces([]) }, journal, env: {} }
        if (!over) assert.strictEqual((yield* (yield* resumeRun(resume)).result).status, "failed")
        const events = yield* eventsIn(journal)
        assert.deepStrictEqual(named(events, "session.compensated"), ["session.compensated b", "session.compensated a"])
        assert.strictEqual(named(events, "session.done").filter((line) => / u/.test(line)).length, 2)
        assert.strictEqual(named(events, "run.ended").length, 1)
        const again = yield* Effect.flip(resumeRun(resume))
        assert.strictEqual("reason" in again ? again.reason : "", "ended")
        assert.strictEqual((yield* eventsIn(journal)).length, events.length)
      }),
    )

  it.live("24 lag is explicit and recoverable: who lags is told what it missed and finds it in the journal; the stream ends", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      const handle = yield* startRun(options(pipeline(40), saysOk, { journal }))
      const seen = yield* Stream.runCollect(Stream.tap(handle.events({ buffer: 4 }), () => handle.result))
      const written = yield* eventsIn(journal)
      const whole = seen.flatMap((event) => (event.type === "lagged" ? written.filter(({ seq }) => seq >= event.from && seq <= event.to) : [event]))
      assert.isTrue(seen.some(({ type }) => type === "lagged"))
      assert.deepStrictEqual(whole, written)
    }),
  )

  it.live("25 workspace safety: candidates keep their workspaces until one is picked", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const ir = fleet(
        [session("a"), session("b")],
        [
          {
            id: "r1",
            join: { kind: "all", of: ["a", "b"].map((id, leaf) => ({ kind: "event", leaf, event: { source: "session", session: id, event: "done" } })) },
            cases: [{ action: { kind: "select", from: ["a", "b"] } }],
          },
        ],
      )
      const handle = yield* startRun(options({ ...ir, start: ["a", "b"] }, saysOk, { workspaces: { none: loggedWorkspaces(log) } }))
      yield* handle.events().pipe(
        Stream.takeUntil(({ type }) => type === "request.opened"),
        Stream.runDrain,
      )
      assert.deepStrictEqual(
        log.filter((line) => line.startsWith("release")),
        [],
      )
      yield* handle.send({ type: "select", session: "b", by: "me" })
      yield* handle.result
      assert.deepStrictEqual(log.filter((line) => line.startsWith("release")).sort(), ["release a", "release b"])
    }),
  )
})
