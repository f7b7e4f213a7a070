/**
 * Looks while turns run whether the works of two sessions still fit together: a turn may take hours, and what it does is compared at its end anyway.
 * Looking costs a walk through the workspaces of both, so it is done after a tool has run, one session at a time, and for a small part of the time only.
 */
import type { FleetEvent } from "../machine/protocol.ts"

/** From the first tool of a session to the first look, and from a look to the next, in milliseconds. */
const leastMs = 30_000
/** How many times as long as a look takes nobody looks. */
const rest = 20

export interface ClashWatch {
  readonly see: (event: FleetEvent) => void
}

/** `look` never rejects. `now`: milliseconds. */
export const makeClashWatch = (now: () => number, look: (session: string) => Promise<void>): ClashWatch => {
  const due = new Map<string, number>()
  let looking = false
  let free = 0

  const lookAt = async (session: string): Promise<void> => {
    looking = true
    const begun = now()
    await look(session)
    const done = now()
    looking = false
    free = done + rest * (done - begun)
    due.set(session, done + leastMs)
  }

  return {
    see: (event) => {
      if (event.type === "turn.done" || event.type === "turn.failed" || event.type === "turn.cancelled") due.delete(event.session)
      if (event.type !== "agent" || event.event.kind !== "cap.tool_call.end") return
      const at = due.get(event.session)
      if (at === undefined) due.set(event.session, now() + leastMs)
      else if (!looking && now() >= Math.max(at, free)) void lookAt(event.session)
    },
  }
}
