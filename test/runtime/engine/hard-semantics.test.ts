/** The hard semantics that need a journal, drivers, places or subscribers; those of the machine alone are in its file of the same name. */
import { describe } from "vitest"
import { assert, it } from "@effect/vitest"
import { compile } from "#compiler"
import { builtinDrivers, makeScripted, readScript } from "#plugins"
import { builtinManifests } from "#plugins/loader/builtin-manifests.ts"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Ir, Rule } from "#ir"
import type { DriverContext } from "#sdk"
import { fakeDriver, fleet, followUp, loggedWorkspaces, pipeline, saysOk, session } from "./fleet.ts"
import { resumeRun } from "../../../runtime/engine/resume-run.ts"
import type { AnyDriver, AnyPolicyPack, AnyRouting, RunOptions } from "../../../runtime/engine/run.ts"
import { foldRun, snapshotOf } from "../../../runtime/engine/fold-run.ts"
import { replayRun } from "../../../runtime/engine/replay-run.ts"
import { readOutsideScript } from "../../../runtime/engine/script.ts"
import { simulate } from "../../../runtime/engine/simulate.ts"
import { startRun } from "../../../runtime/engine/start-run.ts"
import { makeSubscribers } from "../../../runtime/engine/subscribers.ts"
import { JournalError, type JournalRecord, type JournalShape } from "../../../runtime/journal/journal.ts"
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

/** A journal whose process dies once a number of appends more are written, before it can show them. */
const deadOnceWritten = (journal: JournalShape, appends: { left: number }): JournalShape => ({
  ...journal,
  append: (...args) =>
    Effect.andThen(journal.append(...args), appends.left-- > 0 ? Effect.void : Effect.fail(new JournalError({ reason: "io", message: "killed" }))),
})

const turnEnds: ReadonlySet<string> = new Set(["turn.done", "turn.failed", "turn.cancelled"])
const sessionEnds: ReadonlySet<string> = new Set(["session.done", "session.failed", "session.cancelled"])

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

/** Request ids are never given twice, and nothing new begins before the recovery is written down. */
const keepsOrder = (records: ReadonlyArray<JournalRecord>, whole: boolean): boolean => {
  const at = records.findIndex(({ fact }) => fact.type === "run.recovered" || fact.type === "run.begun")
  const ids = records.flatMap(({ events }) => events.flatMap((event) => (event.type === "request.opened" ? [event.request] : [])))
  const recovered = records.findIndex(({ fact }) => fact.type === "run.recovered")
  return at === 0 && new Set(ids).size === ids.length && (whole || recovered > 0)
}

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

  it("3 exactly one terminal: a thousand races of done, failure, timeout, cancel and a driver that dies, one event and one row for each", async () => {
    const ends = ["10s", "10s, exit", "10s, fail"] as const
    const won = new Set<string>()
    for (let seed = 0; seed < 1000; seed++) {
      const how = ends[seed % ends.length]
      const turn = { after: "10s", ...(how === "10s, exit" ? { exit: true } : how === "10s, fail" ? { fail: { kind: "driver_error", message: "no" } } : {}) }
      const script = readScript({ a: [turn] })
      const outside = readOutsideScript({
        commands: [{ at: "10s", cancel: { session: "a" } }, ...(seed % 2 === 0 ? [{ at: "10s", cancel: "fleet" }] : [])],
        faults: { seed },
      })
      if (!script.ok || !outside.ok) throw new Error("no script")
      const journal = makeMemoryJournal()
      await simulate(fleet([session("a", { timeoutMs: 10_000 })]), { driver: makeScripted(script.script), outside: outside.script, journal })
      const rows = (await Effect.runPromise(journal.read("simulation"))).map(({ events }) => events.map(({ type }) => type))
      for (const terminal of [turnEnds, sessionEnds, new Set<string>(["run.ended"])]) {
        const found = rows.map((types) => types.filter((type) => terminal.has(type))).filter((types) => types.length > 0)
        if (found.length !== 1 || found[0]?.length !== 1) assert.fail(`seed ${seed}: ${JSON.stringify(rows)}`)
        won.add(found[0][0] ?? "")
      }
    }
    assert.includeMembers([...won], ["turn.done", "turn.failed", "turn.cancelled"])
  })

  for (let left = 0; left < 14; left++)
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

  for (let left = 0; left < 14; left++)
    it.live(`4 durable before visible: what was written at append ${left} and died unseen is seen when the run is taken up, under the same numbers`, () =>
      Effect.gen(function* () {
        const journal = makeMemoryJournal()
        const ir = pipeline(3)
        const pure = { ...ir, sessions: ir.sessions.map((one) => ({ ...one, effect: "pure" as const })) }
        const seen: Array<number> = []
        yield* (yield* startRun(options(pure, saysOk, { journal: deadOnceWritten(journal, { left }), onEvent: ({ seq }) => void seen.push(seq) }))).result
        const unseen = (yield* eventsIn(journal)).slice(seen.length)
        if ((yield* journal.about("r")).ended) return
        assert.isAbove(unseen.length, 0)
        const handle = yield* resumeRun({ run: "r", drivers: { fake: saysOk }, workspaces: { none: loggedWorkspaces([]) }, journal, env: {} })
        const shown = yield* Stream.runCollect(handle.events())
        assert.deepStrictEqual(shown.slice(seen.length, seen.length + unseen.length), unseen)
        assert.deepStrictEqual(shown, yield* eventsIn(journal))
        assert.strictEqual((yield* replayRun(journal, "r")).difference, undefined)
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

  it("13 non-blocking routing: while a plugin thinks for a minute events flow, and a cancel is prompt", async () => {
    const use: Rule = { ...followUp(1, "a", "z"), cases: [{ action: { kind: "use", plugin: { use: "slow", with: {} } } }] }
    const script = readScript({ b: [{ after: "5s" }] })
    const outside = readOutsideScript({ commands: [{ at: "30s", cancel: "fleet" }] })
    if (!script.ok || !outside.ok) throw new Error("no script")
    const ir = { ...fleet([session("a"), session("b"), session("c"), session("z")], [use, followUp(2, "b", "c")]), start: ["a", "b"] }
    const slow: AnyRouting = { decide: () => Effect.as(Effect.sleep(60_000), [{ send: "z" }]) }
    const { events } = await simulate(ir, { driver: makeScripted(script.script), outside: outside.script, routers: { slow } })
    const at = (type: string, id?: string) =>
      events.find((event) => event.type === type && (id === undefined || ("session" in event && event.session === id)))?.at
    assert.deepStrictEqual(
      [at("session.done", "a"), at("session.done", "b"), at("session.done", "c"), at("run.ended"), at("turn.started", "z")],
      [0, 5000, 5000, 30_000, undefined],
    )
  })

  it.live("14 crash is not success: a driver that falls silent without an end has failed, and `done` does not fire", () =>
    Effect.gen(function* () {
      const silentEnd = fakeDriver((frame, say, end) => {
        if (frame.type !== "prompt") return
        say({ type: "agent", event: { kind: "cap.text_chunk", text: "all done" } })
        end()
      })
      const journal = makeMemoryJournal()
      const { status } = yield* (yield* startRun(options(pipeline(2), silentEnd, { journal }))).result
      const events = yield* eventsIn(journal)
      assert.strictEqual(status, "failed")
      assert.deepStrictEqual(named(events, "session.failed", "session.done", "route.fired", "session.skipped"), ["session.failed s0", "session.skipped s1"])
      assert.isTrue(events.some((event) => event.type === "session.failed" && event.error.kind === "agent_exited"))
    }),
  )

  it("15 config actually applied: what a built-in driver cannot honour refuses the fleet, the rest does not", () => {
    const asked = { model: "model: m", systemPrompt: "system_prompt: s", maxTurns: "max_turns: 3" } as const
    const written: { readonly [driver: string]: string } = {
      shell: "shell, command: [ls]",
      pty: "'pty:aider'",
      acp: "'acp:gemini'",
      a2a: "'a2a:https://x.test'",
    }
    for (const [name, { capabilities }] of Object.entries(builtinDrivers)) {
      const driver = written[name.replace(/:$/u, "")] ?? name
      for (const key of ["model", "systemPrompt", "maxTurns"] as const) {
        const text = `fleet:\n  base_branch: main\n  task: go\n  sessions:\n    a: { driver: ${driver}, ${asked[key]} }\n  start: a\n`
        const refused = compile({ file: "fleet.yaml", text, files: () => undefined, plugins: builtinManifests }).diagnostics.some(
          ({ code }) => code === "unsupported-by-driver",
        )
        assert.strictEqual(refused, !capabilities[key], `${name}: ${key}`)
      }
    }
  })

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
      assert.strictEqual((yield* handle.send({ type: "resume" }))?.code, "run_stopped")
      assert.strictEqual(seen.length, before)
      assert.strictEqual((yield* eventsIn(journal)).length, before)
    }),
  )

  it.live("18 lease fencing: the turn that another owner has finished is not finished again by the one that stalled", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      const finish: Array<() => void> = []
      const stalls = fakeDriver((frame, say) => {
        if (frame.type === "prompt") finish.push(() => say({ type: "turn.ended", end: { stop: "end_turn" }, text: "mine" }))
      })
      const ir = fleet([session("a", { effect: "pure" })])
      const stalled = yield* startRun(options(ir, stalls, { journal }))
      yield* stalled.events().pipe(
        Stream.takeUntil(({ type }) => type === "turn.started"),
        Stream.runDrain,
      )
      const next = yield* resumeRun({ run: "r", drivers: { fake: saysOk }, workspaces: { none: loggedWorkspaces([]) }, journal, env: {} })
      assert.strictEqual((yield* next.result).status, "succeeded")
      const before = yield* eventsIn(journal)
      for (const end of finish) end()
      assert.strictEqual((yield* stalled.result).status, "failed")
      assert.deepStrictEqual(yield* eventsIn(journal), before)
      assert.deepStrictEqual(
        before.flatMap((event) => (event.type === "session.done" ? [event.text] : [])),
        ["ok"],
      )
    }),
  )

  it("20 backpressure fairness: a turn that waits for room in the budget is looked at by policies once, when it starts", async () => {
    const looked: Array<string> = []
    const counts: AnyPolicyPack = { boundaries: ["spawn", "prompt"], decide: (boundary, _, { session: id }) => void looked.push(`${boundary} ${id}`) }
    const script = readScript({ a: [{ after: "5s", cost_usd: 0.2 }], b: [{ after: "5s", cost_usd: 0.2 }] })
    if (!script.ok) throw new Error("no script")
    const own = { budget: { usd: 0.7 } }
    const ir = { ...fleet([session("a", own), session("b", own)]), start: ["a", "b"], budget: { usd: 1 }, policies: [{ use: "counts", with: {} }] }
    const { events, result } = await simulate(ir, { driver: makeScripted(script.script), policies: { counts } })
    assert.strictEqual(result.status, "succeeded")
    assert.deepStrictEqual(
      events.flatMap((event) => (event.type === "turn.started" ? [`${event.at} ${event.session}`] : [])),
      ["0 a", "5000 b"],
    )
    // the task of the run itself comes first
    assert.deepStrictEqual(looked.slice(1), ["spawn a", "prompt a", "spawn b", "prompt b"])
  })

  for (let left = 1; left < 36; left++)
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
        assert.isTrue(keepsOrder(yield* journal.read("r"), over))
        const again = yield* Effect.flip(resumeRun(resume))
        assert.strictEqual("reason" in again ? again.reason : "", "ended")
        assert.strictEqual((yield* eventsIn(journal)).length, events.length)
      }),
    )

  for (let left = 1; left < 36; left++)
    it.live(`21 recovery matrix: work of unknown effect that was under way after ${left} appends is left to people, and nothing else is`, () =>
      Effect.gen(function* () {
        const journal = makeMemoryJournal()
        const unsafe = { ...saga, sessions: saga.sessions.map((one) => (one.id === "c" ? session("c") : one)) }
        yield* (yield* startRun(options(unsafe, fails("c"), { journal: dying(journal, { left }) }))).result
        const before = yield* eventsIn(journal)
        if ((yield* journal.about("r")).ended) return
        const underWay = named(before, "turn.started", "turn.failed", "turn.done").at(-1) === "turn.started c"
        const resume = { run: "r", drivers: { fake: fails("c") }, workspaces: { none: loggedWorkspaces([]) }, journal, env: {} }
        const handle = yield* resumeRun(resume)
        yield* handle.events().pipe(
          Stream.tap((event) =>
            event.type === "request.opened" ? handle.send({ type: "reply", request: event.request, value: "reject", by: "headless" }) : Effect.void,
          ),
          Stream.runDrain,
        )
        const events = yield* eventsIn(journal)
        assert.deepStrictEqual(named(events, "session.needs_review"), underWay ? ["session.needs_review c"] : [])
        assert.strictEqual((yield* handle.result).status, underWay ? "needs_review" : "failed")
        assert.deepStrictEqual(named(events, "session.compensated"), ["session.compensated b", "session.compensated a"])
        const ids = events.flatMap((event) => (event.type === "request.opened" ? [event.request] : []))
        assert.strictEqual(new Set(ids).size, ids.length)
      }),
    )

  it.live(
    "23 redact really redacts: no trace of it in what the driver hears, in events, the journal, its chain and snapshots; a patch that does not apply lets nothing pass",
    () =>
      Effect.gen(function* () {
        const hidden = "hunter2"
        for (const [path, status] of [
          ["/secret", "succeeded"],
          ["/nowhere", "failed"],
        ] as const) {
          const journal = makeMemoryJournal()
          const shown: Array<unknown> = []
          const hides: AnyPolicyPack = {
            boundaries: ["prompt", "output"],
            decide: (boundary, payload) => {
              if (!JSON.stringify(payload).includes(hidden)) return undefined
              if (boundary === "prompt") return { effect: "redact", patches: [{ op: "replace", path: "/text", value: "[gone]" }] }
              return { effect: "redact", patches: [{ op: "remove", path }] }
            },
          }
          const leaks = fakeDriver((frame, say) => {
            shown.push(frame)
            if (frame.type !== "prompt") return
            say({ type: "agent", event: { kind: "x.note", secret: hidden } })
            say({ type: "turn.ended", end: { stop: "end_turn" }, text: "ok" })
          })
          const ir = { ...fleet([session("a")]), policies: [{ use: "hides", with: {} }] }
          const handle = yield* startRun(
            options(ir, leaks, { journal, task: `log in with ${hidden}`, policies: { hides }, onEvent: (event) => void shown.push(event) }),
          )
          assert.strictEqual((yield* handle.result).status, status)
          const lease = yield* journal.claim("r")
          yield* journal.keepSnapshot(lease, snapshotOf(ir, yield* foldRun(journal, "r", ir)))
          const everything = [
            shown,
            yield* journal.read("r"),
            yield* journal.stored("r"),
            yield* journal.origin("r"),
            yield* journal.snapshot("r"),
            yield* handle.result,
          ]
          assert.notInclude(JSON.stringify(everything), hidden)
          assert.include(JSON.stringify(shown), "[gone]")
        }
      }),
  )

  it.live("24 lag is explicit and recoverable: ten thousand events behind", () =>
    Effect.gen(function* () {
      const journal = makeMemoryJournal()
      const flood = fakeDriver((frame, say) => {
        if (frame.type !== "prompt") return
        for (let at = 0; at < 10_000; at++) say({ type: "agent", event: { kind: "cap.text_chunk", text: "x" } })
        say({ type: "turn.ended", end: { stop: "end_turn" } })
      })
      const handle = yield* startRun(options(fleet([session("a")]), flood, { journal }))
      const seen = yield* Stream.runCollect(Stream.tap(handle.events({ buffer: 16 }), () => handle.result))
      const gaps = seen.flatMap((event) => (event.type === "lagged" ? [event] : []))
      const written = yield* eventsIn(journal)
      assert.strictEqual(gaps.length, 1)
      for (const { from, to } of gaps) {
        assert.isAbove(to - from, 9_900)
        // what it missed, and where it goes on
        assert.deepStrictEqual(
          seen.flatMap((event) => ("seq" in event ? [event.seq] : [])),
          written.map(({ seq }) => seq).filter((seq) => seq < from || seq > to),
        )
      }
    }),
  )

  it.live("24 lag is explicit and recoverable: zero observers cost nothing, and who has gone is none", () =>
    Effect.gen(function* () {
      const { publish, subscribe } = makeSubscribers()
      let looks = 0
      const many = new Proxy(
        Array.from({ length: 10_000 }, (_, at): FleetEvent => ({ seq: at + 1, run: "r", at: 0, type: "run.resumed" })),
        {
          get: (events, key, receiver): unknown => {
            if (typeof key === "string" && /^\d+$/u.test(key)) looks++
            return Reflect.get(events, key, receiver)
          },
        },
      )
      const looksOf = (): number => {
        looks = 0
        publish(many)
        return looks
      }
      // The last one's number is all that is noted.
      assert.strictEqual(looksOf(), 1)
      const { stream } = subscribe(20_000)
      assert.isAtLeast(looksOf(), 10_000)
      assert.strictEqual((yield* Stream.runCollect(Stream.take(stream, 3))).length, 3)
      assert.strictEqual(looksOf(), 1)
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
