/** Sinks: each reads the run's events at its own pace in a fiber of its own. Nothing in the run ever waits for one. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { Ir } from "#ir"
import type { SinkEvent } from "#sdk"
import type { FleetEvent } from "../machine/protocol.ts"
import { atMost } from "./bounded.ts"
import { settle } from "./plugin-calls.ts"
import type { AnySink, Lagged, Sinks } from "./run.ts"

/** Events held for a sink that is slow; then it is told which it missed. */
export const sinkBuffer = 10_000
/** How long one event may take. */
const writeLimitMs = 10_000
/** How long a sink may take over what is left once the run has ended, and then over its `close`. */
const partingMs = 1000
/** A sink that fails again and again says so a few times. */
const mostProblems = 5

type Item = FleetEvent | Lagged

export interface SinkHost {
  readonly run: string
  readonly ir: Ir
  readonly sinks: Sinks
  readonly subscribe: (capacity: number) => Stream.Stream<Item>
  readonly fork: <A>(effect: Effect.Effect<A>) => Fiber.Fiber<A>
  readonly problem: (text: string) => void
}

/** Starts the sinks of a fleet; what it gives waits for their end, but not for long. */
export const startSinks = ({ run, ir, sinks, subscribe, fork, problem }: SinkHost): Effect.Effect<void> => {
  const fibers = ir.sinks.flatMap(({ use, with: config }) => {
    const sink = Object.hasOwn(sinks, use) ? sinks[use] : undefined
    let told = 0
    const tell = (text: string): void => {
      told += 1
      if (told <= mostProblems) problem(`sink "${use}": ${text}${told === mostProblems ? " (its further problems are not told)" : ""}`)
    }
    if (sink === undefined) {
      tell("there is no such plugin")
      return []
    }
    const context = { run, config: config as never }
    const guarded = (what: string, call: () => ReturnType<AnySink["write"]>, ms: number): Effect.Effect<void> =>
      Effect.scoped(settle<void>(call, "internal")).pipe(
        Effect.timeoutOrElse({ duration: ms, orElse: () => Effect.sync(() => tell(`${what} takes longer than ${ms / 1000} s`)) }),
        Effect.catch((failure) => Effect.sync(() => tell(`${what} failed: ${failure.message}`))),
        Effect.catchCause(() => Effect.sync(() => tell(`${what} failed`))),
      )
    // a copy: what a sink does to an event nobody else sees
    const write = (event: Item): Effect.Effect<void> => guarded(`write of ${event.type}`, () => sink.write(copyOf(event), context), writeLimitMs)
    const { close } = sink
    const end = close === undefined ? Effect.void : guarded("close", () => close(context), partingMs)
    return [fork(Effect.andThen(Stream.runForEach(subscribe(sinkBuffer), write), end))]
  })
  return Effect.forEach(fibers, (fiber) => atMost(Fiber.await(fiber), 2 * partingMs).pipe(Effect.andThen(Effect.sync(() => fiber.interruptUnsafe()))), {
    concurrency: "unbounded",
    discard: true,
  })
}

const copyOf = (event: Item): SinkEvent => JSON.parse(JSON.stringify(event))
