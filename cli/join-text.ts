/** A join of the IR as the routing language writes it (language.md 3). */
import { printDuration, type EventPattern, type Join } from "#ir"

export const eventText = (event: EventPattern): string => {
  switch (event.source) {
    case "session":
      return `${event.session}.${event.event}${event.kinds === undefined ? "" : `(${event.kinds.join(", ")})`}`
    case "idle":
      return `${event.session}.idle(${printDuration(event.ms)})`
    case "gate":
      return `${event.gate}.${event.event}`
    case "human":
      return "human.selected"
    case "fleet":
      return "fleet.started"
    case "budget":
      return `budget.reached(${event.percent}%)`
    case "every":
      return `every(${printDuration(event.ms)})`
  }
}

export const joinText = (join: Join): string => {
  if (join.kind === "event") return eventText(join.event)
  if (join.kind !== "instances") return `${join.kind === "atLeast" ? `${join.count} of ` : join.kind}(${join.of.map(joinText).join(", ")})`
  const { want, event } = join
  if (want.kind !== "atLeast") return `${want.kind}(${eventText(event)})`
  return want.count === 1 ? `${want.race ? "race" : "any"}(${eventText(event)})` : `${want.count} of (${eventText(event)})`
}
