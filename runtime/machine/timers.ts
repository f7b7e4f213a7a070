/** Timers: set by number, void once cleared or fired, so a late firing finds nothing. */
import type { TimerPurpose } from "./state.ts"
import type { Transition } from "./transition.ts"

/** What a timer may do later keeps the run from ending: deliveries and deadlines of joins do, heartbeats and limits do not. */
const holds = (purpose: TimerPurpose): boolean => purpose.kind === "deliver" || purpose.kind === "fan" || purpose.kind === "within"

/** The number in `t12` or `q12`: the order in which they were made. */
export const numberOf = (id: string): number => Number(id.slice(1))

/** `at` is in ms since the epoch. Gives the timer's id. */
export const setTimer = (step: Transition, at: number, purpose: TimerPurpose): string => {
  step.now.timerCount += 1
  const id = `t${step.now.timerCount}`
  step.now.timers = step.now.timers.set(id, { at, purpose })
  if (holds(purpose)) step.now.holding = step.now.holding.set(id, true)
  step.command({ type: "timer.set", timer: id, at })
  return id
}

/** Forgets a timer that fired. */
export const takeTimer = (step: Transition, id: string): TimerPurpose | undefined => {
  const timer = step.now.timers.get(id)
  if (timer === undefined) return undefined
  step.now.timers = step.now.timers.delete(id)
  if (holds(timer.purpose)) step.now.holding = step.now.holding.delete(id)
  return timer.purpose
}

export const clearTimer = (step: Transition, id: string | undefined): void => {
  if (id !== undefined && takeTimer(step, id) !== undefined) step.command({ type: "timer.clear", timer: id })
}
