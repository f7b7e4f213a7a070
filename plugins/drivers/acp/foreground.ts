/**
 * When a prompt of version 2 is done. Its answer says only that it was taken in, and states are what the whole session does at the moment: they are
 * told again, they come before the prompt is taken in, and work that the agent began by itself has them too.
 */
import type { Ending } from "./updates.ts"

export interface Foreground {
  /** Something is done for somebody. */
  readonly active: () => void
  /** A message of a user is in the conversation. */
  readonly echoed: (message: string) => void
  /** The ending of the prompt, when this is it. */
  readonly idle: (ending: Ending) => Ending | undefined
  /** The prompt is in the conversation as this message; its ending, when that has come before. */
  readonly taken: (message: string) => Ending | undefined
}

export const makeForeground = (): Foreground => {
  const messages = new Set<string>()
  let [active, taken] = [false, false]
  let early: Ending | undefined
  return {
    active: () => {
      active = true
      early = undefined
    },
    echoed: (message) => {
      messages.add(message)
      early = undefined
    },
    idle: (ending) => {
      if (!active) return undefined
      active = false
      if (taken) return ending
      early = ending
      return undefined
    },
    taken: (message) => {
      taken = true
      return messages.has(message) ? early : undefined
    },
  }
}
