/**
 * Sessions that nothing can activate any more (language.md 3): found after a failure, a cancellation or a skip, over the rules that
 * may still fire. The run does the same, so that what is skipped here is what is skipped there.
 */
import { possible } from "../../ir/join.ts"
import type { EventPattern } from "../../ir/model.ts"
import { isCompensated, placeOf } from "./net.ts"
import { joinOf, withEntry, type Game, type State } from "./state.ts"

const neverActivated = (state: State, place: string): boolean => !state.live.has(place) && !state.status.has(place)

const canOccur = (game: Game, state: State, event: EventPattern, future: ReadonlySet<string>): boolean => {
  if (event.source === "fleet") return false
  if (event.source === "budget" || event.source === "every") return true
  if (isCompensated(event)) return game.net.undoable.has(event.session)
  if (event.source === "idle") return future.has(event.session)
  if (event.source === "session" && (event.event === "skipped" || event.event === "settled") && neverActivated(state, event.session)) return true
  return future.has(placeOf(event) ?? "")
}

/** Places that may yet be live. */
const futureOf = (game: Game, state: State): ReadonlySet<string> => {
  const { undoing } = game.net
  const undoerOf = (session: string): ReadonlyArray<string> => [undoing.by.get(session) ?? []].flat()
  const future = new Set([...state.live.keys(), ...state.undo.queue.flatMap(undoerOf)])
  const inTime = new Set(game.cone.rules)
  const late = new Set([...inTime].filter(({ rule }) => rule.within !== undefined))
  for (let grew = true; grew;) {
    grew = false
    for (const rule of game.cone.rules) {
      const comes = (leaf: number): boolean => rule.leaves.some((each) => each.leaf === leaf && canOccur(game, state, each.event, future))
      if (inTime.has(rule) && possible(rule.join, joinOf(state, rule), comes)) {
        grew = inTime.delete(rule)
        for (const target of [...rule.targetsInTime, ...[...rule.undoes].flatMap(undoerOf)]) future.add(target)
      }
      if (late.has(rule) && (!state.spent.has(`within ${rule.id}`) || rule.leaves.some(({ leaf }) => comes(leaf)))) {
        grew = late.delete(rule)
        for (const target of [...rule.targetsLate, ...[...rule.undoes].flatMap(undoerOf)]) future.add(target)
      }
    }
  }
  return future
}

/** Whether a rule that sends to it waits for something that failed, was cancelled or was skipped. */
const isBroken = (game: Game, state: State, place: string, seen: ReadonlySet<string>): boolean =>
  (game.net.activators.get(place) ?? []).some((rule) =>
    rule.leaves.some(({ event, fanned }) => {
      if (event.source !== "session") return false
      const { session } = event
      if (state.status.get(session) === "gone" && !state.live.has(session)) return true
      return fanned && neverActivated(state, session) && !seen.has(session) && isBroken(game, state, session, new Set([...seen, session]))
    }),
  )

/** The sessions to skip now, in the order in which they are declared, and how all sessions have ended then. */
export const skipsOf = (game: Game, state: State): { readonly skipped: ReadonlyArray<string>; readonly status: State["status"] } => {
  const { net } = game
  const pending = net.ir.sessions.filter(
    ({ id }) => game.cone.places.has(id) && neverActivated(state, id) && net.activators.has(id) && !net.compensators.has(id) && !game.cone.given.has(id),
  )
  if (pending.length === 0) return { skipped: [], status: state.status }
  const future = futureOf(game, state)
  const skipped: Array<string> = []
  let { status } = state
  for (const { id } of pending)
    if (!future.has(id) && isBroken(game, { ...state, status }, id, new Set())) {
      status = withEntry(status, id, "gone" as const)
      skipped.push(id)
    }
  return { skipped, status }
}
