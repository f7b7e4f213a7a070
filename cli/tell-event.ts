/** An event as a line for people: its number, when, what, and what matters of it. */
import type { FleetEvent } from "#runtime"
import { printable } from "./text-width.ts"

/** Texts of agents keep their lines; everything else is one line. */
export const tellEvent = (event: FleetEvent): string => {
  const when = new Date(event.at).toISOString().slice(11, 23)
  const who = "session" in event && event.session !== undefined ? ` ${event.session}` : ""
  const said = event.type === "agent" ? agentLine(event.event) : details(event)
  return `${String(event.seq).padStart(5)} ${when} ${event.type}${who}${said === "" ? "" : `  ${said}`}\n`
}

const agentLine = (event: Extract<FleetEvent, { readonly type: "agent" }>["event"]): string => {
  const text = event["text"] ?? event["name"] ?? event["tool"] ?? event["prompt"] ?? ""
  return `${event.kind}${typeof text === "string" && text.trim() !== "" ? `: ${printable(text, 1000)}` : ""}`
}

const details = (event: FleetEvent): string => {
  switch (event.type) {
    case "run.started":
      return event.fleet
    case "run.ended":
      return `${event.status}${event.reason === undefined ? "" : `: ${event.reason}`}`
    case "turn.started":
      return `turn ${event.turn}, attempt ${event.attempt}, by ${event.rule}: ${printable(event.prompt, 200)}`
    case "turn.done":
      return `turn ${event.turn}: ${event.stop_reason}`
    case "turn.failed":
    case "session.failed":
      return `${event.error.kind}: ${printable(event.error.message, 300)}`
    case "session.retrying":
      return `attempt ${event.attempt} in ${event.delay_ms} ms, after ${event.error.kind}: ${printable(event.error.message, 300)}`
    case "turn.cancelled":
    case "session.cancelled":
      return `${event.reason.code}${event.reason.detail === undefined ? "" : `: ${printable(event.reason.detail, 300)}`}`
    case "session.done":
      return printable(event.text, 300)
    case "route.fired":
      return `${event.rule}: ${event.from.map((from) => `${from} `).join("")}${event.action}${event.to.length === 0 ? "" : ` ${event.to.join(", ")}`}`
    case "route.declined":
      return `${event.rule}: ${event.reason}`
    case "route.failed":
      return `${event.rule}: ${printable(event.error.message, 300)}`
    case "request.opened":
      return `${event.request}, ${event.kind}${event.prompt === undefined ? "" : `: ${printable(event.prompt, 300)}`}`
    case "request.answered":
      return `${event.request} by ${event.by}: ${printable(JSON.stringify(event.reply), 300)}`
    case "request.withdrawn":
      return `${event.request}: ${event.reason}`
    case "notified":
      return printable(event.text, 1000)
    case "message.queued":
    case "message.delivered":
      return `${event.from === undefined ? "" : `from ${event.from}: `}${printable(event.text, 1000)}`
    case "message.undeliverable":
      return `${event.from === undefined ? "" : `from ${event.from}: `}${printable(event.reason, 300)}`
    case "budget.updated":
      return `${event.scope}: $${event.usd}, ${event.tokens} tokens`
    case "budget.exceeded":
      return `${event.scope}: ${event.used} of ${event.limit}`
    case "policy.decided":
      return `${event.boundary} by ${event.pack}: ${event.effect}${event.reasons.length === 0 ? "" : ` (${event.reasons.join("; ")})`}`
    default:
      return "reason" in event && event.reason !== undefined ? printable(event.reason, 300) : ""
  }
}
