/** Whether a thread still takes messages. Plain timers: what is watched lives in the real world, whatever clock the engine goes by. */

export interface Watch {
  /** While something is asked of the thread. */
  readonly begin: () => void
  readonly end: () => void
  /** Somebody has waited long enough: the thread is to answer soon. */
  readonly doubt: () => void
}

interface Watched {
  /** How often the thread has answered. */
  readonly beats: () => number
  readonly ping: () => void
  readonly blocked: () => void
}

/**
 * Looks are counted, not time: a machine that slept, or was busy with others, has looked once. A thread that a hook keeps for itself
 * is let be for ten of them, in doubt for a second.
 */
const patient = { everyMs: 1000, most: 10 }
const doubtful = { everyMs: 250, most: 4 }

export const makeWatch = ({ beats, ping, blocked }: Watched): Watch => {
  let timer: NodeJS.Timeout | undefined
  let wanted = false
  let doubting = false
  let seen = 0
  let missed = 0
  const stop = (): void => {
    clearTimeout(timer)
    timer = undefined
  }
  const look = (): void => {
    const { everyMs, most } = doubting ? doubtful : patient
    timer = setTimeout(() => {
      if (beats() === seen) {
        missed += 1
        return missed < most ? look() : blocked()
      }
      doubting = false
      if (wanted) start()
      else stop()
    }, everyMs)
    timer.unref()
  }
  const start = (): void => {
    stop()
    seen = beats()
    missed = 0
    ping()
    look()
  }
  return {
    begin: () => {
      wanted = true
      if (timer === undefined) start()
    },
    end: () => {
      wanted = false
      if (!doubting) stop()
    },
    doubt: () => {
      if (doubting) return
      doubting = true
      start()
    },
  }
}
