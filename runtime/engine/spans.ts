/**
 * The spans of a run, made of its events (docs/observability.md): run > session > turn > attempt > tool call. Their attributes are names, kinds
 * and figures; what is prompted, said or put out is in none of them.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { Ir, Session } from "#ir"
import type { AgentEvent, FleetEvent } from "../machine/protocol.ts"
import { readTraceparent, traceparentOf } from "./trace-context.ts"

export interface Spans {
  readonly see: (event: FleetEvent) => void
  /** What an agent of the session is given as its parent. */
  readonly traceparent: (session: string) => string
  /** Ends what is open when the run stopped before it could end. */
  readonly close: () => void
}

type Attributes = { readonly [name: string]: string | number | boolean | ReadonlyArray<string> | undefined }

/** Provider names of the conventions for generative AI, of drivers that have one. */
const providers: { readonly [driver: string]: string } = { claude: "anthropic", codex: "openai" }

interface Live {
  readonly session: Tracer.Span
  turn?: Tracer.Span
  attempt?: Tracer.Span
  readonly tools: Map<string, Tracer.Span>
}

const nanos = (ms: number): bigint => BigInt(Math.round(ms * 1000)) * 1000n

const textOf = (event: AgentEvent, key: string): string | undefined => (typeof event[key] === "string" ? event[key] : undefined)

/** `parent`: a `traceparent`. */
export const makeSpans = (context: Context.Context<never>, ir: Ir, run: string, parent: string | undefined, startedAt: number): Spans => {
  const tracer = Context.get(context, Tracer.Tracer)
  const declared = new Map<string, Session>(ir.sessions.map((session) => [session.id, session]))
  const live = new Map<string, Live>()
  let now = startedAt

  const begin = (name: string, above: Tracer.AnySpan | undefined, attributes: Attributes): Tracer.Span => {
    const span = tracer.span({
      name,
      parent: Option.fromNullishOr(above),
      annotations: Context.empty(),
      links: [],
      startTime: nanos(now),
      kind: "internal",
      root: above === undefined,
      sampled: above?.sampled ?? true,
    })
    annotate(span, attributes)
    return span
  }
  const annotate = (span: Tracer.Span, attributes: Attributes) => {
    for (const [key, value] of Object.entries(attributes)) if (value !== undefined) span.attribute(key, value)
  }
  /** `error`: the kind of a failure; its message may hold what an agent said. */
  const end = (span: Tracer.Span | undefined, error?: string, attributes: Attributes = {}) => {
    if (span === undefined) return
    annotate(span, { ...attributes, "error.type": error })
    span.end(nanos(now), error === undefined ? Exit.void : Exit.failCause(Cause.fail(error)))
  }

  const above = parent === undefined ? undefined : readTraceparent(parent)
  const whole = begin(`fleet ${ir.fleet.name}`, above, { "fleetwright.run": run, "fleetwright.fleet": ir.fleet.name, "fleetwright.ir": ir.hash })

  const sessionOf = (id: string): Live => {
    const found = live.get(id)
    if (found !== undefined) return found
    const name = id.replace(/\[\d+\]$/u, "")
    const about = declared.get(name)
    const session = begin(`invoke_agent ${name}`, whole, {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": name,
      "gen_ai.agent.id": id,
      "gen_ai.conversation.id": `${run}/${id}`,
      "gen_ai.request.model": about?.model,
      "gen_ai.provider.name": providers[about?.driver.use ?? ""],
      "fleetwright.driver": about?.driver.use,
    })
    const made: Live = { session, tools: new Map() }
    live.set(id, made)
    return made
  }

  const endAttempt = (id: string, error?: string, attributes?: Attributes) => {
    const of = live.get(id)
    if (of === undefined) return
    for (const tool of of.tools.values()) end(tool, error)
    of.tools.clear()
    end(of.attempt, error, attributes)
    delete of.attempt
  }
  const endTurn = (id: string, error?: string) => {
    endAttempt(id, error)
    const of = live.get(id)
    end(of?.turn, error)
    delete of?.turn
  }
  const endSession = (id: string, status: string, error?: string) => {
    if (!live.has(id)) return
    endTurn(id, error)
    end(live.get(id)?.session, error, { "fleetwright.status": status })
    live.delete(id)
  }

  const tool = (id: string, event: AgentEvent) => {
    const of = live.get(id)
    const call = textOf(event, "call_id")
    if (of === undefined || call === undefined) return
    if (event.kind === "cap.tool_call.start") {
      const name = textOf(event, "name") ?? "tool"
      of.tools.set(
        call,
        begin(`execute_tool ${name}`, of.attempt ?? of.session, {
          "gen_ai.operation.name": "execute_tool",
          "gen_ai.tool.name": name,
          "gen_ai.tool.call.id": call,
        }),
      )
    } else if (event.kind === "cap.tool_call.end") {
      end(of.tools.get(call), event["is_error"] === true ? "tool_error" : undefined)
      of.tools.delete(call)
    }
  }

  const see = (event: FleetEvent): void => {
    now = Math.max(now, event.at)
    switch (event.type) {
      case "run.paused":
      case "run.resumed":
        return whole.event(event.type, nanos(event.at))
      case "run.ended": {
        for (const id of live.keys()) endSession(id, "ended")
        return end(whole, event.status === "succeeded" ? undefined : event.status, {
          "fleetwright.status": event.status,
          "fleetwright.usage.usd": event.usage.usd,
          "fleetwright.usage.tokens": event.usage.tokens,
        })
      }
      case "session.queued":
        sessionOf(event.session)
        return
      case "session.started":
        return sessionOf(event.session).session.event(event.type, nanos(event.at))
      case "turn.started": {
        const of = sessionOf(event.session)
        of.turn ??= begin(`turn ${event.turn}`, of.session, { "fleetwright.turn": event.turn, "fleetwright.rule": event.rule })
        of.attempt = begin(`attempt ${event.attempt}`, of.turn, { "fleetwright.turn": event.turn, "fleetwright.attempt": event.attempt })
        return
      }
      case "agent":
        return tool(event.session, event.event)
      case "turn.done":
        endAttempt(event.session, undefined, { "gen_ai.response.finish_reasons": [event.stop_reason] })
        return endTurn(event.session)
      case "turn.failed":
        return endAttempt(event.session, event.error.kind)
      case "turn.cancelled":
        return endTurn(event.session, "cancelled")
      case "session.retrying":
        return sessionOf(event.session).session.event(event.type, nanos(event.at), {
          "fleetwright.attempt": event.attempt,
          "fleetwright.delay_ms": event.delay_ms,
          "error.type": event.error.kind,
        })
      case "session.done":
        return endSession(event.session, "done")
      case "session.failed":
        return endSession(event.session, "failed", event.error.kind)
      case "session.cancelled":
        return endSession(event.session, "cancelled", "cancelled")
      case "route.fired":
      case "route.declined":
      case "route.failed":
        return whole.event(event.type, nanos(event.at), {
          "fleetwright.rule": event.rule,
          ...(event.type === "route.fired"
            ? { "fleetwright.action": event.action }
            : event.type === "route.failed"
              ? { "error.type": event.error.kind }
              : { "fleetwright.reason": event.reason }),
        })
      case "request.opened":
      case "request.answered":
      case "request.withdrawn": {
        const on = event.type === "request.opened" && event.session !== undefined ? sessionOf(event.session).session : whole
        return on.event(event.type, nanos(event.at), {
          "fleetwright.request": event.request,
          ...(event.type === "request.opened" ? { "fleetwright.request.kind": event.kind } : {}),
        })
      }
      case "budget.exceeded":
        return whole.event(event.type, nanos(event.at), { "fleetwright.scope": event.scope, "fleetwright.limit": event.limit, "fleetwright.used": event.used })
      default:
        return
    }
  }

  return {
    see,
    traceparent: (session) => traceparentOf(sessionOf(session).session),
    close: () => {
      for (const id of [...live.keys()]) endSession(id, "unknown", "stopped")
      end(whole, "stopped")
    },
  }
}
