/** Plays scripted sessions by folding facts: a virtual clock, no engine. What commands ask for becomes facts in order of time. */
import type { Ir, Json } from "#ir"
import type { AgentEvent, Command, Fact, Failure, FleetEvent, Rejection, State, Step, StopReason, Usage } from "../../../runtime/machine/index.ts"
import { initialState, step } from "../../../runtime/machine/index.ts"

export interface Turn {
  readonly after?: number
  readonly text?: string
  readonly output?: Json
  readonly fail?: Failure
  readonly hang?: boolean
  /** How it stops, when not by its end. */
  readonly stops?: StopReason
  readonly events?: ReadonlyArray<AgentEvent>
  readonly usage?: Usage
  /** The name of the conversation, told with the end. */
  readonly resume?: string
}

export interface Script {
  readonly task?: string
  /** What policies look at; what they are asked about passes as it is, or is `denied`. */
  readonly policed?: ReadonlyArray<"prompt" | "route">
  readonly denied?: string
  readonly sessions?: { readonly [id: string]: ReadonlyArray<Turn> }
  /** What drivers can do. */
  readonly driver?: { readonly takesMessages?: boolean; readonly cancelsTurns?: boolean; /** Says that it cancels and does not. */ readonly deaf?: boolean }
  /** What routing plugins answer, after so many ms. */
  readonly routed?: { readonly after: number; readonly actions: ReadonlyArray<Json> }
  /** Facts from people, at times counted from the start. */
  readonly facts?: ReadonlyArray<{ readonly at: number; readonly fact: (at: number) => Fact }>
}

export interface Played {
  readonly events: ReadonlyArray<FleetEvent>
  readonly commands: ReadonlyArray<Command>
  readonly rejections: ReadonlyArray<Rejection>
  readonly facts: ReadonlyArray<Fact>
  /** What each fact led to. */
  readonly steps: ReadonlyArray<Step>
  readonly state: State
}

interface Due {
  readonly at: number
  readonly order: number
  readonly fact: Fact
  readonly timer?: string
}

export const play = (ir: Ir, script: Script = {}): Played => {
  const events: Array<FleetEvent> = []
  const commands: Array<Command> = []
  const rejections: Array<Rejection> = []
  const facts: Array<Fact> = []
  const steps: Array<Step> = []
  const due: Array<Due> = []
  const cleared = new Set<string>()
  const used = new Map<string, number>()
  const attempts = new Map<string, number>()
  const open = new Set<string>()
  const over = new Map<string, number>()
  let order = 0
  let state = initialState(ir)
  const plan = (fact: Fact, timer?: string): void => {
    order += 1
    const entry: Due = { at: fact.at, order, fact, ...(timer === undefined ? {} : { timer }) }
    let low = 0
    let high = due.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((due[middle]?.at ?? 0) <= entry.at) low = middle + 1
      else high = middle
    }
    due.splice(low, 0, entry)
  }
  const turnOf = (id: string): Turn => {
    const own = script.sessions?.[id]
    const key = own === undefined ? id.replace(/\[.*/, "") : id
    const at = used.get(key) ?? 0
    used.set(key, at + 1)
    const turns = own ?? script.sessions?.[key] ?? []
    return turns[at] ?? (own === undefined && turns.length > 0 && key !== id ? (turns.at(-1) ?? {}) : {})
  }
  const obey = (command: Command, now: number): void => {
    commands.push(command)
    if (command.type === "session.close") {
      if (!open.delete(command.session)) return
      over.set(command.session, now + 1)
      plan({ type: "session.closed", at: now + 1, session: command.session })
    } else if (command.type === "session.open") {
      // a new life waits for the end of the last
      open.add(command.session)
      const at = Math.max(now, over.get(command.session) ?? now)
      plan({
        type: "session.opened",
        at,
        session: command.session,
        workspace: { path: `/${command.session}`, branch: command.session },
        takesMessages: script.driver?.takesMessages ?? true,
        cancelsTurns: script.driver?.cancelsTurns ?? true,
      })
    } else if (command.type === "turn.cancel" && script.driver?.deaf !== true) {
      const { session, turn } = command
      plan({ type: "turn.ended", at: now + 1, session, turn, attempt: attempts.get(`${session} ${turn}`) ?? 1, end: { stop: "cancelled" } })
    } else if (command.type === "route.ask" && script.routed !== undefined)
      plan({ type: "plugin.routed", at: now + script.routed.after, request: command.request, answer: { actions: script.routed.actions } })
    else if (command.type === "policy.ask" && script.policed !== undefined)
      plan({
        type: "policy.answered",
        at: now,
        request: command.request,
        ...(script.denied === undefined ? { payload: command.payload } : { denied: script.denied }),
        ...(command.session === undefined ? {} : { session: command.session }),
      })
    else if (command.type === "timer.set") plan({ type: "timer.fired", at: command.at, timer: command.timer }, command.timer)
    else if (command.type === "timer.clear") cleared.add(command.timer)
    else if (command.type === "turn.start") {
      const { session, turn, attempt } = command
      attempts.set(`${session} ${turn}`, attempt)
      const scripted = turnOf(session)
      const at = now + (scripted.after ?? 1)
      for (const event of scripted.events ?? []) plan({ type: "agent.said", at: now, session, turn, attempt, event })
      if (scripted.hang === true) return
      plan({
        type: "turn.ended",
        at,
        session,
        turn,
        attempt,
        text: scripted.text ?? `${session} says`,
        end: scripted.fail === undefined ? { stop: scripted.stops ?? "end_turn" } : { error: scripted.fail },
        ...(scripted.output === undefined ? {} : { output: scripted.output }),
        ...(scripted.usage === undefined ? {} : { usage: scripted.usage }),
        ...(scripted.resume === undefined ? {} : { resume: scripted.resume }),
      })
    }
  }
  plan({
    type: "run.begun",
    at: 0,
    run: "run",
    inputs: {},
    ...(script.task === undefined ? {} : { task: script.task }),
    ...(script.policed === undefined ? {} : { policed: script.policed }),
  })
  for (const { at, fact } of script.facts ?? []) plan(fact(at))
  for (let next = due.shift(); next !== undefined && facts.length < 200_000; next = due.shift()) {
    if (next.timer !== undefined && cleared.has(next.timer)) continue
    facts.push(next.fact)
    const result = step(ir, state, next.fact)
    state = result.state
    steps.push(result)
    for (const event of result.events) events.push(event)
    if (result.rejection !== undefined) rejections.push(result.rejection)
    for (const command of result.commands) obey(command, next.fact.at)
  }
  return { events, commands, rejections, facts, steps, state }
}

/** Events as one line each: `turn.started coder 1`. */
export const told = (played: Played): ReadonlyArray<string> =>
  played.events.flatMap((event) => {
    switch (event.type) {
      case "agent":
      case "session.queued":
      case "session.ready":
      case "budget.updated":
      case "turn.done":
        return []
      case "turn.started":
        return [`turn.started ${event.session} ${event.turn}.${event.attempt}`]
      case "session.failed":
        return [`session.failed ${event.session} ${event.error.kind}`]
      case "session.skipped":
        return [`session.skipped ${event.session} ${event.reason}`]
      case "route.fired":
        return [`route.fired ${event.rule} ${event.from.join(",")} -> ${event.to.join(",")}`]
      case "run.ended":
        return [`run.ended ${event.status}`]
      default:
        return ["session" in event && event.session !== undefined ? `${event.type} ${event.session}` : event.type]
    }
  })
