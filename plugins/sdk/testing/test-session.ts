/** A conversation with a driver as a test holds it: what is expected of it comes within a time, or the test says what came instead. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Json } from "#ir"
import type { Frame } from "../cap.ts"
import type { Driver, DriverContext, DriverEvent, DriverHandle } from "../driver.ts"

type Prompt = Extract<Frame, { readonly type: "prompt" }>
type Ended = Extract<DriverEvent, { readonly type: "turn.ended" }>

export interface TurnSeen {
  /** Everything that came, the end included. */
  readonly events: ReadonlyArray<DriverEvent>
  readonly end: Ended
}

export interface TestSession {
  readonly send: (frame: Frame) => Promise<void>
  readonly prompt: (text: string, more?: Partial<Pick<Prompt, "outputSchema" | "instructions">>) => Promise<void>
  /** Undefined when the events have ended. */
  readonly next: () => Promise<DriverEvent | undefined>
  /** Reads up to the first event that fits; fails when the events end or the turn does before it. */
  readonly until: (what: string, fits: (event: DriverEvent) => boolean) => Promise<ReadonlyArray<DriverEvent>>
  /** Reads to the end of the turn. */
  readonly turn: (seen?: ReadonlyArray<DriverEvent>) => Promise<TurnSeen>
  /** What is left; resolves when the events end. */
  readonly rest: () => Promise<ReadonlyArray<DriverEvent>>
  readonly close: () => Promise<void>
}

export const told = (events: ReadonlyArray<DriverEvent>): string =>
  events.length === 0 ? "nothing" : events.map((event) => JSON.stringify(event).slice(0, 300)).join("\n  ")

const settle = async <A>(answer: A | Promise<A> | Effect.Effect<A, unknown, Scope.Scope>, scope: Scope.Scope): Promise<A> =>
  Effect.isEffect(answer) ? Effect.runPromise(Scope.provide(answer as Effect.Effect<A, unknown, Scope.Scope>, scope)) : answer

const iterate = (events: DriverHandle["events"]): AsyncIterator<DriverEvent> =>
  Stream.isStream(events)
    ? Stream.toAsyncIterable(events as Stream.Stream<DriverEvent, unknown>)[Symbol.asyncIterator]()
    : (events as AsyncIterable<DriverEvent>)[Symbol.asyncIterator]()

/** Rejects as `open` does. `timeoutMs`: how long any one step may take, in the real world. */
export const openTestSession = async (driver: Driver, context: DriverContext<Json>, timeoutMs = 30_000): Promise<TestSession> => {
  const scope = await Effect.runPromise(Scope.make())
  const inTime = <A>(what: string, seen: () => ReadonlyArray<DriverEvent>, work: Promise<A>): Promise<A> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what}: not within ${timeoutMs} ms; seen before it:\n  ${told(seen())}`)), timeoutMs)
      work.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  let handle: DriverHandle
  try {
    handle = await inTime("open", () => [], settle(driver.open(context), scope))
  } catch (error) {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    throw error
  }
  const reader = iterate(handle.events)
  const all: Array<DriverEvent> = []
  let turns = 0
  const next = async (): Promise<DriverEvent | undefined> => {
    const step = await inTime("an event", () => all.slice(-20), reader.next())
    if (step.done === true) return undefined
    all.push(step.value)
    return step.value
  }
  const until: TestSession["until"] = async (what, fits) => {
    const seen: Array<DriverEvent> = []
    for (;;) {
      const event = await next()
      if (event !== undefined) seen.push(event)
      if (event !== undefined && fits(event)) return seen
      if (event === undefined || event.type === "turn.ended") throw new Error(`${what}: never came; seen:\n  ${told(seen)}`)
    }
  }
  const send: TestSession["send"] = async (frame) => {
    await inTime(`send ${frame.type}`, () => all.slice(-20), settle<void>(handle.send(frame), scope))
  }
  let closing: Promise<void> | undefined
  return {
    send,
    next,
    until,
    prompt: (text, more = {}) =>
      send({ type: "prompt", turn: ++turns, attempt: 1, text, idempotencyKey: `${context.run}/${context.session}/${turns}`, ...more }),
    turn: async (before = []) => {
      const seen = await until("the end of the turn", (event) => event.type === "turn.ended")
      const end = seen.at(-1)
      if (end?.type !== "turn.ended") throw new Error("the turn did not end")
      return { events: [...before, ...seen], end }
    },
    rest: async () => {
      const seen: Array<DriverEvent> = []
      for (let event = await next(); event !== undefined; event = await next()) seen.push(event)
      return seen
    },
    close: () =>
      (closing ??= (async () => {
        await inTime("close", () => all.slice(-20), settle<void>(handle.close(), scope))
        await Effect.runPromise(Scope.close(scope, Exit.void))
      })()),
  }
}
