/** Processes that a dead or lost owner of a run left behind: found by their marks, asked to go, then made to. */
import * as Effect from "effect/Effect"
import type { Lease } from "../journal/journal.ts"
import { markedBefore } from "#sdk"

const graceMs = 2000
const stepMs = 20

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // It has gone in the meantime, which is what was wanted; one that is not ours to signal is found again below.
  }
}

/** Waits until none is left, at most `ms`; gives those that are. */
const awaitGone = (run: string, epoch: number, ms: number, each: (pid: number) => void): Effect.Effect<ReadonlyArray<number>> =>
  Effect.suspend(() => {
    const left = markedBefore(run, epoch)
    if (left.length === 0 || ms <= 0) return Effect.succeed(left)
    left.forEach(each)
    return Effect.andThen(Effect.sleep(stepMs), awaitGone(run, epoch, ms - stepMs, each))
  })

/** Gives the ids of processes that could not be stopped. Those of `epoch`, which took the run over, and of later ones are left alone. An agent may be starting another while it is looked for: the search goes on until nothing is found. */
export const stopOrphans = ({ run, epoch }: Lease): Effect.Effect<ReadonlyArray<number>> =>
  Effect.gen(function* () {
    const asked = new Set<number>()
    const left = yield* awaitGone(run, epoch, graceMs, (pid) => {
      if (!asked.has(pid)) signal(pid, "SIGTERM")
      asked.add(pid)
    })
    return left.length === 0 ? left : yield* awaitGone(run, epoch, graceMs, (pid) => signal(pid, "SIGKILL"))
  })
