/** Virtual time and the real world: a clock that jumps ahead while nothing runs must not jump over what is done in another thread. */
import type * as Clock from "effect/Clock"

export interface HeldClock extends Clock.Clock {
  /** Time stands still until what it gives is called. */
  readonly hold: () => () => void
}

const isHeld = (clock: Clock.Clock): clock is HeldClock => "hold" in clock && typeof clock.hold === "function"

const nothing = (): void => undefined

/** Holds a clock that can be held, `ms` milliseconds of the real world at most; any other goes on. What it gives lets go, any number of times. */
export const holdClock = (clock: Clock.Clock, ms?: number): (() => void) => {
  if (!isHeld(clock)) return nothing
  const release = clock.hold()
  const timer = ms === undefined ? undefined : setTimeout(release, ms)
  return () => {
    clearTimeout(timer)
    release()
  }
}
