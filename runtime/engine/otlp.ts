/** Sends spans and metrics to an OpenTelemetry collector, as the variables say that OpenTelemetry has for it. */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as OtlpMetrics from "effect/observability/OtlpMetrics"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as OtlpTracer from "effect/observability/OtlpTracer"
import type { Environment } from "../platform/agent-environment.ts"

/** What holds where a variable says nothing else. */
const defaults = { OTEL_SERVICE_NAME: "fleetwright", OTEL_TRACES_EXPORTER: "otlp", OTEL_METRICS_EXPORTER: "otlp" }

/**
 * A tracer and a registry of metrics that are sent every few seconds and a last time when the scope is closed. A collector that does not answer
 * is left alone for a minute and holds nobody up at the end for more than the few seconds of the exporter's own limit. `problem` is told when
 * the variables make no sense, and then nothing is sent; and at the end, of a collector that has not taken what it was sent last.
 */
export const otlpContext = (env: Environment, problem: (text: string) => void): Effect.Effect<Context.Context<never>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const registry = new Map<string, never>()
    const variables = Object.fromEntries(Object.entries({ ...defaults, ...env }).filter((entry): entry is [string, string] => entry[1] !== undefined))
    const provider = ConfigProvider.fromEnv({ env: variables })
    const watch = watched()
    yield* Effect.addFinalizer(() => Effect.sync(() => watch.problems().forEach(problem)))
    const layers = Layer.mergeAll(OtlpTracer.layerFromConfig(), OtlpMetrics.layerFromConfig()).pipe(
      Layer.provide(Layer.mergeAll(OtlpSerialization.layerJson, Layer.provide(watch.layer, FetchHttpClient.layer))),
    )
    const built = yield* Layer.build(layers).pipe(
      Effect.provideService(ConfigProvider.ConfigProvider, provider),
      Effect.provideService(Metric.MetricRegistry, registry),
      // their values may be credentials: they are not told
      Effect.catchCause(() =>
        Effect.sync(() => {
          problem("OpenTelemetry: nothing is sent, since one of the variables OTEL_… has a value that makes no sense")
          return Context.empty()
        }),
      ),
    )
    return Context.empty().pipe(Context.add(Tracer.Tracer, Context.get(built, Tracer.Tracer)), Context.add(Metric.MetricRegistry, registry))
  })

/** A client that remembers who has not taken what was sent there last. */
const watched = () => {
  const untaken = new Map<string, string>()
  const watch = (answer: Effect.Effect<HttpClientResponse, HttpClientError>, { url }: HttpClientRequest): Effect.Effect<HttpClientResponse, HttpClientError> =>
    Effect.suspend(() => {
      if (!untaken.has(url)) untaken.set(url, "has not answered")
      return Effect.tap(answer, ({ status }) =>
        Effect.sync(() => {
          if (status >= 200 && status < 300) untaken.delete(url)
          else untaken.set(url, `answered ${status}`)
        }),
      )
    })
  return {
    layer: Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, HttpClient.transform(watch))),
    /** One of each host: paths and credentials are not told. */
    problems: () => [...new Set([...untaken].map(([url, what]) => `OpenTelemetry: ${new URL(url).origin} ${what}, so not all of this run is shown there`))],
  }
}
