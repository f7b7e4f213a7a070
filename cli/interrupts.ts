/** Signals to a command that runs a fleet (docs/decisions/0011-signals.md): the first cancels and waits, the second leaves at once. */
import { exit } from "./exit.ts"

/** A signal to the process group comes twice when a parent passes it on too. */
export const oneKeyPressMs = 250

const cancelling = ["SIGINT", "SIGTERM", "SIGHUP"] as const

export interface Interrupts {
  readonly happened: () => boolean
  /** As a signal does, for whatever else ends a run from outside. */
  readonly interrupt: (why: string) => void
  readonly stop: () => void
}

/**
 * `cancel` is called once. Leaving at once kills the agents (`startProcess` sees to it) and leaves their work where it is. `before` may do with
 * less than the end at a Ctrl-C, and says whether it did.
 */
export const onInterrupt = (cancel: (why: string) => void, before: () => boolean = () => false): Interrupts => {
  let happened = false
  let since = 0
  const leave = (): never => process.exit(exit.interrupted)
  const interrupt = (why: string): void => {
    if (happened) return
    happened = true
    since = performance.now()
    cancel(why)
  }
  const listen = (signal: NodeJS.Signals): void => {
    if (!happened && signal === "SIGINT" && before()) return
    // A terminal that is hung up says so more than once.
    if (happened && signal !== "SIGHUP" && performance.now() - since >= oneKeyPressMs) leave()
    interrupt(signal)
  }
  for (const signal of cancelling) process.on(signal, listen)
  process.on("SIGQUIT", leave)
  return {
    happened: () => happened,
    interrupt,
    stop: () => {
      for (const signal of cancelling) process.off(signal, listen)
      process.off("SIGQUIT", leave)
    },
  }
}
