/** Plays a fleet on the machine in every way in which it can be played without a failure: whoever is live ends next, with whatever it puts out, people answer what they like, and time runs out. */
import type { Ir, Json } from "#ir"
import { playBy, type Replayed } from "./replay.ts"

/** Undefined when there are more than `most` ways. */
export const everyWay = (ir: Ir, outputs: ReadonlyArray<Json>, most: number): ReadonlyArray<Replayed> | undefined => {
  const played: Array<Replayed> = []
  /** What is chosen at each point, and among how many. */
  let path: Array<{ chosen: number; readonly of: number }> = []
  do {
    if (played.length === most) return undefined
    let at = 0
    played.push(
      playBy(ir, (live, opening, outside) => {
        const of = live.length * outputs.length + opening.length + outside.length
        const point = path[at] ?? { chosen: 0, of }
        path[at] = point
        at += 1
        const starting = opening[point.chosen - live.length * outputs.length]
        if (starting !== undefined) return { session: starting }
        const happens = outside[point.chosen - live.length * outputs.length - opening.length]
        if (happens !== undefined) return happens
        const session = live[Math.floor(point.chosen / outputs.length)]
        const output = outputs[point.chosen % outputs.length]
        return session === undefined || output === undefined ? undefined : { session, output }
      }),
    )
    path = path.slice(0, at)
    while (path.length > 0 && (path.at(-1)?.chosen ?? 0) + 1 === path.at(-1)?.of) path.pop()
    const last = path.at(-1)
    if (last !== undefined) last.chosen += 1
  } while (path.length > 0)
  return played
}
