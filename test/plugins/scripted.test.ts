import { assert, it } from "@effect/vitest"
import type { Json } from "#ir"
import type { DriverEvent, DriverHandle, Frame } from "#sdk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { describe, expect } from "vitest"
import { makeScripted, readDuration, readScript } from "../../plugins/drivers/scripted/index.ts"

const driverOf = (sessions: Json) => {
  const read = readScript(sessions)
  if (!read.ok) throw new Error(read.problems.join("\n"))
  return makeScripted(read.script)
}

const prompt = (turn: number): Frame => ({ type: "prompt", turn, attempt: 1, text: "go", idempotencyKey: "k" })

const open = (driver: ReturnType<typeof driverOf>, session = "a", run = "r1") =>
  Effect.suspend(() => {
    const opened = driver.open({ run, session, config: {}, directory: "/", permissions: "ask", env: {} })
    return opened instanceof Promise ? Effect.promise(() => opened) : opened
  })

const send = (handle: DriverHandle, frame: Frame) =>
  Effect.suspend(() => {
    const sent = handle.send(frame)
    return Effect.isEffect(sent) ? sent : Effect.die("the scripted driver answers with effects")
  })

/** Everything said until a turn ends or the stream does. */
const listen = (handle: DriverHandle) => {
  const { events } = handle
  if (!Stream.isStream(events)) throw new Error("the scripted driver speaks in streams")
  return events.pipe(
    Stream.takeUntil((event) => event.type === "turn.ended"),
    Stream.runCollect,
  )
}

const kinds = (events: ReadonlyArray<DriverEvent>) => events.map((event) => (event.type === "agent" ? event.event.kind : event.type))

const turn = (driver: ReturnType<typeof driverOf>, session = "a", run = "r1") =>
  Effect.gen(function* () {
    const handle = yield* open(driver, session, run)
    yield* send(handle, prompt(1))
    return yield* listen(handle)
  })

describe("scripted", () => {
  it.effect("says ok when nobody wrote a script", () =>
    Effect.gen(function* () {
      expect(yield* turn(driverOf({}))).toEqual([
        { type: "agent", event: { kind: "cap.text_chunk", text: "ok", channel: "assistant" } },
        { type: "turn.ended", end: { stop: "end_turn" }, text: "ok" },
      ])
    }),
  )

  it.effect("gives one entry to each prompt, across conversations, and counts runs and instances apart", () =>
    Effect.gen(function* () {
      const driver = driverOf({ "worker[0]": [{ text: "own" }], worker: [{ text: "first" }, { text: "second" }] })
      const said = (session: string, run = "r1") => Effect.map(turn(driver, session, run), (events) => events.at(-1))
      expect(yield* said("worker[0]")).toMatchObject({ text: "own" })
      expect(yield* said("worker[1]")).toMatchObject({ text: "first" })
      expect(yield* said("worker[1]")).toMatchObject({ text: "second" })
      expect(yield* said("worker[1]")).toMatchObject({ text: "ok" })
      expect(yield* said("worker[1]", "r2")).toMatchObject({ text: "first" })
      expect(yield* said("worker[2]")).toMatchObject({ text: "first" })
    }),
  )

  it.effect("tells events first, then lets virtual time pass", () =>
    Effect.gen(function* () {
      const handle = yield* open(
        driverOf({ a: [{ events: [{ kind: "cap.usage", cost_usd_estimate: 1 }], usage: "cumulative", after: "10s", text: "late", cost_usd: 2 }] }),
      )
      yield* send(handle, prompt(1))
      const seen: Array<DriverEvent> = []
      const { events } = handle
      assert(Stream.isStream(events))
      const reader = yield* Effect.forkChild(
        Stream.runForEach(events, (event) =>
          Effect.sync(() => {
            seen.push(event)
          }),
        ),
      )
      yield* TestClock.adjust("9999 millis")
      expect(seen).toEqual([{ type: "agent", event: { kind: "cap.usage", mode: "cumulative", cost_usd_estimate: 1 } }])
      yield* TestClock.adjust("1 millis")
      expect(seen.at(-1)).toEqual({ type: "turn.ended", end: { stop: "end_turn" }, text: "late", usage: { mode: "cumulative", usd: 2 } })
      yield* Fiber.interrupt(reader)
    }),
  )

  const ends: ReadonlyArray<readonly [string, Json, ReadonlyArray<string>, unknown]> = [
    ["a failure", { fail: { kind: "rate_limit", message: "slow down" } }, ["turn.ended"], { end: { error: { kind: "rate_limit", message: "slow down" } } }],
    ["an output", { output: { n: 4 } }, ["cap.text_chunk", "turn.ended"], { output: { n: 4 }, text: '{"n":4}' }],
    ["a stop reason", { stop: "max_tokens" }, ["cap.text_chunk", "turn.ended"], { end: { stop: "max_tokens" } }],
    ["an exit after words", { text: "half", exit: true }, ["cap.text_chunk"], { type: "agent" }],
    [
      "an exit while asking",
      { permission: { tool: "Bash", risk: "low" }, exit: true },
      ["cap.permission.request"],
      { event: { tool: "Bash", risk_level: "low", scope: "execute" } },
    ],
  ]
  it.effect.each(ends)("plays %s", ([, entry, expected, last]) =>
    Effect.gen(function* () {
      const events = yield* turn(driverOf({ a: [entry] }))
      expect(kinds(events)).toEqual(expected)
      expect(events.at(-1)).toMatchObject(Object(last))
    }),
  )

  it.effect("waits for the answer to its own question only", () =>
    Effect.gen(function* () {
      const handle = yield* open(driverOf({ a: [{ permission: { tool: "Bash" }, question: "Which?", text: "done" }] }))
      yield* send(handle, prompt(1))
      const reader = yield* Effect.forkChild(listen(handle))
      yield* TestClock.adjust("1 hour")
      yield* send(handle, { type: "answer", request: "q9", reply: "allow_once" })
      yield* send(handle, { type: "answer", request: "q1", reply: "deny" })
      yield* TestClock.adjust("1 hour")
      yield* send(handle, { type: "answer", request: "q2", reply: "that one" })
      expect(kinds(yield* Fiber.join(reader))).toEqual(["cap.permission.request", "cap.ask_user", "cap.text_chunk", "turn.ended"])
    }),
  )

  it.effect("cancels a hanging turn once and can be prompted again", () =>
    Effect.gen(function* () {
      const handle = yield* open(driverOf({ a: [{ hang: true }, { text: "again" }] }))
      yield* send(handle, { type: "cancel" })
      yield* send(handle, prompt(1))
      yield* TestClock.adjust("1 second")
      yield* send(handle, { type: "cancel" })
      yield* send(handle, { type: "cancel" })
      yield* send(handle, prompt(2))
      yield* TestClock.adjust("1 second")
      const closed = handle.close()
      assert(Effect.isEffect(closed))
      yield* closed
      const { events } = handle
      assert(Stream.isStream(events))
      const said = yield* Stream.runCollect(events)
      expect(said.filter((event) => event.type === "turn.ended").map((event) => event.end)).toEqual([{ stop: "cancelled" }, { stop: "end_turn" }])
    }),
  )
})

describe("a script's problems", () => {
  const rows: ReadonlyArray<readonly [Json, string]> = [
    [{ a: { text: "x" } }, "sessions.a: expected a list of turns"],
    [{ a: ["x"] }, "sessions.a, turn 1: expected a record"],
    [{ "w[0]": [{}, { txt: "x" }] }, "sessions.w[0], turn 2, txt: unknown"],
    [{ a: [{ after: "10 parsecs" }] }, "sessions.a, turn 1, after: expected a duration"],
    [{ a: [{ fail: { kind: "sadness" } }] }, "sessions.a, turn 1, fail: kind: expected one of agent_exited"],
    [{ a: [{ stop: "never" }] }, "sessions.a, turn 1, stop: expected one of end_turn"],
    [{ a: [{ permission: { tool: "Bash", risk: "huge" } }] }, "sessions.a, turn 1, permission: risk"],
    [{ a: [{ events: [{}] }] }, "sessions.a, turn 1, events: each event needs a `kind`"],
    [{ a: [{ cost_usd: -1 }] }, "sessions.a, turn 1, cost_usd: expected a number"],
    [{ a: [{ exit: "yes" }] }, "sessions.a, turn 1, exit: expected true or false"],
    [{ a: [{ __proto__x: 1 }] }, "unknown"],
  ]
  it.each(rows)("%j", (sessions, problem) => {
    const read = readScript(sessions)
    expect(read.ok ? [] : read.problems).toEqual([expect.stringContaining(problem)])
  })

  it.each([
    ["10s", 10_000],
    ["1h30m", 5_400_000],
    ["250ms", 250],
    [5, 5],
    ["1.5s", 1500],
    ["s", undefined],
    [-1, undefined],
    ["", undefined],
  ])("duration %j is %j", (text, ms) => {
    expect(readDuration(text)).toBe(ms)
  })
})
