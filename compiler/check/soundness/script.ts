/** A scenario as a script for `fleetwright simulate`: what agents put out and when, and what people answer, so that the same happens there. */
import type { Action, Json, Session } from "../../ir/model.ts"
import type { Course, Move } from "./facts.ts"
import { actionsOf, visitActions, type Net } from "./net.ts"
import { answerOf, witnessOf, type Witness } from "./witness.ts"

export interface ScenarioScript {
  /** The script, as the YAML of a script file says it. */
  readonly script: { readonly sessions: { readonly [id: string]: ReadonlyArray<Json> }; readonly replies?: ReadonlyArray<Json> }
  /** Inputs of the run that guards asked about. */
  readonly inputs: { readonly [name: string]: Json }
}

/** Ms from one move to the next. */
const pace = 1000
/** Longer than any scenario. */
const ages = 1_000_000
/** Turns beyond the scenario that are written out for a session whose output has a type. */
const mostSpare = 20

const duration = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`)

/** When each move happens, in ms; that of the start comes first. */
const timesOf = (net: Net, moves: ReadonlyArray<Move>): ReadonlyArray<number> => {
  const times = [0]
  for (const { place } of moves) {
    const within = net.rules.find(({ id }) => place === `rule ${id}`)?.rule.within
    times.push((times.at(-1) ?? 0) + pace + (within?.ms ?? 0))
  }
  return times
}

const gateActions = (net: Net, gate: string): ReadonlyArray<Action & { readonly kind: "gate" }> => {
  const found: Array<Action & { readonly kind: "gate" }> = []
  for (const { rule } of net.rules)
    for (const action of actionsOf(rule)) visitActions(action, (inner) => inner.kind === "gate" && inner.gate === gate && found.push(inner))
  return found
}

const replies: { readonly [event: string]: string } = { approved: "approve", rejected: "reject", expired: "expire" }

/** Whom people may select when the rule asks them. */
const candidatesOf = (net: Net, by: string): ReadonlyArray<string> => {
  const rule = net.rules.find(({ id }) => id === by)
  const found: Array<string> = []
  for (const action of rule === undefined ? [] : actionsOf(rule.rule)) visitActions(action, (inner) => inner.kind === "select" && found.push(...inner.from))
  return found.length > 0 ? found : (rule?.leaves.flatMap(({ event }) => (event.source === "session" ? [event.session] : [])) ?? [])
}

/** How often the session may be asked for something. */
const activationsOf = (net: Net, { id }: Session): number => {
  let count = net.start.has(id) ? 1 : 0
  for (const { rule } of net.activators.get(id) ?? [])
    for (const action of actionsOf(rule))
      visitActions(action, (inner) => (count += inner.kind === "send" || inner.kind === "retry" ? (inner.max?.count ?? 2) : 0))
  return Math.min(count, mostSpare)
}

const hearsStart = (net: Net, id: string): boolean =>
  (net.listeners.get(id) ?? []).some(({ leaves }) =>
    leaves.some(({ event }) => event.source === "session" && event.session === id && event.event === "started"),
  )

/** The script; undefined where outputs that lead there were not found. */
export const scriptOf = (net: Net, course: Course): ScenarioScript | undefined => {
  const witness = witnessOf(net, course.told)
  if (witness === undefined) return undefined
  const times = timesOf(net, course.moves)
  const end = (times.at(-1) ?? 0) + pace
  const declared = new Map(net.ir.sessions.map((session) => [session.id, session]))
  const turns = new Map<string, Array<Json>>()
  const answers: Array<Json> = []
  /** When the running activation of a session began to run, at the earliest. */
  const free = new Map<string, number>()
  const starts = new Map<string, number>()
  const fans = new Map<string, number>()
  const add = (id: string, turn: Json): void => void turns.set(id, [...(turns.get(id) ?? []), turn])
  const outputOf = (place: string, move: number): { readonly [key: string]: Json } => saidBy(declared.get(place), witness, move)

  course.moves.forEach((move, index) => {
    const { place, event, tokens, failed = tokens, since, by } = move
    const now = times[index + 1] ?? 0
    const asked = times[since] ?? 0
    for (const stopped of move.stopped ?? []) {
      add(stopped, { after: duration(ages) })
      free.set(stopped, now)
      starts.delete(stopped)
    }
    for (const unstarted of move.unstarted ?? []) {
      add(unstarted, { starts: duration(ages) })
      free.set(unstarted, now)
    }
    if (place.startsWith("rule ")) return
    if (place.startsWith("gate ")) {
      const gate = place.slice("gate ".length)
      const withinMs = gateActions(net, gate)[0]?.withinMs
      const detail = { gate, ...(withinMs !== undefined && { within_ms: withinMs }) }
      answers.push({ when: { kind: "gate", detail }, after: duration(now - asked), reply: replies[event] ?? "approve" })
      return
    }
    if (place === "human") {
      const chosen = witness.said.get(`human@${index + 1}`)?.output
      const [first = ""] = candidatesOf(net, by)
      answers.push({ when: { kind: "selection" }, after: duration(now - asked), reply: chosen ?? first })
      return
    }
    const fail = event.startsWith("failed") ? { fail: { kind: /\((?!other)(.*)\)/.exec(event)?.[1] ?? "driver_error" } } : undefined
    if (declared.get(place)?.instances === true) {
      const first = fans.get(place) ?? 0
      fans.set(place, first + tokens)
      for (let at = 0; at < tokens; at++)
        add(`${place}[${first + at}]`, { after: duration(now - asked), ...(at < failed && fail !== undefined ? fail : outputOf(place, index + 1)) })
      return
    }
    const from = Math.max(asked, free.get(place) ?? 0)
    if (event === "started") {
      starts.set(place, now - from)
      free.set(place, now)
      return
    }
    const opening = starts.get(place)
    starts.delete(place)
    free.set(place, now)
    add(place, { ...(opening !== undefined && { starts: duration(opening) }), after: duration(now - from), ...(fail ?? outputOf(place, index + 1)) })
  })
  for (const place of course.starting) add(place, { starts: duration(ages), ...outputOf(place, 0) })
  for (const place of course.live) {
    const opening = starts.get(place)
    add(place, { ...(opening !== undefined && { starts: duration(opening) }), after: duration(ages), ...outputOf(place, 0) })
  }
  // who comes later, or plays no part, comes after all of it, with something that fits its type
  const playing = new Set(course.moves.map(({ place }) => place))
  for (const session of net.ir.sessions) {
    const { id, output, instances } = session
    const late = !playing.has(id) && hearsStart(net, id) ? { starts: duration(end) } : {}
    if (output !== undefined || "starts" in late)
      for (let spare = instances ? 1 : activationsOf(net, session); spare > 0; spare--) add(id, { ...late, after: duration(end), ...outputOf(id, 0) })
  }
  return {
    script: { sessions: Object.fromEntries(turns), ...(answers.length > 0 && { replies: answers }) },
    inputs: witness.inputs,
  }
}

const saidBy = (session: Session | undefined, witness: Witness, move: number): { readonly [key: string]: Json } => {
  const said = witness.said.get(`${session?.id ?? ""}@${move}`)
  const output = said?.output ?? answerOf(session?.output?.type)
  return {
    ...(said !== undefined && said.text !== "" && { text: said.text }),
    ...(output !== undefined && { output }),
  }
}
