/** Waiting for others to stop, but not for ever; works where the waiting fiber itself is already interrupted. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * What `work` comes to, or `late` once `ms` milliseconds of Effect's clock have passed; then it is interrupted without waiting. Works where the waiting
 * fiber cannot be interrupted.
 */
export const inTime = <A, E>(work: Effect.Effect<A, E>, ms: number, late: () => E): Effect.Effect<A, E> =>
  Effect.gen(function* () {
    const over = yield* Deferred.make<A, E>()
    const clock = yield* Clock.Clock
    const worker = yield* Effect.forkDetach(
      Effect.onExit(work, (exit) => Deferred.done(over, exit)),
      { startImmediately: true, uninterruptible: false },
    )
    const ended = worker.pollUnsafe()
    if (ended !== undefined) return yield* ended
    const limit = yield* Effect.forkDetach(
      Effect.flatMap(clock.sleep(Duration.millis(ms)), () => Effect.suspend(() => Deferred.fail(over, late()))),
      { uninterruptible: false },
    )
    return yield* Effect.onExit(Deferred.await(over), () =>
      Effect.sync(() => {
        limit.interruptUnsafe()
        worker.interruptUnsafe()
      }),
    )
  })

/** Runs `work` in a fiber of its own and waits for its end, at most `ms` milliseconds of Effect's clock; then interrupts it without waiting. Its failure is nobody's. */
export const atMost = (work: Effect.Effect<unknown, unknown>, ms: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    const over = yield* Deferred.make<void>()
    const end = Deferred.succeed(over, undefined)
    const clock = yield* Clock.Clock
    const worker = yield* Effect.forkDetach(
      Effect.onExit(work, () => end),
      { startImmediately: true, uninterruptible: false },
    )
    // Most work ends at once: it costs no timer.
    if (worker.pollUnsafe() !== undefined) return
    const limit = yield* Effect.forkDetach(
      Effect.flatMap(clock.sleep(Duration.millis(ms)), () => end),
      { uninterruptible: false },
    )
    yield* Deferred.await(over)
    limit.interruptUnsafe()
    worker.interruptUnsafe()
  })
