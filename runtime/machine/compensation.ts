/** Sagas (runtime.md 4): finished sessions that declare `compensate` are undone in reverse order of finishing, once, one after the other. */
import { activate } from "./activations.ts"
import { occurSession } from "./occurrence.ts"
import type { Transition } from "./transition.ts"

/** `undo X`: X, or each of its instances, the last to finish first. */
export const requestUndo = (step: Transition, declared: string): void => queueUndo(step, (id) => step.session(id)?.declared === declared)

/** Whether something would be undone if the run failed now. */
export const hasToUndo = (step: Transition): boolean => step.now.finished.some((id) => step.session(id)?.undone === false)

export const undoAll = (step: Transition): void => queueUndo(step, () => true)

const queueUndo = (step: Transition, wanted: (id: string) => boolean): void => {
  const { compensation } = step.now
  const known = new Set([...compensation.queue, compensation.current])
  const ids = [...new Set([...step.now.finished].reverse())].filter((id) => wanted(id) && !known.has(id) && step.session(id)?.undone === false)
  step.now.compensation = { ...compensation, queue: compensation.queue.concat(ids) }
}

/** What was to be undone and will not be, since the run was cancelled first. */
export const giveUpUndoing = (step: Transition): void => {
  const { compensation } = step.now
  if (compensation.queue.isEmpty()) return
  step.now.compensation = { ...compensation, queue: compensation.queue.clear(), needsReview: true }
  for (const id of compensation.queue) {
    step.change(id, { status: "needs_review" })
    step.emit({ type: "session.needs_review", session: id, reason: "the run was cancelled before this was undone" })
  }
}

/** Starts the next undoing when none is under way; says whether it did. */
export const undoNext = (step: Transition): boolean => {
  const { compensation } = step.now
  const id = compensation.queue.first()
  const session = step.session(id ?? "")
  // one that works again is undone when it has settled
  if (compensation.current !== undefined || id === undefined || session?.current !== undefined) return false
  step.now.compensation = { ...compensation, queue: compensation.queue.shift() }
  const compensator = step.plan.sessions.get(session?.declared ?? "")?.compensate
  if (session === undefined || compensator === undefined || session.undone) return true
  step.now.compensation = { ...step.now.compensation, current: id }
  step.put({ ...session, status: "compensating", undone: true })
  step.emit({ type: "session.compensating", session: id })
  const output = `--- output from ${id} ---\n${session.result?.text ?? ""}`
  const prompts = [session.lastPrompt === "" ? output : `${session.lastPrompt}\n\n${output}`]
  activate(step, compensator, {
    prompts,
    rule: "compensate",
    from: [id],
    fresh: false,
    undoes: id,
    ...(session.branch === undefined ? {} : { sourceBranches: [session.branch] }),
  })
  return true
}

/** Books the compensating activations that ended in this step. */
export const bookUndone = (step: Transition): boolean => {
  const over = step.undone.shift()
  if (over === undefined) return false
  const { current: _done, ...rest } = step.now.compensation
  const worked = over.outcome === "done"
  step.now.compensation = { ...rest, needsReview: rest.needsReview || !worked }
  if (step.session(over.session)?.current === undefined) step.change(over.session, { status: worked ? "compensated" : "needs_review" })
  if (worked) {
    step.emit({ type: "session.compensated", session: over.session })
    occurSession(step, over.session, "compensated", {})
  } else
    step.emit({ type: "session.needs_review", session: over.session, reason: `the compensation ${over.outcome === "failed" ? "failed" : "was cancelled"}` })
  return true
}
