/** What people see of a run while it goes: on a terminal one line per session, redrawn; else a line per event that matters. */
import type { FleetEvent } from "#runtime"

export interface Progress {
  readonly see: (event: FleetEvent) => void
  /** Leaves the last picture standing. */
  readonly end: () => void
}

interface Row {
  state: string
  turn: number
  last: string
}

const printable = (text: string, length: number): string => {
  const line = text.replace(/\s+/gu, " ").replace(/\p{Cc}/gu, "").trim()
  return line.length > length ? `${line.slice(0, length - 1)}…` : line
}

/** Undefined for what is not worth a line. */
const tell = (event: FleetEvent): string | undefined => {
  switch (event.type) {
    case "run.started":
      return `run ${event.run} of ${event.fleet}`
    case "run.paused":
      return `paused: ${event.reason}`
    case "run.resumed":
      return "resumed"
    case "turn.started":
      return `${event.session}: turn ${event.turn}${event.attempt > 1 ? `, attempt ${event.attempt}` : ""}`
    case "session.done":
      return `${event.session}: done${event.text === "" ? "" : `, ${printable(event.text, 80)}`}`
    case "session.failed":
      return `${event.session}: failed (${event.error.kind}), ${printable(event.error.message, 200)}`
    case "session.cancelled":
      return `${event.session}: cancelled (${event.reason.code})`
    case "session.skipped":
      return `${event.session}: skipped (${event.reason})`
    case "session.retrying":
      return `${event.session}: again in ${event.delay_ms} ms after ${event.error.kind}`
    case "route.failed":
      return `rule ${event.rule}: failed (${event.error.kind}), ${printable(event.error.message, 200)}`
    case "request.opened":
      return `${event.request}: ${event.kind}${event.session === undefined ? "" : ` of ${event.session}`}${event.prompt === undefined ? "" : `: ${printable(event.prompt, 200)}`}`
    case "request.answered":
      return `${event.request}: answered by ${event.by}`
    case "notified":
      return printable(event.text, 500)
    case "budget.exceeded":
      return `budget of ${event.scope} exceeded: ${event.used} of ${event.limit}`
    default:
      return undefined
  }
}

export const plainProgress = (print: (text: string) => void): Progress => ({
  see: (event) => {
    const line = tell(event)
    if (line !== undefined) print(`${line}\n`)
  },
  end: () => {},
})

/** `columns` is asked for at every drawing, since windows change. */
export const liveProgress = (print: (text: string) => void, columns: () => number): Progress => {
  const rows = new Map<string, Row>()
  let usd = 0
  let drawn = 0
  const erase = (): string => (drawn === 0 ? "" : `\u001b[${drawn}A\u001b[J`)
  const draw = (above: string): void => {
    const width = Math.max(20, columns() - 1)
    const named = Math.min(30, Math.max(0, ...[...rows.keys()].map((id) => id.length)))
    const lines = [...rows].map(([id, { state, turn, last }]) => printable(`${id.padEnd(named)}  ${state.padEnd(9)} turn ${turn}  ${last}`, width))
    if (usd > 0) lines.push(`$${usd.toFixed(2)} spent`)
    print(`${erase()}${above}${lines.map((line) => `${line}\n`).join("")}`)
    drawn = lines.length
  }
  return {
    see: (event) => {
      if (event.type === "budget.updated" && event.scope === "run") usd = event.usd
      if (event.type === "notified" || event.type === "request.opened" || event.type === "session.failed") return draw(`${tell(event) ?? ""}\n`)
      if (!("session" in event) || event.session === undefined) return
      const row = rows.get(event.session) ?? { state: "", turn: 0, last: "" }
      rows.set(event.session, row)
      if (event.type.startsWith("session.")) row.state = event.type.slice("session.".length)
      if (event.type === "turn.started") Object.assign(row, { state: "working", turn: event.turn, last: event.prompt })
      if (event.type === "session.done") row.last = event.text
      if (event.type === "agent") row.last = typeof event.event["text"] === "string" ? event.event["text"] : event.event.kind
      draw("")
    },
    end: () => {},
  }
}
