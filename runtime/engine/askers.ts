/** Whose request is whose: what people answer goes to an agent, so the packs of its session look at it. */
import type { State } from "../machine/index.ts"
import type { FleetEvent } from "../machine/protocol.ts"

export interface Askers {
  readonly see: (event: FleetEvent) => void
  /** The session or instance that waits for the answer. */
  readonly of: (request: string) => string | undefined
}

export const makeAskers = (initial: State): Askers => {
  const sessions = new Map(initial.requests.valueSeq().flatMap(({ id, open, session }) => (open && session !== undefined ? [[id, session] as const] : [])))
  return {
    see: (event) => {
      if (event.type === "request.opened" && event.session !== undefined) sessions.set(event.request, event.session)
      else if (event.type === "request.answered" || event.type === "request.withdrawn") sessions.delete(event.request)
    },
    of: (request) => sessions.get(request),
  }
}
