/** SIGINT and SIGTERM: once cancels and waits, twice leaves at once. */
import { exit } from "./exit.ts"

/** A signal to the process group comes twice when a parent passes it on too. */
const oneKeyPressMs = 250

export interface Interrupts {
  readonly happened: () => boolean
  readonly stop: () => void
}

export const onInterrupt = (cancel: (signal: string) => void): Interrupts => {
  let happened = false
  let since = 0
  const listen = (signal: NodeJS.Signals): void => {
    if (happened && performance.now() - since < oneKeyPressMs) return
    if (happened) process.exit(exit.interrupted)
    happened = true
    since = performance.now()
    cancel(signal)
  }
  process.on("SIGINT", listen).on("SIGTERM", listen)
  return {
    happened: () => happened,
    stop: () => { process.off("SIGINT", listen).off("SIGTERM", listen) },
  }
}
