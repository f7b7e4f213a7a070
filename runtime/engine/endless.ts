/** Simulated runs that go on for ever: nobody can see the end of one, so it is given up after a while. */
import type { FleetEvent } from "../machine/protocol.ts"

/** It was given up. */
export class GoesOnForEver extends Error {
  override readonly name = "GoesOnForEver"
}

export interface Patience {
  readonly see: (event: FleetEvent) => void
  /** Time has gone on. */
  readonly wake: () => void
}

/** Times that may pass without an event, for each time that a rule may be reached. */
const quietTimes = 10

/** `giveUp` is called when one rule has been reached `most` times, whether it fired or not, or when time only goes on and nothing happens. */
export const makePatience = (most: number, giveUp: (why: GoesOnForEver) => void): Patience => {
  const reached = new Map<string, number>()
  let quiet = 0
  return {
    see: (event) => {
      quiet = 0
      if (event.type !== "route.fired" && event.type !== "route.declined") return
      const count = (reached.get(event.rule) ?? 0) + 1
      reached.set(event.rule, count)
      if (count === most) giveUp(new GoesOnForEver(`the run goes on for ever, as it seems: rule ${event.rule} was reached ${most} times`))
    },
    wake: () => {
      quiet += 1
      if (quiet === most * quietTimes)
        giveUp(new GoesOnForEver(`the run goes on for ever, as it seems: ${quiet} times in a row time went on and nothing happened`))
    },
  }
}
