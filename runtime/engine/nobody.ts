/** What a run is told where nobody is there to ask: the refusal a request has, else the end of the run. So it never waits for ever. */
import type { FleetEvent } from "../machine/protocol.ts"
import type { UserCommand } from "./run.ts"

const by = "headless"

/**
 * Undefined for events that ask for nobody. A permission is denied; a gate with a time expires at once, one without is rejected; a
 * question is told that nobody is there. What has no refusal (a selection, a pause) cancels the run and says so.
 */
export const answerOfNobody = (event: FleetEvent): UserCommand | undefined => {
  if (event.type === "run.paused") return giveUp(`paused${event.reason === "" ? "" : `: ${event.reason}`}, and nobody is there to resume`)
  if (event.type !== "request.opened") return undefined
  const { request, kind, detail } = event
  switch (kind) {
    case "permission":
      return { type: "reply", request, value: "deny", by }
    case "gate": {
      const expires = typeof detail === "object" && detail !== null && "within_ms" in detail
      return { type: "reply", request, value: expires ? "expire" : "reject", by }
    }
    case "question":
      return { type: "reply", request, value: "Nobody is there to answer. Go on with what you know, or end and say what is missing.", by }
    default:
      return giveUp(`request ${request} (${kind}) needs an answer, and nobody is there`)
  }
}

const giveUp = (detail: string): UserCommand => ({ type: "cancel", target: { kind: "fleet" }, reason: { code: "nobody_to_ask", detail } })
