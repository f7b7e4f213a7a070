/** What a driver says, held against its contract before the run believes it: a driver is somebody else's code. */
import { failureKinds, type Json } from "#ir"
import { failure, type DriverEvent, type StopReason } from "#sdk"

type Fields = { readonly [key: string]: unknown }

const stops: ReadonlyArray<StopReason> = ["end_turn", "stop_sequence", "max_tokens", "max_turns", "tool_use", "cancelled", "refusal", "error"]
/** Nobody nests this deep in earnest, and what walks over it later must not run out of stack. */
const deepest = 500
/** Nor is one event this large; one that holds itself has no end at all. */
const mostParts = 5_000_000

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)

const isJson = (value: unknown, left = { parts: mostParts }, depth = 0): value is Json => {
  left.parts -= 1
  if (left.parts < 0) return false
  switch (typeof value) {
    case "string":
    case "boolean":
      return true
    case "number":
      return Number.isFinite(value)
    case "object":
      if (value === null) return true
      if (depth > deepest) return false
      // a field that is undefined is no field once it is written down
      return Array.isArray(value)
        ? value.every((item) => isJson(item, left, depth + 1))
        : Object.values(value).every((item) => item === undefined || isJson(item, left, depth + 1))
    default:
      return false
  }
}

const isFigure = (value: unknown): boolean => value === undefined || (typeof value === "number" && Number.isFinite(value))
const isText = (value: unknown): boolean => value === undefined || typeof value === "string"

const isEnd = (end: unknown): boolean => {
  if (!isFields(end)) return false
  const { stop, error } = end
  if (error === undefined) return stops.some((known) => known === stop)
  return isFields(error) && failureKinds.some((kind) => kind === error["kind"]) && typeof error["message"] === "string"
}

const isUsage = (usage: unknown): boolean =>
  usage === undefined ||
  (isFields(usage) && (usage["mode"] === "delta" || usage["mode"] === "cumulative") && isFigure(usage["usd"]) && isFigure(usage["tokens"]))

const isDriverEvent = (value: unknown): value is DriverEvent => {
  if (!isFields(value)) return false
  switch (value["type"]) {
    case "agent":
      return isFields(value["event"]) && typeof value["event"]["kind"] === "string" && isJson(value["event"])
    case "session.handle":
      return typeof value["resume"] === "string"
    case "turn.ended":
      return isEnd(value["end"]) && isText(value["text"]) && (value["output"] === undefined || isJson(value["output"])) && isUsage(value["usage"])
    default:
      return false
  }
}

/** Throws a `driver_error` for what is no event of the contract. */
export const readDriverEvent = (value: unknown): DriverEvent => {
  if (isDriverEvent(value)) return value
  const type = isFields(value) && typeof value["type"] === "string" ? ` of the type ${JSON.stringify(value["type"].slice(0, 40))}` : ""
  throw failure("driver_error", `the driver said something${type} that is no event of the contract`)
}
