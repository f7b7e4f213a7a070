/** SIGINT and SIGTERM: once cancels and waits, twice leaves at once. */
import { exit } from "./exit.ts"

export interface Interrupts {
  readonly happened: () => boolean
  readonly stop: () => void
}

export const onInterrupt = (cancel: (signal: string) => void): Interrupts => {
  let happened = false
  const listen = (signal: NodeJS.Signals): void => {
    if (happened) process.exit(exit.interrupted)
    happened = true
    cancel(signal)
  }
  process.on("SIGINT", listen).on("SIGTERM", listen)
  return {
    happened: () => happened,
    stop: () => { process.off("SIGINT", listen).off("SIGTERM", listen) },
  }
}
