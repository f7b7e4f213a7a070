/** What a driver says, without the values that are hidden: also where a text comes in pieces, and a value in two of them. */
import type { AgentEvent, DriverEvent } from "#sdk"
import type { HiddenValues } from "../policy/hidden-values.ts"

export interface Hiding {
  /** What becomes of one event, in order. */
  readonly pass: (event: DriverEvent) => ReadonlyArray<DriverEvent>
  /** A turn begins: what was held of one before is nobody's. */
  readonly begin: () => void
}

const pieces: ReadonlySet<string> = new Set(["cap.text_chunk", "cap.thought"])

const textOf = ({ text }: AgentEvent): string => (typeof text === "string" ? text : "")

export const makeHiding = (hidden: HiddenValues): Hiding => {
  /** A piece whose end may be where a value begins: it waits for the next. */
  let held: AgentEvent | undefined

  const release = (): ReadonlyArray<DriverEvent> => {
    const event = held
    held = undefined
    return event === undefined ? [] : [{ type: "agent", event }]
  }

  const piece = (event: AgentEvent): ReadonlyArray<DriverEvent> => {
    const before = held?.kind === event.kind && held["channel"] === event["channel"] ? textOf(held) : undefined
    const first = before === undefined ? release() : []
    const text = hidden.text((before ?? "") + textOf(event))
    const wait = hidden.begun(text)
    held = wait === 0 ? undefined : { ...event, text: text.slice(text.length - wait) }
    // An empty piece says that the agent speaks.
    return [...first, { type: "agent", event: { ...event, text: text.slice(0, text.length - wait) } }]
  }

  const agent = (event: AgentEvent): ReadonlyArray<DriverEvent> => {
    if (pieces.has(event.kind)) return piece(event)
    const clean = Object.fromEntries(Object.entries(event).map(([key, value]) => [key, hidden.value(value)]))
    return [...release(), { type: "agent", event: { ...clean, kind: event.kind } }]
  }

  const ended = (event: Extract<DriverEvent, { readonly type: "turn.ended" }>): DriverEvent => {
    const { text, output, end } = event
    return {
      ...event,
      ...(text === undefined ? {} : { text: hidden.text(text) }),
      ...(output === undefined ? {} : { output: hidden.value(output) }),
      end: "error" in end ? { error: { ...end.error, message: hidden.text(end.error.message) } } : end,
    }
  }

  return {
    pass: (event) => (event.type === "agent" ? agent(event.event) : event.type === "turn.ended" ? [...release(), ended(event)] : [event]),
    begin: () => {
      held = undefined
    },
  }
}
