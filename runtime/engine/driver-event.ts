/** What a driver says, held against its contract before the run believes it: a driver is somebody else's code. */
import { failureKinds, type Json } from "#ir"
import { failure, type AgentEvent, type DriverEvent, type StopReason, type Usage } from "#sdk"
import { plainJson } from "./plain-json.ts"

type Fields = { readonly [key: string]: unknown }
type Ended = Extract<DriverEvent, { readonly type: "turn.ended" }>

const stops: ReadonlyArray<StopReason> = ["end_turn", "stop_sequence", "max_tokens", "max_turns", "tool_use", "cancelled", "refusal", "error"]

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)

const isAgentEvent = (event: Json | undefined): event is AgentEvent => isFields(event) && typeof event["kind"] === "string"

const readAgentEvent = (value: unknown): DriverEvent | undefined => {
  const event = isFields(value) ? plainJson(value) : undefined
  return isAgentEvent(event) ? { type: "agent", event } : undefined
}

const readEnd = (end: unknown): Ended["end"] | undefined => {
  if (!isFields(end)) return undefined
  const { stop, error } = end
  if (error === undefined) {
    const known = stops.find((one) => one === stop)
    return known === undefined ? undefined : { stop: known }
  }
  if (!isFields(error)) return undefined
  const kind = failureKinds.find((one) => one === error["kind"])
  const { message } = error
  return kind === undefined || typeof message !== "string" ? undefined : { error: { kind, message } }
}

const isFigure = (value: unknown): value is number | undefined => value === undefined || (typeof value === "number" && Number.isFinite(value))

const readUsage = (usage: unknown): Usage | undefined => {
  if (!isFields(usage)) return undefined
  const { mode, usd, tokens } = usage
  if ((mode !== "delta" && mode !== "cumulative") || !isFigure(usd) || !isFigure(tokens)) return undefined
  return { mode, ...(usd === undefined ? {} : { usd }), ...(tokens === undefined ? {} : { tokens }) }
}

/** Only what the contract names: any other field would stand in the journal as if the run had put it there. */
const readEnded = (said: Fields): Ended | undefined => {
  const { text } = said
  const end = readEnd(said["end"])
  const output = said["output"] === undefined ? undefined : plainJson(said["output"])
  const usage = said["usage"] === undefined ? undefined : readUsage(said["usage"])
  if (end === undefined || (text !== undefined && typeof text !== "string")) return undefined
  if ((output === undefined) !== (said["output"] === undefined) || (usage === undefined) !== (said["usage"] === undefined)) return undefined
  return {
    type: "turn.ended",
    end,
    ...(text === undefined ? {} : { text }),
    ...(output === undefined ? {} : { output }),
    ...(usage === undefined ? {} : { usage }),
  }
}

const read = (said: unknown): DriverEvent | undefined => {
  if (!isFields(said)) return undefined
  switch (said["type"]) {
    case "agent":
      return readAgentEvent(said["event"])
    case "session.handle":
      return typeof said["resume"] === "string" ? { type: "session.handle", resume: said["resume"] } : undefined
    case "turn.ended":
      return readEnded(said)
    default:
      return undefined
  }
}

/** A copy that is the run's own. Throws a `driver_error` for what is no event of the contract. */
export const readDriverEvent = (value: unknown): DriverEvent => {
  const event = read(value)
  if (event !== undefined) return event
  const type = isFields(value) && typeof value["type"] === "string" ? ` of the type ${JSON.stringify(value["type"].slice(0, 40))}` : ""
  throw failure("driver_error", `the driver said something${type} that is no event of the contract`)
}
