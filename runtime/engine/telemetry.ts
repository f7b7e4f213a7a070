/** What a run shows to those who watch many: spans and metrics. Loaded only by runs that are watched so. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Ir } from "#ir"
import type { FleetEvent } from "../machine/protocol.ts"
import { makeMeasures } from "./measures.ts"
import type { RunOptions } from "./run.ts"
import { makeSpans } from "./spans.ts"

export interface Telemetry {
  readonly see: (event: FleetEvent) => void
  /** The W3C trace context for agents of the session. */
  readonly traceparent: (session: string) => string
  /** Ends what is open when the run stopped before it could end. */
  readonly close: () => void
}

/** Spans and metrics go where the Effect context says, or to the OTLP collector that the options name until the scope is closed. */
export const makeTelemetry = (options: RunOptions & { readonly ir: Ir }, run: string, startedAt: number): Effect.Effect<Telemetry, never, Scope.Scope> =>
  Effect.gen(function* () {
    const around = yield* Effect.context<never>()
    const otlp = options.telemetry?.otlp
    const exporter =
      otlp === undefined ? undefined : (yield* Effect.promise(() => import("./otlp.ts"))).otlpContext(otlp, (text) => options.onSinkProblem?.(text))
    const context = exporter === undefined ? around : Context.merge(around, yield* exporter)
    const spans = makeSpans(context, options.ir, run, options.traceparent, startedAt)
    const measures = makeMeasures(context, options.ir)
    return {
      see: (event) => {
        spans.see(event)
        measures.see(event)
      },
      traceparent: spans.traceparent,
      close: spans.close,
    }
  })
