import { interruptGraceMs, makeOutbox, makeTimers, makeTurnKeeper, failed, type DriverEvent, type TurnKeeper } from "#sdk"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"

const stallMs = 60_000
const keep = Effect.gen(function* () {
  const timers = yield* makeTimers
  const calls: Array<string> = []
  const keeper = makeTurnKeeper({
    name: "it",
    stallMs,
    timers,
    interrupt: () => {
      calls.push("interrupt")
    },
    abandon: () => {
      calls.push("abandon")
    },
  })
  return { keeper, calls, reader: keeper.events[Symbol.asyncIterator]() }
})

const said = async (keeper: TurnKeeper, reader: AsyncIterator<DriverEvent>): Promise<ReadonlyArray<DriverEvent>> => {
  keeper.finish(failed("agent_exited", "gone"))
  const events: Array<DriverEvent> = []
  for (let step = await reader.next(); step.done !== true; step = await reader.next()) events.push(step.value)
  return events
}

describe("a turn", () => {
  it.effect("ends once, with all that was said, each paragraph on its own line", () =>
    Effect.gen(function* () {
      const { keeper, reader } = yield* keep
      keeper.begin()
      keeper.paragraph()
      keeper.say("one")
      keeper.say("")
      keeper.say(" two")
      keeper.paragraph()
      keeper.say("three")
      keeper.end({ stop: "end_turn" })
      keeper.end({ error: failed("driver_error", "late") })
      const events = yield* Effect.promise(() => said(keeper, reader))
      expect(events.at(-1)).toEqual({ type: "turn.ended", end: { stop: "end_turn" }, text: "one two\nthree" })
      expect(events.filter(({ type }) => type === "turn.ended")).toHaveLength(1)
    }).pipe(Effect.scoped),
  )

  it.effect("ends the calls that were begun", () =>
    Effect.gen(function* () {
      const { keeper, reader } = yield* keep
      keeper.begin()
      keeper.toolStarted("a", "Bash", {})
      keeper.toolStarted("b", "Bash", {})
      keeper.toolEnded("a", false)
      keeper.end({ stop: "cancelled" })
      const events = yield* Effect.promise(() => said(keeper, reader))
      expect(events.slice(-2)).toMatchObject([{ event: { kind: "cap.tool_call.end", call_id: "b", is_error: true } }, { type: "turn.ended" }])
    }).pipe(Effect.scoped),
  )

  it.effect("has the output as its text when nothing was said", () =>
    Effect.gen(function* () {
      const { keeper, reader } = yield* keep
      keeper.begin()
      keeper.end({ stop: "end_turn" }, { output: { a: 1 } })
      expect((yield* Effect.promise(() => said(keeper, reader))).at(-1)).toMatchObject({ text: '{"a":1}', output: { a: 1 } })
    }).pipe(Effect.scoped),
  )

  it.effect("ends with the agent", () =>
    Effect.gen(function* () {
      const { keeper, reader } = yield* keep
      keeper.begin()
      expect(yield* Effect.promise(() => said(keeper, reader))).toEqual([{ type: "turn.ended", end: { error: failed("agent_exited", "gone") }, text: "" }])
    }).pipe(Effect.scoped),
  )
})

describe("a cancel", () => {
  it.effect("asks the agent, then stops it; whatever it says then, the turn was cancelled", () =>
    Effect.gen(function* () {
      const { keeper, calls, reader } = yield* keep
      keeper.cancel()
      keeper.begin()
      keeper.cancel()
      keeper.cancel()
      expect(calls).toEqual(["interrupt"])
      yield* TestClock.adjust(interruptGraceMs)
      expect(calls).toEqual(["interrupt", "abandon"])
      expect(yield* Effect.promise(() => said(keeper, reader))).toMatchObject([{ end: { stop: "cancelled" } }])
    }).pipe(Effect.scoped),
  )

  it.effect("comes too late for a turn that is done", () =>
    Effect.gen(function* () {
      const { keeper, calls, reader } = yield* keep
      keeper.begin()
      keeper.cancel()
      keeper.end({ stop: "end_turn" })
      yield* TestClock.adjust(interruptGraceMs)
      expect(calls).toEqual(["interrupt"])
      expect(yield* Effect.promise(() => said(keeper, reader))).toMatchObject([{ end: { stop: "end_turn" } }])
    }).pipe(Effect.scoped),
  )
})

describe("silence", () => {
  it.effect("fails the turn", () =>
    Effect.gen(function* () {
      const { keeper, calls, reader } = yield* keep
      keeper.begin()
      yield* TestClock.adjust(stallMs - 1)
      keeper.touch()
      yield* TestClock.adjust(stallMs - 1)
      expect(calls).toEqual([])
      yield* TestClock.adjust(1)
      expect(calls).toEqual(["interrupt"])
      keeper.end({ stop: "cancelled" })
      expect(yield* Effect.promise(() => said(keeper, reader))).toMatchObject([{ end: { error: failed("timeout", "it said nothing for 1 min") } }])
    }).pipe(Effect.scoped),
  )

  it.effect("is no fault while somebody is asked or a tool works", () =>
    Effect.gen(function* () {
      const { keeper, calls } = yield* keep
      keeper.begin()
      keeper.ask("q", { kind: "cap.ask_user", req_id: "q" })
      yield* TestClock.adjust(10 * stallMs)
      keeper.settled("q")
      keeper.toolStarted("t", "Bash", {})
      yield* TestClock.adjust(10 * stallMs)
      keeper.toolEnded("t", false)
      yield* TestClock.adjust(stallMs - 1)
      expect(calls).toEqual([])
      yield* TestClock.adjust(1)
      expect(calls).toEqual(["interrupt"])
    }).pipe(Effect.scoped),
  )

  it.effect("between turns is none", () =>
    Effect.gen(function* () {
      const { keeper, calls } = yield* keep
      keeper.begin()
      keeper.end({ stop: "end_turn" })
      yield* TestClock.adjust(10 * stallMs)
      expect(calls).toEqual([])
    }).pipe(Effect.scoped),
  )
})

describe("an outbox", () => {
  it("has room again when half of it is read", async () => {
    const out = makeOutbox<number>(4)
    const reader = out[Symbol.asyncIterator]()
    for (const item of [1, 2, 3]) out.push(item)
    expect(out.room()).toBeUndefined()
    out.push(4)
    let roomy = false
    const room = out.room()?.then(() => {
      roomy = true
    })
    expect(await reader.next()).toEqual({ done: false, value: 1 })
    expect(roomy).toBe(false)
    expect(await reader.next()).toEqual({ done: false, value: 2 })
    await room
    expect(roomy).toBe(true)
    out.end()
    out.push(5)
    expect([(await reader.next()).value, (await reader.next()).value, (await reader.next()).done]).toEqual([3, 4, true])
  })

  it("keeps nobody waiting once it has ended", async () => {
    const out = makeOutbox<number>(1)
    out.push(1)
    const room = out.room()
    out.end(new Error("over"))
    await room
    expect(out.room()).toBeUndefined()
    const reader = out[Symbol.asyncIterator]()
    expect((await reader.next()).value).toBe(1)
    await expect(reader.next()).rejects.toThrow("over")
  })
})
