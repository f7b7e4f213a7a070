/** The model's text as routing actions. Prose and fences around the JSON are fine; anything unclear is an error, never a guess. */
import { failure, fieldsOf, isFields, isList, textOf, type RoutingAction, type RoutingView } from "#sdk"

type Json = NonNullable<Parameters<typeof fieldsOf>[0]>

const problem = (message: string): Error => failure("routing_error", `the model's answer ${message}`)

const parse = (text: string): Json => {
  const [from, to] = [text.indexOf("{"), text.lastIndexOf("}")]
  if (from < 0 || to < from) throw problem("holds no JSON object")
  try {
    const value: Json = JSON.parse(text.slice(from, to + 1))
    return value
  } catch {
    throw problem("is no valid JSON")
  }
}

type Agents = Pick<RoutingView, "sessions" | "dynamic">

/** Without actions nothing follows. Entries without a type are passed over; what is beyond `most` is cut. */
export const readAnswer = (text: string, most: number, agents: Agents): ReadonlyArray<RoutingAction> => {
  const { actions } = fieldsOf(parse(text))
  if (actions === undefined || actions === null) return []
  if (!isList(actions)) throw problem("has `actions` that are no list")
  const sendTo = takingPlaces(agents)
  return actions
    .filter((action) => isFields(action) && action["type"] !== undefined)
    .slice(0, most)
    .map((action) => readAction(fieldsOf(action), sendTo))
}

type SendTo = (target: string, driver: string) => string

/** CAP lets a model name a new session and its driver: here it is an instance of one that the fleet declares dynamic, with that driver. */
const takingPlaces = ({ sessions, dynamic }: Agents): SendTo => {
  const taken = new Map<string, number>()
  return (target, driver) => {
    const fitting = dynamic.filter((one) => one.driver === driver)
    const isDeclared = [...sessions, ...dynamic].some(({ id }) => id === target)
    const found = isDeclared ? fitting.find(({ id }) => id === target) : (fitting.find(({ id, left }) => left > (taken.get(id) ?? 0)) ?? fitting[0])
    if (found === undefined) throw problem(`asks for a session that the fleet does not declare (${JSON.stringify(target)} with a driver of its own)`)
    taken.set(found.id, (taken.get(found.id) ?? 0) + 1)
    return found.id
  }
}

const readAction = (action: ReturnType<typeof fieldsOf>, sendTo: SendTo): RoutingAction => {
  const { type, target, context, candidates, driver } = action
  switch (type) {
    case "route":
      if (textOf(target) === "") throw problem("has a route without a target")
      return {
        send: driver === undefined || driver === null ? textOf(target) : sendTo(textOf(target), textOf(driver)),
        ...(textOf(context) === "" ? {} : { prompt: textOf(context) }),
      }
    case "collect":
      if (!isList(candidates) || !candidates.every((one) => typeof one === "string")) throw problem("has a collect without candidates")
      return { select: candidates.map(textOf) }
    case "complete":
      return { complete: true }
    default:
      throw problem(`has an action of the unknown type ${JSON.stringify(type)}`)
  }
}
