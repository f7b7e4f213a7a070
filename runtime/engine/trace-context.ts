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
