/** A scenario as a script for `fleetwright simulate`: what agents put out and when, and what people answer, so that the same happens there. */
import type { Action, Json, Session } from "../../ir/model.ts"
import type { Course, Move } from "./facts.ts"
import { actionsOf, selectedBy, targetsOf, visitActions } from "./actions.ts"
import { widthOf, type Net } from "./net.ts"
import { answerOf, witnessOf, type Said } from "./witness.ts"

export interface ScenarioScript {
  /** The script, as the YAML of a script file says it. */
  readonly script: {
    readonly sessions: { readonly [id: string]: ReadonlyArray<Json> }
    readonly replies?: ReadonlyArray<Json>
    readonly commands?: ReadonlyArray<Json>
  }
  /** Inputs of the run: those that guards asked about, and those that every run needs. */
  readonly inputs: { readonly [name: string]: Json }
}

/** Ms from one move to the next, where time limits leave so much. */
const paces = [1000, 100, 10, 2]
/** Longer than any scenario. */
const ages = 1_000_000

type Turn = { readonly [key: string]: Json }

/** The agent says that it will go on by itself. */
const waiting = (): Json => ({ kind: "cap.error", code: "rate_limit", retryable: true })

const duration = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`)

/** Time limits, of which none may pass unless the scenario says so. */
const limitsOf = (net: Net): ReadonlyArray<number> => [
  ...net.ir.sessions.flatMap(({ timeoutMs, idleTimeoutMs }) => [timeoutMs ?? Infinity, idleTimeoutMs ?? Infinity]),
  ...net.rules.flatMap(({ rule, leaves }) => [
    rule.within?.ms ?? Infinity,
    ...actionsOf(rule).flatMap((action) => limitsIn(action)),
    ...leaves.map(({ event }) => (event.source === "idle" || event.source === "every" ? event.ms : Infinity)),
  ]),
  net.ir.budget?.wallMs ?? Infinity,
]
const limitsIn = (action: Action): ReadonlyArray<number> => {
  const found: Array<number> = []
  visitActions(action, (inner) => inner.kind === "gate" && inner.withinMs !== undefined && found.push(inner.withinMs))
  return found
}

/** How long a rule waits before it sends to a place. */
const delayOf = (net: Net, by: string, place: string): number => {
  const rule = net.rules.find(({ id }) => id === by)
  let delay = 0
  for (const action of rule === undefined ? [] : actionsOf(rule.rule))
    visitActions(action, (inner) => {
      if ((inner.kind === "send" || inner.kind === "retry") && targetsOf(inner).includes(place)) delay = Math.max(delay, inner.afterMs ?? 0)
    })
  return delay
}

interface Times {
  /** When each move happens, in ms; that of the start comes first. */
  readonly times: ReadonlyArray<number>
  readonly pace: number
}

const timesOf = (net: Net, moves: ReadonlyArray<Move>): Times => {
  const least = Math.min(...limitsOf(net))
  const pace = paces.find((each) => each * (moves.length + 2) < least) ?? 1
  const times = [0]
  for (const { place, since, by } of moves) {
    const within = net.rules.find(({ id }) => place === `rule ${id}`)?.rule.within?.ms ?? 0
    const ready = (times[since] ?? 0) + delayOf(net, by, place)
    times.push(Math.max((times.at(-1) ?? 0) + within, ready) + pace)
  }
  return { times, pace }
}

/** What a request of each gate that some rule opens says of itself; of those that `by` opens, where one is named. */
const gateDetails = (net: Net, by?: string): ReadonlyArray<{ readonly gate: string; readonly within_ms?: number }> => {
  const found = new Map<string, { readonly gate: string; readonly within_ms?: number }>()
  for (const { id, rule } of net.rules)
    for (const action of by === undefined || id === by ? actionsOf(rule) : [])
      visitActions(action, (inner) => {
        if (inner.kind !== "gate") return
        const { gate, withinMs } = inner
        found.set(`${gate} ${withinMs}`, { gate, ...(withinMs !== undefined && { within_ms: withinMs }) })
      })
  return [...found.values()]
}

const replyTo = (event: string): string => (event === "rejected" ? "reject" : event === "expired" ? "expire" : "approve")

/** Whom people may select when the rule asks them. */
const candidatesOf = (net: Net, by: string): ReadonlyArray<string> => {
  const rule = net.rules.find(({ id }) => id === by)?.rule
  return rule === undefined ? [] : selectedBy(rule)
}

const hearsStart = (net: Net, id: string): boolean =>
  (net.listeners.get(id) ?? []).some(({ leaves }) =>
    leaves.some(({ event }) => event.source === "session" && event.session === id && event.event === "started"),
  )

/** The script; undefined where outputs that lead there were not found. */
export const scriptOf = (net: Net, course: Course): ScenarioScript | undefined => {
  const witness = witnessOf(net, course.told)
  if (witness === undefined) return undefined
  const { times, pace } = timesOf(net, course.moves)
  const end = (times.at(-1) ?? 0) + pace
  const declared = new Map(net.ir.sessions.map((session) => [session.id, session]))
  const turns = new Map<string, Array<Turn>>()
  const answers: Array<Json> = []
  /** When the running activation of a session began to run, at the earliest. */
  const free = new Map<string, number>()
  const starts = new Map<string, number>()
  /** When instances end. */
  const ends = new Map<string, number>()
  const add = (id: string, turn: Turn): void => void turns.set(id, [...(turns.get(id) ?? []), turn])
  const outputOf = (place: string, move: number): { readonly [key: string]: Json } =>
    saidBy(declared.get(place), witness.said.get(`${place}@${move}`), net.subtasks.get(place))

  course.moves.forEach((move, index) => {
    const { place, event, tokens, failed = tokens, since, by } = move
    const now = times[index + 1] ?? 0
    const asked = (times[since] ?? 0) + delayOf(net, by, place)
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
      const detail = gateDetails(net, by).find((each) => each.gate === gate) ?? { gate }
      answers.push({ when: { kind: "gate", detail }, after: duration(now - asked), reply: replyTo(event) })
      return
    }
    if (place === "human") {
      const chosen = witness.said.get(`human@${index + 1}`)?.output
      const [first = ""] = candidatesOf(net, by)
      // of instances nobody knows the numbers
      answers.push({ when: { kind: "selection" }, after: duration(now - asked), reply: chosen ?? (net.fanned.has(first) ? `${first}[0]` : first) })
      return
    }
    const fail = event.startsWith("failed") ? { fail: { kind: /\((?!other)(.*)\)/.exec(event)?.[1] ?? "driver_error" } } : undefined
    if (net.fanned.has(place)) {
      const width = widthOf(net, by, place)
      const [first, before] = [move.first ?? 0, move.before ?? 0]
      // those that must wait for others follow them at once, so that the last ends as told
      const waves = Math.ceil(tokens / width)
      for (let at = 0; at < tokens; at++) {
        const number = first + before + at
        const begun = Math.max(asked, ends.get(`${place}[${number - width}]`) ?? 0)
        const end = Math.max(begun, now - (waves - 1 - Math.floor(at / width)))
        ends.set(`${place}[${number}]`, end)
        add(`${place}[${number}]`, { after: duration(end - begun), ...(at < failed && fail !== undefined ? fail : outputOf(place, index + 1)) })
      }
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
    const { id, output } = session
    const late = !playing.has(id) && hearsStart(net, id) ? { starts: duration(end) } : {}
    if (output !== undefined || "starts" in late) add(id, { ...late, after: duration(end), ...outputOf(id, 0), again: true })
  }
  // so do people who are asked later, or where it is of no matter
  for (const detail of gateDetails(net)) answers.push({ when: { kind: "gate", detail }, after: duration(end), reply: replyTo("approved") })
  if (!playing.has("human")) answers.push(...selections(net, end))
  const commands: Array<Json> = course.pauses.map((move) => ({ at: duration((times[move] ?? 0) + 1), resume: true }))
  // what comes again and again keeps the run going
  if (net.rules.some(({ leaves }) => leaves.some(({ event }) => event.source === "every"))) commands.push({ at: duration(end), cancel: "fleet" })
  // an agent that waits for its service gives its place to others: so all of them are at it as told, however few may work at once
  const isTight = turns.size > net.ir.limits.parallel
  const played = [...turns].map(([id, all]) => [id, isTight ? all.map((turn) => ({ events: [waiting()], ...turn })) : all] as const)
  return {
    script: { sessions: Object.fromEntries(played), ...(answers.length > 0 && { replies: answers }), ...(commands.length > 0 && { commands }) },
    inputs: { ...inputsOf(net), ...witness.inputs },
  }
}

/** Inputs that every run needs. */
const inputsOf = (net: Net): ScenarioScript["inputs"] =>
  Object.fromEntries(
    net.ir.inputs.flatMap(({ name, type, default: given }) => {
      const value = given === undefined && type.kind !== "maybe" ? answerOf(type) : undefined
      return value === undefined ? [] : [[name, value] as const]
    }),
  )

/** Any execution, for what happens in every one of them: agents say what fits, and whoever is asked agrees, as often as that comes. */
export const anyScript = (net: Net): ScenarioScript => {
  const sessions = net.ir.sessions.flatMap((session) => {
    const said = saidBy(session, {}, net.subtasks.get(session.id))
    return Object.keys(said).length === 0 ? [] : [[session.id, [{ ...said, again: true }]] as const]
  })
  const opens = net.rules.flatMap(({ targets }) => [...targets])
  const approval = { when: { kind: "gate" }, after: duration(1000), reply: replyTo("approved") }
  const replies: ReadonlyArray<Json> = [...(opens.some((place) => place.startsWith("gate ")) ? [approval] : []), ...selections(net, 1000)]
  return { script: { sessions: Object.fromEntries(sessions), ...(replies.length > 0 && { replies }) }, inputs: inputsOf(net) }
}

/** `dealt`: among how many sessions its subtasks are dealt out. */
const saidBy = (session: Session | undefined, said: Said = {}, dealt: number | undefined): { readonly [key: string]: Json } => {
  const { text, cost, tokens, subtasks = dealt } = said
  const output = said.output ?? answerOf(session?.output?.type)
  const parts = Array.from({ length: subtasks ?? 0 }, (_, at) => `part ${at + 1}`)
  const block = subtasks === undefined ? "" : `\n\`\`\`fleet-subtasks\n${JSON.stringify(parts)}\n\`\`\`\n`
  return {
    ...((text !== undefined || block !== "") && { text: `${text ?? ""}${block}` }),
    ...(output !== undefined && { output }),
    ...(cost !== undefined && { cost_usd: cost }),
    ...(tokens !== undefined && { tokens }),
  }
}

/** Whoever is asked to select somebody takes the first. */
const selections = (net: Net, afterMs: number): ReadonlyArray<Json> => {
  const asked = new Map(net.rules.map(({ rule }) => selectedBy(rule)).map((from) => [from.join(), from]))
  asked.delete("")
  return [...asked.values()].map((from) => {
    const [first = ""] = from
    // of instances nobody knows the numbers
    const isKnown = asked.size > 1 && !from.some((id) => net.fanned.has(id))
    const when = { kind: "selection", ...(isKnown && { detail: { candidates: from } }) }
    return { when, after: duration(afterMs), reply: net.fanned.has(first) ? `${first}[0]` : first }
  })
}
