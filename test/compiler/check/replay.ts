/** Plays a fleet on the machine: somebody says which of the live sessions ends next, and how, what people answer, and whose time is up. */
import type { Ir, Json } from "#ir"
import type { Fact, FleetEvent, State } from "../../../runtime/machine/index.ts"
import { initialState, step } from "../../../runtime/machine/index.ts"
import { runnable } from "./simulated.ts"

export interface Replayed {
  readonly events: ReadonlyArray<FleetEvent>
  readonly state: State
}

/** A session ends, done unless something else is said, or one that is starting starts; somebody answers a request; a timer fires. */
export type Choice =
  | { readonly session: string; readonly output?: Json; readonly text?: string; readonly ends?: "failed" | "cancelled" }
  | { readonly request: string; readonly reply: Json }
  | { readonly timer: string }

/** What is not a session's to do: each is one thing that may happen. */
export type Outside = ReadonlyArray<Exclude<Choice, { readonly session: string }>>

/** Ms from one move to the next. */
const pace = 10

interface Room {
  /** Sessions at work at once; without, as many as there are. */
  readonly parallel?: number
}

/** `choose` says what happens next; undefined: enough. */
export const playBy = (
  ir: Ir,
  choose: (live: ReadonlyArray<string>, opening: ReadonlyArray<string>, outside: Outside) => Choice | undefined,
  { parallel }: Room = {},
): Replayed => {
  const events: Array<FleetEvent> = []
  const live = new Map<string, { readonly turn: number; readonly attempt: number }>()
  const opening = new Set<string>()
  /** Sessions with a driver, up or coming up. */
  const driven = new Set<string>()
  const wide = parallel === undefined ? runnable(ir) : { ...runnable(ir), limits: { parallel } }
  let state = initialState(wide)
  let now = 0
  const tell = (fact: Fact): void => {
    const result = step(wide, state, fact)
    state = result.state
    events.push(...result.events)
    const closed: Array<string> = []
    for (const command of result.commands) {
      if (command.type === "session.open") {
        opening.add(command.session)
        driven.add(command.session)
      } else if (command.type === "session.close" && driven.delete(command.session)) {
        opening.delete(command.session)
        closed.push(command.session)
      } else if (command.type === "turn.start") live.set(command.session, { turn: command.turn, attempt: command.attempt })
      else if (command.type === "turn.cancel") live.delete(command.session)
    }
    // until its end is told, a session that was closed does not come up again
    for (const session of closed) tell({ type: "session.closed", at: now, session })
    // people let a run go on that a rule has paused
    if (state.paused && state.phase === "running") tell({ type: "resume", at: now })
  }
  const act = (chosen: Choice): void => {
    if ("request" in chosen) return tell({ type: "reply", at: now, request: chosen.request, value: chosen.reply, by: "test" })
    if ("timer" in chosen) {
      now = Math.max(now, state.timers.get(chosen.timer)?.at ?? now)
      return tell({ type: "timer.fired", at: now, timer: chosen.timer })
    }
    const { session, output, text = "", ends } = chosen
    if (ends === "cancelled") return tell({ type: "cancel", at: now, target: { kind: "session", session }, reason: { code: "user" } })
    if (opening.delete(session)) return tell({ type: "session.opened", at: now, session })
    const turn = live.get(session)
    if (turn === undefined) throw new Error(`${session} is not live`)
    live.delete(session)
    tell({
      type: "turn.ended",
      at: now,
      session,
      turn: turn.turn,
      attempt: turn.attempt,
      text,
      end: ends === "failed" ? { error: { kind: "driver_error", message: "it broke" } } : { stop: "end_turn" },
      ...(output !== undefined && ends === undefined && { output }),
    })
  }
  tell({ type: "run.begun", at: 0, run: "run", inputs: {} })
  for (let moves = 0; moves < 300 && state.phase !== "ended"; moves++) {
    const outside = state.phase === "running" ? outsideOf(state) : []
    if (live.size + opening.size + outside.length === 0) break
    const chosen = choose([...live.keys()], [...opening], outside)
    if (chosen === undefined) break
    now += pace
    act(chosen)
  }
  return { events, state }
}

const outsideOf = ({ requests, runRequests, timers }: State): Outside => [
  ...[...runRequests.keys()].flatMap((id) => {
    const { kind, candidates = [], timer } = requests.get(id) ?? {}
    if (kind === "selection") return candidates.map((reply) => ({ request: id, reply }))
    return kind === "gate" ? ["approve", "reject", ...(timer === undefined ? [] : ["expire"])].map((reply) => ({ request: id, reply })) : []
  }),
  ...[...timers].flatMap(([timer, { purpose }]) => (["within", "deliver", "fan"].includes(purpose.kind) ? [{ timer }] : [])),
]
