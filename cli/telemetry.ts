/** What of a run is shown to a collector of OpenTelemetry, from options and the environment. */
import type { RunOptions } from "#runtime"
import { readTraceparent } from "#runtime/engine/trace-context.ts"
import type { Given, Option } from "./command.ts"
import { NotStarted } from "./exit.ts"

type Environment = { readonly [name: string]: string | undefined }

export const telemetryOptions: { readonly [name: string]: Option } = {
  otlp: { type: "string", value: "URL", about: "send spans and metrics to this OpenTelemetry collector (OTEL_EXPORTER_OTLP_ENDPOINT)" },
  traceparent: { type: "string", value: "ID", about: "the W3C trace context that the run is a part of (TRACEPARENT)" },
}

const endpoints = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"]

const expected = "expected the address of a collector, such as http://localhost:4318; credentials go into OTEL_EXPORTER_OTLP_HEADERS"

const isAddress = (text: string): boolean => {
  const { protocol, username, password } = URL.canParse(text) ? new URL(text) : { protocol: "", username: "", password: "" }
  return /^https?:$/u.test(protocol) && username === "" && password === ""
}

/** An option wins over its variable. A wrong option is told; a wrong `TRACEPARENT` is, as its standard says, as good as none. */
export const telemetryOf = (given: Given, env: Environment): Pick<RunOptions, "telemetry" | "traceparent" | "tracestate"> => {
  const [otlp, asked] = [given.text("otlp"), given.text("traceparent")]
  if (asked !== undefined && readTraceparent(asked) === undefined) {
    throw new NotStarted("--traceparent: expected a W3C trace context such as 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
  }
  if (otlp !== undefined && !isAddress(otlp)) throw new NotStarted(`--otlp: ${expected}`)
  const variables: Environment = otlp === undefined ? env : { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: otlp }
  const wrong = endpoints.find((name) => (variables[name] ?? "") !== "" && !isAddress(variables[name] ?? ""))
  if (wrong !== undefined) throw new NotStarted(`${wrong}: ${expected}`)
  const sends = endpoints.some((name) => (variables[name] ?? "") !== "") && variables["OTEL_SDK_DISABLED"] !== "true"
  return { ...(sends ? { telemetry: { otlp: variables } } : {}), ...(asked === undefined ? inherited(env) : { traceparent: asked }) }
}

/** `TRACESTATE` belongs to the `TRACEPARENT` beside it. */
const inherited = ({ TRACEPARENT, TRACESTATE }: Environment): Pick<RunOptions, "traceparent" | "tracestate"> =>
  TRACEPARENT === undefined || readTraceparent(TRACEPARENT) === undefined
    ? {}
    : { traceparent: TRACEPARENT, ...(TRACESTATE === undefined ? {} : { tracestate: TRACESTATE }) }
