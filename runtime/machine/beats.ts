/** Repeating timers where nothing else is left to happen: does the run go on (language.md 3, The end: "or timed")? */
import { routesAlone } from "./free-routing.ts"
import { route } from "./routing.ts"
import { Transition } from "./transition.ts"

/** Whether the next beats, as things stand, would start something. What only tells, or acts on nothing, keeps no run alive. */
export const beatsOn = (step: Transition): boolean => {
  if (step.plan.everies.length === 0 || routesAlone(step)) return false
  const copy = new Transition(step.ir, step.state())
  for (const ms of step.plan.everies) route(copy, { source: "every", ms })
  const { ending, live, runRequests, holding } = copy.now
  return ending === undefined && (live.size > 0 || runRequests.size > 0 || holding.size > 0)
}
