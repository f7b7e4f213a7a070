/** W3C trace context (https://www.w3.org/TR/trace-context/): how spans of one program are put under those of another. */
import * as Tracer from "effect/Tracer"

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/u

/** Undefined for what is no `traceparent`. A later version of the header may have more after its flags. */
export const readTraceparent = (text: string): Tracer.ExternalSpan | undefined => {
  const [, version, traceId, spanId, flags, more] = form.exec(text.trim().toLowerCase()) ?? []
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined
  if (version === "ff" || (version === "00" && more !== undefined) || /^0+$/u.test(traceId) || /^0+$/u.test(spanId)) return undefined
  return Tracer.externalSpan({ traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 })
}

export const traceparentOf = ({ traceId, spanId, sampled }: Tracer.AnySpan): string => `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`

const member = /^[a-z0-9][a-z0-9_*/@-]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/u
const mostMembers = 32

/** A `tracestate` as it may be passed on, undefined for what is none: what other systems keep beside the trace, which nobody here reads. */
export const readTracestate = (text: string): string | undefined => {
  const members = text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "")
  const keys = new Set(members.map((one) => one.slice(0, one.indexOf("="))))
  return members.length > 0 && members.length <= mostMembers && keys.size === members.length && members.every((one) => member.test(one))
    ? members.join(",")
    : undefined
}

/** The trace context of an agent as variables. `tracestate` belongs to the trace that the run was started in, and to no other. */
export const traceVariables = (
  traceparent: string | undefined,
  given: { readonly traceparent?: string; readonly tracestate?: string },
): { readonly [name: string]: string } => {
  if (traceparent === undefined) return {}
  const parent = given.traceparent === undefined ? undefined : readTraceparent(given.traceparent)
  const state = parent === undefined || given.tracestate === undefined ? undefined : readTracestate(given.tracestate)
  return { TRACEPARENT: traceparent, ...(state === undefined ? {} : { TRACESTATE: state }) }
}
