/** What rules have undone (runtime.md 4, Compensation): one session after the other, each by the one that compensates it. */
import { activate, putToken, type Draft } from "./play.ts"
import { isCompensated, type Net } from "./net.ts"
import type { Game } from "./state.ts"

/** `undo X`: in vain where X has not been done since it was undone. */
export const requestUndo = ({ net }: { readonly net: Net }, draft: Draft, session: string): void => {
  const { able, queue, current } = draft.undo
  if (!net.undoing.by.has(session) || !able.includes(session) || queue.includes(session) || session === current) return
  draft.undo = { ...draft.undo, queue: [...queue, session] }
}

/** The next that is undone, when nothing is; one that works again is undone when it has settled. Says whether it was begun. */
export const undoNext = (game: Game, draft: Draft): boolean => {
  const { able, queue, current } = draft.undo
  const [session, ...rest] = queue
  const by = game.net.undoing.by.get(session ?? "")
  if (current !== undefined || session === undefined || by === undefined || draft.live.has(session)) return false
  draft.undo = { able: able.filter((each) => each !== session), queue: rest, current: session }
  activate(game, draft, by, "", 1, session)
  return true
}

/** What was undone is told; says whether something was. */
export const bookUndone = (game: Game, draft: Draft): boolean => {
  const over = draft.undone.shift()
  if (over === undefined) return false
  const { current: _over, ...rest } = draft.undo
  draft.undo = rest
  if (over.worked)
    for (const rule of game.listeners.get(over.session) ?? [])
      for (const leaf of rule.leaves) if (isCompensated(leaf.event) && leaf.event.session === over.session) putToken(draft, rule, leaf)
  return true
}
