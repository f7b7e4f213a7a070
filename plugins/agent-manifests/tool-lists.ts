/** Which tools an agent may use by its manifest (coding profile, section 3). Those that it asks about are denied at once; nobody else is asked. */
import type { AgentEvent, Driver, DriverEvent, DriverHandle } from "#sdk"
import * as Effect from "effect/Effect"
import { eventsOf } from "./events-of.ts"

export interface ToolLists {
  readonly allowed: ReadonlyArray<string>
  readonly denied: ReadonlyArray<string>
}

/** What is done for an agent on this side has a name of CAP beside the one that it is asked about by. */
const alsoCalled: { readonly [tool: string]: string } = { write_text_file: "cap.fs.write", delete: "cap.fs.delete", terminal: "cap.terminal.create" }

export const isPermitted = ({ allowed, denied }: ToolLists, tool: string): boolean => {
  const other = Object.hasOwn(alsoCalled, tool) ? alsoCalled[tool] : undefined
  const named = (list: ReadonlyArray<string>): boolean => list.includes(tool) || (other !== undefined && list.includes(other))
  return (allowed.length === 0 || named(allowed)) && !named(denied)
}

const refused = ({ kind, ...event }: AgentEvent, lists: ToolLists): { readonly request: string; readonly tool: string } | undefined => {
  const { req_id: request, tool } = event
  return kind === "cap.permission.request" && typeof request === "string" && typeof tool === "string" && !isPermitted(lists, tool)
    ? { request, tool }
    : undefined
}

const listed = (handle: DriverHandle, lists: ToolLists): DriverHandle => {
  const events = async function* (): AsyncGenerator<DriverEvent> {
    for await (const event of eventsOf(handle)) {
      const no = event.type === "agent" ? refused(event.event, lists) : undefined
      if (no === undefined) {
        yield event
        continue
      }
      const message = `the manifest of the agent does not let it use ${no.tool}`
      yield { type: "agent", event: { kind: "cap.error", code: "cap_unsupported_capability", message, retryable: false } }
      const sent = handle.send({ type: "answer", request: no.request, reply: "deny" })
      await (Effect.isEffect(sent) ? Effect.runPromise(sent) : sent)
    }
  }
  return {
    ...(handle.capabilities === undefined ? {} : { capabilities: handle.capabilities }),
    events: events(),
    send: (frame) => handle.send(frame),
    close: () => handle.close(),
  }
}

/** The driver, whose agent asks nobody about tools that are not for it. */
export const withToolLists = (driver: Driver, lists: ToolLists | undefined): Driver => {
  if (lists === undefined || lists.allowed.length + lists.denied.length === 0) return driver
  return {
    ...driver,
    open: (context) => {
      const opening = driver.open(context)
      return Effect.isEffect(opening)
        ? Effect.map(opening, (handle) => listed(handle, lists))
        : Promise.resolve(opening).then((handle) => listed(handle, lists))
    },
  }
}
