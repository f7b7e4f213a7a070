/** Plays a fleet on the machine: somebody says which of the live sessions ends next, and how. */
import type { Ir, Json } from "#ir"
import type { Fact, FleetEvent, State } from "../../../runtime/machine/index.ts"
import { initialState, step } from "../../../runtime/machine/index.ts"
import { runnable } from "./simulated.ts"

export interface Replayed {
  readonly events: ReadonlyArray<FleetEvent>
  readonly state: State
}

export interface Choice {
  readonly session: string
  readonly output?: Json
  /** Otherwise it is done. */
  readonly ends?: "failed" | "cancelled"
}

/** Ms from one move to the next. */
const pace = 10

/** `choose` says which of the live sessions ends next, and how; one of those that are starting starts. Undefined: enough. */
export const playBy = (ir: Ir, choose: (live: ReadonlyArray<string>, opening: ReadonlyArray<string>) => Choice | undefined): Replayed => {
  const events: Array<FleetEvent> = []
  const live = new Map<string, { readonly turn: number; readonly attempt: number }>()
  const opening = new Set<string>()
  /** Sessions with a driver, up or coming up. */
  const driven = new Set<string>()
  const wide = runnable(ir)
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
  }
  tell({ type: "run.begun", at: 0, run: "run", inputs: {} })
  for (let moves = 0; moves < 300 && live.size + opening.size > 0; moves++) {
    const chosen = choose([...live.keys()], [...opening])
    if (chosen === undefined) break
    const { session, output, ends } = chosen
    now += pace
    if (ends === "cancelled") {
      tell({ type: "cancel", at: now, target: { kind: "session", session }, reason: { code: "user" } })
      continue
    }
    if (opening.delete(session)) {
      tell({ type: "session.opened", at: now, session })
      continue
    }
    const turn = live.get(session)
    if (turn === undefined) throw new Error(`${session} is not live`)
    live.delete(session)
    tell({
      type: "turn.ended",
      at: now,
      session,
      turn: turn.turn,
      attempt: turn.attempt,
      text: "",
      end: ends === "failed" ? { error: { kind: "driver_error", message: "it broke" } } : { stop: "end_turn" },
      ...(output !== undefined && ends === undefined && { output }),
    })
  }
  return { events, state }
}
