/** What goes wrong in a simulation: the `faults` of its script. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { readDuration } from "./duration.ts"

const count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))
const duration = Schema.Union([Schema.Finite, Schema.String]).check(
  Schema.makeFilter((value) => (readDuration(value) === undefined ? "expected a duration such as 10s, or milliseconds" : undefined)),
)

/**
 * The n-th process that runs the fleet ends at this append, counted within its life: killed before it is written, killed when it is
 * `written`, or the journal `refused` it. The run is then taken up again, after `down`.
 */
const end = Schema.Struct({ append: count, how: Schema.Literals(["killed", "written", "refused"]), down: Schema.optionalKey(duration) })

/**
 * What the driver does when the session is opened for the n-th time: it does not open, its agent is gone after so many events, its stream
 * fails, says what is no event, says nothing any more, takes no frame, or does not close.
 */
const driver = Schema.Struct({
  session: Schema.String,
  opening: count,
  fault: Schema.Literals(["refuses", "dies", "breaks", "garbage", "silent", "deaf", "stays"]),
  after: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
})

/** The n-th call for the session fails. */
const workspace = Schema.Struct({ session: Schema.String, call: Schema.Literals(["acquire", "snapshot", "release"]), time: count })

/** Somebody sets the clock of the machine; milliseconds, or less than none to set it back. */
const clock = Schema.Struct({ at: duration, by: Schema.Finite })

/** What the n-th question to a routing plugin comes to: its answer, whatever it is, or none. */
const router = Schema.Struct({
  time: count,
  fault: Schema.Literals(["answers", "throws", "hangs"]),
  answer: Schema.optionalKey(Schema.Json),
})

/** The n-th question to a policy pack, or to all of them when none is named. */
const policy = Schema.Struct({
  pack: Schema.optionalKey(Schema.String),
  time: count,
  fault: Schema.Literals(["throws", "hangs", "garbage"]),
})

/** A sink beside those of the fleet, from its n-th event on. */
const sink = Schema.Struct({ fault: Schema.Literals(["throws", "hangs", "slow"]), time: count })

const faults = Schema.Struct({
  /** The run is written to a file that is there as long as the simulation, and what people say comes through it, as from another process. */
  journal: Schema.optionalKey(Schema.Literal("file")),
  /** The engine keeps the state whenever so many records more are written. */
  snapshots: Schema.optionalKey(count),
  /** Fibers run in an order that this number makes up. */
  seed: Schema.optionalKey(Schema.Int),
  ends: Schema.optionalKey(Schema.Array(end)),
  drivers: Schema.optionalKey(Schema.Array(driver)),
  workspaces: Schema.optionalKey(Schema.Array(workspace)),
  clock: Schema.optionalKey(Schema.Array(clock)),
  routers: Schema.optionalKey(Schema.Array(router)),
  policies: Schema.optionalKey(Schema.Array(policy)),
  sinks: Schema.optionalKey(Schema.Array(sink)),
})

export type Faults = typeof faults.Type
export type EndFault = typeof end.Type
export type DriverFault = typeof driver.Type

const decode = Schema.decodeUnknownResult(faults, { errors: "all", onExcessProperty: "error" })

const nameOf = (part: PropertyKey | { readonly key: PropertyKey }): string => {
  const key = typeof part === "object" ? part.key : part
  return typeof key === "number" ? `, entry ${key + 1}` : `.${String(key)}`
}

/** Problems name the entry they stand in. */
export const readFaults = (
  value: unknown,
): { readonly ok: true; readonly faults: Faults } | { readonly ok: false; readonly problems: ReadonlyArray<string> } => {
  const result = decode(value)
  if (Result.isSuccess(result)) return { ok: true, faults: result.success }
  const { issues } = SchemaIssue.makeFormatterStandardSchemaV1()(result.failure.issue)
  return { ok: false, problems: issues.map(({ path = [], message }) => `faults${path.map(nameOf).join("")}: ${message}`) }
}
