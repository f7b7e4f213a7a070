/** Plays a fleet on the machine: what happens is a list of moves, each ending one activation, in the order of the list. */
import { leavesOf, type Ir, type Json } from "#ir"
import type { Fact, FleetEvent, State } from "../../../runtime/machine/index.ts"
import { initialState, step } from "../../../runtime/machine/index.ts"
import type { Move } from "../../../compiler/check/soundness/facts.ts"

export interface Turn {
  readonly after: number
  readonly output?: Json
  readonly fail?: { readonly kind: "driver_error"; readonly message: string }
}

export interface Replayed {
  readonly events: ReadonlyArray<FleetEvent>
  readonly state: State
  /** The same as a script: by session, how long each turn takes and what it answers. */
  readonly script: { readonly [session: string]: ReadonlyArray<Turn> }
  /** False when a move was of a session that was not live, or when nothing was live any more before the last move. */
  readonly followed: boolean
}

/** A turn that is cancelled: it would have taken longer than anything here. */
const cutShort: Turn = { after: 1_000_000 }

/** Ms from one move to the next: drivers that close with a move are gone, and up again, before the next. */
const pace = 10
/** Ms that a script's driver takes to close; its session comes up again no sooner. */
const closing = 1

interface Live {
  readonly turn: number
  readonly attempt: number
  readonly since: number
}

/** The fleet, routed by its rules alone, with room for every session. */
export const runnable = (ir: Ir): Ir => ({ ...ir, mode: { use: "static", with: {} }, limits: { parallel: 1000 } })

/** `choose` says which of the live sessions ends next, and how; undefined: enough. */
export const playBy = (
  ir: Ir,
  choose: (
    live: ReadonlyArray<string>,
    opening: ReadonlyArray<string>,
  ) => { readonly session: string; readonly output?: Json; readonly fails?: boolean } | undefined,
): Replayed => {
  const events: Array<FleetEvent> = []
  const live = new Map<string, Live>()
  const opening = new Set<string>()
  /** Sessions with a driver, up or coming up. */
  const driven = new Set<string>()
  /** When the last driver of a session was gone. */
  const gone = new Map<string, number>()
  const script = new Map<string, Array<Turn>>()
  const wide = runnable(ir)
  let state = initialState(wide)
  let now = 0
  let followed = true
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
        gone.set(command.session, now + closing)
        closed.push(command.session)
      } else if (command.type === "turn.start")
        live.set(command.session, { turn: command.turn, attempt: command.attempt, since: Math.max(now, gone.get(command.session) ?? now) })
      else if (command.type === "turn.cancel" && live.delete(command.session)) script.set(command.session, [...(script.get(command.session) ?? []), cutShort])
    }
    // until its end is told, a session that was closed does not come up again
    for (const session of closed) tell({ type: "session.closed", at: now, session })
  }
  tell({ type: "run.begun", at: 0, run: "run", inputs: {} })
  for (let moves = 0; moves < 300 && live.size + opening.size > 0; moves++) {
    const chosen = choose([...live.keys()], [...opening])
    if (chosen === undefined) break
    const { session, output, fails = false } = chosen
    if (opening.delete(session)) {
      tell({ type: "session.opened", at: now, session })
      continue
    }
    now += pace
    const turn = live.get(session)
    if (turn === undefined) {
      followed = false
      break
    }
    live.delete(session)
    const error = { kind: "driver_error", message: "it broke" } as const
    script.set(session, [...(script.get(session) ?? []), { after: now - turn.since, ...(fails ? { fail: error } : output !== undefined && { output }) }])
    tell({
      type: "turn.ended",
      at: now,
      session,
      turn: turn.turn,
      attempt: turn.attempt,
      text: "",
      end: fails ? { error } : { stop: "end_turn" },
      ...(output !== undefined && { output }),
    })
  }
  return { events, state, script: Object.fromEntries(script), followed }
}

/** Follows a scenario, then lets what else is live end; what no guard asks of an output is `fallback`. */
export const replay = (ir: Ir, moves: ReadonlyArray<Move>, fallback: { readonly [field: string]: Json }): Replayed => {
  /** What guards ask of an output until the session moves again, else later: a token that is held carries the output it came with. */
  const outputAt = (from: number): Json => {
    const place = moves[from]?.place ?? ""
    const next = moves.findIndex((move, index) => index > from && move.place === place)
    const asked = (to: number | undefined) =>
      moves
        .slice(from, to)
        .flatMap(({ answers }) => answers)
        .filter(([key]) => key.startsWith(`s:${place}.`))
        .map(([key, value]) => [key.slice(`s:${place}.`.length), value] as const)
    return { ...fallback, ...Object.fromEntries(asked(undefined).toReversed()), ...Object.fromEntries(asked(next < 0 ? undefined : next)) }
  }
  const heard = new Set(
    ir.rules
      .flatMap(({ join }) => leavesOf(join))
      .flatMap((leaf) => (leaf?.event.source === "session" && leaf.event.event === "started" ? [leaf.event.session] : [])),
  )
  let at = 0
  const played = playBy(ir, ([first], opening) => {
    const move = moves[at]
    // an agent whose start nobody hears starts at once
    const early = opening.find((session) => move === undefined || !heard.has(session) || (move.place === session && move.event !== "started"))
    if (early !== undefined) return { session: early }
    at += 1
    if (move !== undefined)
      return move.event === "started" ? { session: move.place } : { session: move.place, output: outputAt(at - 1), fails: move.event.startsWith("failed") }
    return first === undefined ? undefined : { session: first, output: fallback }
  })
  return { ...played, followed: played.followed && at >= moves.length }
}
