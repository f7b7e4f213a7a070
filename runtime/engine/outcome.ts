/** What a run came to, gathered from its events as they pass. */
import type { FleetEvent, SessionStatus } from "../machine/protocol.ts"
import type { State } from "../machine/index.ts"
import type { Places } from "./places.ts"
import type { RunResult } from "./run.ts"

type Ended = Extract<FleetEvent, { readonly type: "run.ended" }>

export interface Outcome {
  readonly see: (event: FleetEvent) => void
  readonly ended: () => boolean
  /** `broken`: why the run stopped without the machine having ended it. */
  readonly result: (run: string, places: Pick<Places, "branchOf" | "keptOf" | "goneOf">, broken: string | undefined) => RunResult
}

const statusAfter = (event: FleetEvent): SessionStatus | undefined => {
  switch (event.type) {
    case "session.queued":
      return "queued"
    case "session.started":
    case "session.retrying":
      return "starting"
    case "turn.started":
      return "working"
    case "session.done":
      return "done"
    case "session.failed":
      return "failed"
    case "session.cancelled":
      return "cancelled"
    case "session.skipped":
      return "skipped"
    case "session.compensating":
      return "compensating"
    case "session.compensated":
      return "compensated"
    case "session.needs_review":
      return "needs_review"
    default:
      return undefined
  }
}

/** `state`: what the run came to before, in a former life. */
export const makeOutcome = (state: State): Outcome => {
  const statuses = new Map<string, SessionStatus>(
    [...state.sessions.values()].flatMap(({ id, status }) => (status === "pending" ? [] : [[id, status] as const])),
  )
  let end: Ended | undefined
  return {
    see: (event) => {
      if (event.type === "run.ended") end = event
      else if ("session" in event && event.session !== undefined) {
        const status = statusAfter(event)
        if (status !== undefined) statuses.set(event.session, status)
      }
    },
    ended: () => end !== undefined,
    result: (run, places, broken) => {
      const reason = broken ?? end?.reason
      return {
        run,
        status: broken === undefined ? (end?.status ?? "failed") : "failed",
        ...(reason === undefined ? {} : { reason }),
        usage: end?.usage ?? { usd: 0, tokens: 0 },
        outputs: end?.outputs ?? {},
        sessions: [...statuses].map(([id, status]) => {
          const branch = places.branchOf(id)
          const workspaceKept = places.keptOf(id)
          const filesGone = places.goneOf(id)
          return {
            id,
            status,
            ...(branch === undefined ? {} : { branch }),
            ...(workspaceKept === undefined ? {} : { workspaceKept }),
            ...(filesGone === undefined ? {} : { filesGone }),
          }
        }),
      }
    },
  }
}
