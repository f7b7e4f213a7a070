/** What a conversation shows, from its events: lines that stay, and of each session the line it has not finished. Pure but for what it remembers. */
import type { FleetEvent } from "#runtime"
import { choicesOf, intentOf, questionOf } from "./request-words.ts"
import { printable, visible } from "./text-width.ts"

export interface Row {
  /** What an agent said, or what is said about the conversation. */
  readonly of: "agent" | "about"
  readonly session?: string
  readonly text: string
}

export interface Transcript {
  /** Lines that are whole now. */
  readonly see: (event: FleetEvent) => ReadonlyArray<Row>
  /** The lines that are being said. */
  readonly unfinished: () => ReadonlyArray<Row>
}

/** No window shows more of a line that has no end. */
const longest = 20_000

const about = (text: string, session?: string): Row => ({ of: "about", text, ...(session === undefined ? {} : { session }) })

/** `hides`: requests that are not shown, since the conversation itself asks them. */
export const makeTranscript = (hides: (event: FleetEvent) => boolean): Transcript => {
  /** What a session has begun to say; sessions that have said something in this turn are in here. */
  const saying = new Map<string, string>()
  const hidden = new Set<string>()

  const chunk = (session: string, text: string): ReadonlyArray<Row> => {
    const [first = "", ...others] = text.replaceAll("\r\n", "\n").split("\n")
    const begun = `${saying.get(session) ?? ""}${first}`
    saying.set(session, others.at(-1) ?? begun)
    return others.length === 0 ? [] : [begun, ...others.slice(0, -1)].map((line) => ({ of: "agent", session, text: visible(line) }))
  }
  /** The turn is over: what was begun is all there is. */
  const flush = (session: string): ReadonlyArray<Row> => {
    const rest = saying.get(session) ?? ""
    if (saying.has(session)) saying.set(session, "")
    return rest === "" ? [] : [{ of: "agent", session, text: visible(rest) }]
  }

  const agent = ({ session, event }: Extract<FleetEvent, { readonly type: "agent" }>): ReadonlyArray<Row> => {
    const { kind, text, name, input } = event
    if (kind === "cap.text_chunk" && (event["channel"] ?? "assistant") === "assistant" && typeof text === "string") return chunk(session, text)
    if (kind === "cap.tool_call.start" && typeof name === "string")
      return [...flush(session), about(printable(`${name} ${intentOf(input) ?? ""}`, 200), session)]
    return []
  }

  const see = (event: FleetEvent): ReadonlyArray<Row> => {
    if (hides(event) && event.type === "request.opened") hidden.add(event.request)
    if ("request" in event && hidden.has(event.request)) return []
    switch (event.type) {
      case "agent":
        return agent(event)
      case "turn.started": {
        saying.delete(event.session)
        const again = event.attempt > 1 ? [about(`attempt ${event.attempt}`, event.session)] : []
        if (event.rule === "user") return again
        const from = event.from.length === 0 ? "" : ` of ${event.from.join(", ")}`
        return event.attempt > 1
          ? again
          : [about(`is given the ${event.rule === "start" ? "task" : `work${from} (${event.rule})`}: ${printable(event.prompt, 200)}`, event.session)]
      }
      case "turn.done":
      case "turn.failed":
        return flush(event.session)
      case "turn.cancelled":
        return [...flush(event.session), about(event.reason.code === "interrupted" ? "interrupted" : "cancelled", event.session)]
      case "session.done":
        return saying.has(event.session) || event.text === ""
          ? []
          : event.text.split("\n").map((line) => ({ of: "agent", session: event.session, text: visible(line) }))
      case "request.opened":
        return [...(event.session === undefined ? [] : flush(event.session)), about(asked(event))]
      default: {
        const text = tellAbout(event)
        return text === undefined ? [] : [about(text, "session" in event ? event.session : undefined)]
      }
    }
  }
  return {
    see,
    unfinished: () => [...saying].filter(([, text]) => text !== "").map(([session, text]) => ({ of: "agent", session, text: visible(text.slice(-longest)) })),
  }
}

const asked = (event: Extract<FleetEvent, { readonly type: "request.opened" }>): string => {
  const choices = choicesOf(event)
  return `${event.request}: ${questionOf(event)}${choices === "" ? "" : ` (${choices})`}`
}

const tellAbout = (event: FleetEvent): string | undefined => {
  switch (event.type) {
    case "session.failed":
      return `failed (${event.error.kind}): ${printable(event.error.message, 500)}`
    case "session.retrying":
      return `again in ${event.delay_ms} ms after ${event.error.kind}: ${printable(event.error.message, 200)}`
    case "session.skipped":
      return `skipped: ${printable(event.reason, 200)}`
    case "session.needs_review":
      return `needs a look${event.reason === undefined ? "" : `: ${printable(event.reason, 200)}`}`
    case "route.failed":
      return `rule ${event.rule} failed (${event.error.kind}): ${printable(event.error.message, 200)}`
    case "request.answered":
      return `${event.request}: answered ${printable(typeof event.reply === "string" ? event.reply : JSON.stringify(event.reply), 200)}${event.by === "user" ? "" : `, by ${event.by}`}`
    case "request.withdrawn":
      return `${event.request}: withdrawn, ${printable(event.reason, 200)}`
    case "message.undeliverable":
      return `did not get what was said: ${printable(event.reason, 200)}`
    case "run.paused":
      return `paused${event.reason === "" ? "" : `: ${printable(event.reason, 200)}`}; /resume goes on`
    case "run.resumed":
      return "goes on"
    case "notified":
      return printable(event.text, 500)
    case "budget.exceeded":
      return `budget of ${event.scope} exceeded: ${event.used} of ${event.limit}`
    default:
      return undefined
  }
}
