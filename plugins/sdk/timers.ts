/** Callbacks on Effect's clock, for drivers whose agent speaks in callbacks: virtual time moves them too. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"

export interface Timers {
  /** Calls once after `ms`, unless what it gives back is called before, or the scope is closed. */
  readonly after: (ms: number, action: () => void) => () => void
  /** Milliseconds on the same clock. */
  readonly now: () => number
}

/** They end with the scope. */
export const makeTimers: Effect.Effect<Timers, never, Scope.Scope> = Effect.gen(function* () {
  const context = yield* Effect.context<Scope.Scope>()
  const fork = Effect.runForkWith(context)
  const running = new Set<Fiber.Fiber<void>>()
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const fiber of running) fiber.interruptUnsafe()
    }),
  )
  const clock = yield* Clock.Clock
  return {
    now: () => clock.currentTimeMillisUnsafe(),
    after: (ms, action) => {
      const fiber = fork(Effect.andThen(Effect.sleep(ms), Effect.sync(action)))
      running.add(fiber)
      fiber.addObserver(() => {
        running.delete(fiber)
      })
      return () => fiber.interruptUnsafe()
    },
  }
})
