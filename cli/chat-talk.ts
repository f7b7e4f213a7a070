/** Where a conversation stands, from its events alone: who is here and busy, what waits for an answer, whom the person speaks to. */
import type { Ir } from "#ir"
import type { FleetEvent, OpenRequest } from "#runtime"
import { suggest } from "#compiler/diagnostics/suggest.ts"
import { conversationGate } from "./chat-fleet.ts"
import { questionOf } from "./request-words.ts"

export interface Talk {
  readonly see: (event: FleetEvent) => void
  /** Whom bare text is for. */
  readonly to: () => string
  readonly turnTo: (id: string) => void
  /** The sessions that are here. */
  readonly known: () => ReadonlyArray<string>
  /** Undefined when the session can be spoken to, else why not. */
  readonly stranger: (id: string) => string | undefined
  readonly busy: (id?: string) => boolean
  /** Sessions with a turn under way or to come. */
  readonly atWork: () => ReadonlyArray<string>
  /** What waits for an answer, oldest first. */
  readonly requests: () => ReadonlyArray<OpenRequest>
  readonly paused: () => boolean
  /** What a breakpoint pauses goes on when that is answered. */
  readonly stopped: () => boolean
  /** The gate that is answered when nobody has more to say. */
  readonly lastWord: () => string | undefined
  readonly over: () => boolean
  /** Lines that say who is here. */
  readonly who: () => ReadonlyArray<string>
}

const idle = new Set(["idle", "done", "failed", "cancelled", "skipped", "compensated", "needs_review"])

const statusAfter = (event: FleetEvent): string | undefined => {
  switch (event.type) {
    case "session.started":
    case "session.ready":
      return "starting"
    case "turn.started":
      return "working"
    case "session.queued":
    case "session.retrying":
    case "session.done":
    case "session.failed":
    case "session.cancelled":
    case "session.skipped":
    case "session.compensating":
    case "session.compensated":
    case "session.needs_review":
      return event.type.slice("session.".length)
    default:
      return undefined
  }
}

/** `first`: whom the person speaks to when nobody was named. */
export const makeTalk = (ir: Ir, first: string): Talk => {
  const gate = conversationGate(ir)
  const sessions = new Map(ir.sessions.filter(({ instances }) => !instances).map(({ id }) => [id, "idle"]))
  const drivers = new Map(ir.sessions.map(({ id, driver }) => [id, driver.use]))
  const open = new Map<string, OpenRequest>()
  let to = first
  let paused = false
  let over = false
  let lastWord: string | undefined

  const see = (event: FleetEvent): void => {
    if (event.type === "request.opened") {
      if (event.kind === "gate" && event.session === undefined && isGate(event, gate)) lastWord = event.request
      else open.set(event.request, event)
    } else if (event.type === "request.answered" || event.type === "request.withdrawn") {
      open.delete(event.request)
      if (event.request === lastWord) lastWord = undefined
    } else if (event.type === "run.paused") paused = true
    else if (event.type === "run.resumed") paused = false
    else if (event.type === "run.ended") over = true
    const status = statusAfter(event)
    if (status !== undefined && "session" in event && event.session !== undefined) sessions.set(event.session, status)
  }
  const isBusy = (id: string): boolean => !idle.has(sessions.get(id) ?? "idle")
  const atWork = (): ReadonlyArray<string> => [...sessions.keys()].filter(isBusy)
  const waiting = (id: string): boolean => [...open.values()].some(({ session }) => session === id)
  return {
    see,
    to: () => to,
    turnTo: (id) => {
      to = id
    },
    known: () => [...sessions.keys()],
    stranger: (id) => {
      if (sessions.has(id)) return undefined
      const near = suggest(id, [...sessions.keys()])
      return `there is no session ${id}; ${near === undefined ? `here are ${[...sessions.keys()].join(", ")}` : `did you mean ${near}?`} @@${id} says it as it stands`
    },
    busy: (id) => (id === undefined ? atWork().length > 0 : isBusy(id)),
    atWork,
    requests: () => [...open.values()],
    paused: () => paused,
    stopped: () => [...open.values()].some(({ kind }) => kind === "breakpoint"),
    lastWord: () => lastWord,
    over: () => over,
    who: () => [
      ...[...sessions].map(
        ([id, status]) => `${id === to ? ">" : " "} ${id}  ${drivers.get(id.replace(/\[\d+\]$/u, "")) ?? ""}  ${waiting(id) ? "waiting" : status}`,
      ),
      ...[...open.values()].map((request) => `  ${request.request}  ${questionOf(request)}`),
      ...(paused ? ["  paused: /resume goes on"] : []),
    ],
  }
}

const isGate = ({ detail }: OpenRequest, gate: string | undefined): boolean =>
  gate !== undefined && typeof detail === "object" && detail !== null && "gate" in detail && detail["gate"] === gate
