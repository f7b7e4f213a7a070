/** Timers of the machine, on Effect's clock: each is a fiber that sleeps until its time and says so once. */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

export interface Timers {
  readonly set: (timer: string, at: number) => void
  readonly clear: (timer: string) => void
  readonly clearAll: () => void
}

export const makeTimers = (clock: Clock.Clock, fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>, fired: (timer: string) => void): Timers => {
  const armed = new Map<string, Fiber.Fiber<void>>()
  const clear = (timer: string) => {
    armed.get(timer)?.interruptUnsafe()
    armed.delete(timer)
  }
  return {
    set: (timer, at) => {
      clear(timer)
      const delay = Math.max(0, at - clock.currentTimeMillisUnsafe())
      const sleeper: Fiber.Fiber<void> = fork(
        Effect.map(Effect.sleep(delay), () => {
          // A timer set again under the same name is another fiber's.
          if (armed.get(timer) === sleeper) armed.delete(timer)
          fired(timer)
        }),
      )
      armed.set(timer, sleeper)
    },
    clear,
    clearAll: () => {
      for (const timer of [...armed.keys()]) clear(timer)
    },
  }
}
