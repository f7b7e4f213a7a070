/** The metrics of a run, made of its events (docs/observability.md). Their attributes have few values: names of the fleet, kinds, statuses. */
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { Ir } from "#ir"
import type { FleetEvent } from "../machine/protocol.ts"

export interface Measures {
  readonly see: (event: FleetEvent) => void
}

/** Seconds: from a tool that answers at once to an agent that works through the night. */
const seconds = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 14_400]
const inSeconds = (ms: number): number => ms / 1000

const runs = Metric.counter("fleetwright.runs", { description: "Runs that ended", incremental: true })
const runDuration = Metric.histogram("fleetwright.run.duration", { description: "From the start of a run to its end, in seconds", boundaries: seconds })
const sessions = Metric.counter("fleetwright.sessions", { description: "Activations of sessions that ended", incremental: true })
const queueLag = Metric.histogram("fleetwright.queue.lag", {
  description: "How long an activation waited before its turn began, in seconds",
  boundaries: seconds,
})
const sloSlack = Metric.gauge("fleetwright.slo.slack", { description: "The queue target of the session less its last wait, in seconds; below 0 it was missed" })
const attempts = Metric.histogram("gen_ai.client.operation.duration", { description: "How long one attempt of a turn took, in seconds", boundaries: seconds })
const retries = Metric.counter("fleetwright.retries", { description: "Attempts that follow a failed one", incremental: true })
const tools = Metric.counter("fleetwright.tool.calls", { description: "Tools that agents called", incremental: true })
const requests = Metric.counter("fleetwright.requests", { description: "Requests to people", incremental: true })
const answers = Metric.histogram("fleetwright.request.duration", { description: "How long a request waited for its answer, in seconds", boundaries: seconds })
const usd = Metric.gauge("fleetwright.budget.used", { description: "US dollars spent by the run or a session of it" })
const tokens = Metric.gauge("fleetwright.tokens.used", { description: "Tokens spent by the run or a session of it" })
const left = Metric.gauge("fleetwright.budget.slack", { description: "US dollars that the budget leaves" })

const counted = (event: FleetEvent): string | undefined => {
  switch (event.type) {
    case "session.done":
      return "done"
    case "session.failed":
      return "failed"
    case "session.cancelled":
      return "cancelled"
    case "session.skipped":
      return "skipped"
    default:
      return undefined
  }
}

export const makeMeasures = (context: Context.Context<never>, ir: Ir): Measures => {
  const fleet = { "fleetwright.fleet": ir.fleet.name }
  const declared = new Map(ir.sessions.map((session) => [session.id, session]))
  const nameOf = (id: string): string => id.replace(/\[\d+\]$/u, "")
  const of = (id: string) => ({ ...fleet, "gen_ai.agent.name": nameOf(id) })
  const tell = <Input, State>(metric: Metric.Metric<Input, State>, value: Input, attributes: { readonly [name: string]: string }) =>
    Metric.withAttributes(metric, attributes).updateUnsafe(value, context)

  let startedAt: number | undefined
  const queued = new Map<string, number>()
  const begun = new Map<string, number>()
  const asked = new Map<string, { readonly at: number; readonly kind: string }>()

  const endAttempt = (session: string, at: number, error?: string) => {
    const from = begun.get(session)
    begun.delete(session)
    if (from === undefined) return
    tell(attempts, inSeconds(at - from), { ...of(session), "gen_ai.operation.name": "invoke_agent", ...(error === undefined ? {} : { "error.type": error }) })
  }

  const see = (event: FleetEvent): void => {
    startedAt ??= event.at
    const status = counted(event)
    if (status !== undefined && "session" in event && event.session !== undefined) {
      queued.delete(event.session)
      tell(sessions, 1, { ...of(event.session), "fleetwright.status": status, ...(event.type === "session.failed" ? { "error.type": event.error.kind } : {}) })
    }
    switch (event.type) {
      case "run.ended":
        tell(runs, 1, { ...fleet, "fleetwright.status": event.status })
        return tell(runDuration, inSeconds(event.at - startedAt), { ...fleet, "fleetwright.status": event.status })
      case "session.queued":
        queued.set(event.session, event.at)
        return
      case "turn.started": {
        const since = queued.get(event.session)
        queued.delete(event.session)
        begun.set(event.session, event.at)
        if (since === undefined) return
        const lag = event.at - since
        tell(queueLag, inSeconds(lag), of(event.session))
        const target = declared.get(nameOf(event.session))?.slo?.queueTargetMs
        if (target !== undefined) tell(sloSlack, inSeconds(target - lag), of(event.session))
        return
      }
      case "turn.done":
        return endAttempt(event.session, event.at)
      case "turn.failed":
        return endAttempt(event.session, event.at, event.error.kind)
      case "turn.cancelled":
        return endAttempt(event.session, event.at, "cancelled")
      case "session.retrying":
        return tell(retries, 1, { ...of(event.session), "error.type": event.error.kind })
      case "agent": {
        const { kind, name } = event.event
        if (kind === "cap.tool_call.start") tell(tools, 1, { ...of(event.session), "gen_ai.tool.name": typeof name === "string" ? name : "tool" })
        return
      }
      case "request.opened":
        asked.set(event.request, event)
        return tell(requests, 1, { ...fleet, "fleetwright.request.kind": event.kind })
      case "request.answered": {
        const request = asked.get(event.request)
        asked.delete(event.request)
        return request === undefined ? undefined : tell(answers, inSeconds(event.at - request.at), { ...fleet, "fleetwright.request.kind": request.kind })
      }
      case "request.withdrawn":
        asked.delete(event.request)
        return
      case "budget.updated": {
        const scope = { ...fleet, "fleetwright.scope": event.scope }
        tell(usd, event.usd, scope)
        tell(tokens, event.tokens, scope)
        const limit = event.scope === "run" ? ir.budget?.usd : declared.get(nameOf(event.scope))?.budget?.usd
        return limit === undefined ? undefined : tell(left, limit - event.usd, scope)
      }
      default:
        return
    }
  }
  return { see }
}
