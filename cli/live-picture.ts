/** What a terminal shows of a run: one line per session, from its events alone. */
import type { FleetEvent } from "#runtime"
import { printMoney } from "#ir"
import { columnsOf, fit, printable } from "./text-width.ts"

interface Row {
  state: string
  turn: number
  usd: number
  /** What it did last, and when. */
  last: string
  at: number
}

export interface Picture {
  readonly see: (event: FleetEvent) => void
  /** Lines of at most `columns`, at most `rows` of them; `now` in milliseconds, on the clock of the events. */
  readonly lines: (room: { readonly columns: number; readonly rows: number; readonly color: boolean }, now: number) => ReadonlyArray<string>
}

const over = new Set(["done", "failed", "cancelled", "skipped", "compensated", "needs_review"])
const paints: { readonly [state: string]: number } = {
  working: 36,
  waiting: 33,
  retrying: 33,
  done: 32,
  failed: 31,
  needs_review: 31,
  cancelled: 35,
  skipped: 2,
  queued: 2,
}
const longestName = 30
/** Silence that is told. */
const quietMs = 10_000

const stateAfter = (event: FleetEvent, before: string): string => {
  switch (event.type) {
    case "session.started":
    case "session.ready":
      return "starting"
    case "turn.started":
      return "working"
    case "request.opened":
      return "waiting"
    case "request.answered":
    case "request.withdrawn":
      return before === "waiting" ? "working" : before
    default:
      return event.type.startsWith("session.") ? event.type.slice("session.".length) : before
  }
}

/** What a session came to: its typed output, else its text. */
export const said = ({ output, text }: Extract<FleetEvent, { readonly type: "session.done" }>): string => (output === undefined ? text : JSON.stringify(output))

const activity = (event: FleetEvent): string | undefined => {
  switch (event.type) {
    case "turn.started":
      return event.prompt
    case "agent":
      // CAP v1, 7.4: what an agent thinks is not echoed unless asked for
      if (event.event.kind === "cap.thought" || event.event["channel"] === "thought") return "thinking"
      return ["text", "name", "tool", "title"].map((key) => event.event[key]).find((value) => typeof value === "string") ?? event.event.kind
    case "session.done":
      return said(event)
    case "session.failed":
    case "session.retrying":
      return `${event.error.kind}: ${event.error.message}`
    case "session.cancelled":
      return event.reason.detail ?? event.reason.code
    case "session.skipped":
      return event.reason
    case "request.opened":
      return event.prompt ?? event.kind
    default:
      return undefined
  }
}

/** `1:02:03` or `2:03`. */
const clock = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const two = (figure: number): string => String(figure).padStart(2, "0")
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

export const makePicture = (): Picture => {
  const rows = new Map<string, Row>()
  /** Sessions by the request they wait for. */
  const asking = new Map<string, string>()
  let begun: number | undefined
  let usd = 0

  const sessionOf = (event: FleetEvent): string | undefined => {
    if (event.type === "request.answered" || event.type === "request.withdrawn") return asking.get(event.request)
    return "session" in event ? event.session : undefined
  }

  const see = (event: FleetEvent): void => {
    begun ??= event.at
    if (event.type === "budget.updated") {
      const row = rows.get(event.scope)
      if (row !== undefined) row.usd = event.usd
      else if (event.scope === "run") usd = event.usd
      return
    }
    const session = sessionOf(event)
    if (session === undefined) return
    if (event.type === "request.opened") asking.set(event.request, session)
    const row = rows.get(session) ?? { state: "", turn: 0, usd: 0, last: "", at: event.at }
    rows.set(session, row)
    row.state = stateAfter(event, row.state)
    row.at = event.at
    row.last = activity(event) ?? row.last
    if (event.type === "turn.started") row.turn = event.turn
  }

  const lines: Picture["lines"] = (room, now) => {
    const columns = Math.max(20, room.columns - 1)
    const all = [...rows]
    const shown = choose(all, Math.max(1, room.rows - 3))
    const named = Math.min(longestName, Math.max(0, ...shown.map(([id]) => columnsOf(id))))
    const spent = [...rows.values()].some((row) => row.usd > 0)
    const painted = shown.map(([id, row]) => {
      const name = printable(id, named)
      const turn = (row.turn === 0 ? "" : `turn ${row.turn}`).padEnd(7)
      const cost = spent ? `${(row.usd > 0 ? printMoney(row.usd) : "").padStart(7)}  ` : ""
      const quiet = now - row.at >= quietMs && !over.has(row.state) ? `${clock(now - row.at)} ago: ` : ""
      const line = `${name}${" ".repeat(named - columnsOf(name))}  ${row.state.padEnd(8)}  ${turn}  ${cost}${quiet}${printable(row.last, columns)}`
      return paint(fit(line, columns).trimEnd(), name.length + named - columnsOf(name) + 2, row.state, room.color)
    })
    const hidden = all.filter((entry) => !shown.includes(entry))
    const foot = [
      clock(now - (begun ?? now)),
      ...(usd > 0 ? [`${printMoney(usd)} spent`] : []),
      ...(hidden.length > 0 ? [`and ${hidden.length} more: ${counted(hidden.map(([, { state }]) => state))}`] : []),
    ]
    return [...painted, fit(foot.join("  "), columns)]
  }
  return { see, lines }
}

/** Those at work first when not all have room; always in the order in which they came. */
const choose = <R extends readonly [string, { readonly state: string }]>(rows: ReadonlyArray<R>, room: number): ReadonlyArray<R> => {
  if (rows.length <= room) return rows
  const live = rows.filter(([, { state }]) => !over.has(state) && state !== "queued")
  const chosen = new Set([...live, ...rows.filter((row) => !live.includes(row)).toReversed()].slice(0, room))
  return rows.filter((row) => chosen.has(row))
}

const counted = (states: ReadonlyArray<string>): string => {
  const counts = new Map<string, number>()
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1)
  return [...counts].map(([state, count]) => `${count} ${state}`).join(", ")
}

/** Colours the word at `from`, which takes no room; a line too narrow to hold it stays plain. */
const paint = (line: string, from: number, state: string, color: boolean): string => {
  const code = paints[state]
  const to = from + state.length
  return color && code !== undefined && line.slice(from, to) === state ? `${line.slice(0, from)}\u001b[${code}m${state}\u001b[0m${line.slice(to)}` : line
}
