/** Permits, drivers and turns coming up: from `queued` to `working`. */
import type { Session } from "#ir"
import type { Fact, Source } from "./protocol.ts"
import { dropFirst, firstReady } from "./ready-queue.ts"
import { outputContract } from "./outputs.ts"
import { enqueue } from "./activations.ts"
import { takeMail, tellBrought } from "./agent-messages.ts"
import { hitBreakpoint } from "./breakpoints.ts"
import { overBudget, tellShares, turnBudget } from "./budgets.ts"
import { closeDriver, freePermit } from "./drivers.ts"
import { hasRoom, reserve } from "./ledger.ts"
import { occurSession } from "./occurrence.ts"
import { holdsPrompt } from "./policy-asks.ts"
import { setTimer } from "./timers.ts"
import { nothingSpent, type Current, type SessionState } from "./state.ts"
import type { Transition } from "./transition.ts"

/** Starts one thing that waits: a turn that a pause held back, else, when a permit is free, the session that is first in line. Says whether it did. */
export const startNext = (step: Transition): boolean => {
  const state = step.now
  if (state.phase === "new" || state.phase === "ended" || state.paused) return false
  const held = state.held.first()
  if (held !== undefined) {
    state.held = state.held.shift()
    if (step.session(held)?.permit === true) start(step, held)
    return true
  }
  return grantPermit(step)
}

const grantPermit = (step: Transition): boolean => {
  const state = step.now
  for (let entry = firstReady(state.ready); entry !== undefined; entry = firstReady(state.ready)) {
    const session = step.session(entry.session)
    const valid = session !== undefined && session.status === "queued" && session.ticket === entry.ticket
    if (valid && (state.permits >= step.ir.limits.parallel || !hasRoom(step, session))) return false
    state.ready = dropFirst(state.ready)
    if (!valid) continue
    if (hitBreakpoint(step, session)) return true
    state.permits += 1
    step.put({ ...session, permit: true })
    reserve(step, entry.session)
    start(step, entry.session)
    return true
  }
  return false
}

/** Brings the session's driver up if need be, then starts the turn that is due. */
export const start = (step: Transition, id: string): void => {
  const session = step.session(id)
  const declared = step.plan.sessions.get(session?.declared ?? "")
  const current = session?.current
  if (session === undefined || declared === undefined || current === undefined) return
  const fresh = current.activation.fresh || declared.context === "fresh"
  const goesOn = !fresh || current.announced
  if (session.driver === "open" && goesOn) {
    if (session.stopping === undefined) startTurn(step, id)
    else step.change(id, { status: "starting" })
    return
  }
  if (session.driver === "open") closeDriver(step, id, "keep")
  const keepsTalk = session.resume !== undefined && goesOn
  if (!keepsTalk) forgetTalk(step, id)
  step.change(id, { status: "starting", driver: "opening" })
  step.command({
    type: "session.open",
    session: id,
    declared: declared.id,
    from: sourceOf(step, declared, current),
    ...(keepsTalk && session.resume !== undefined ? { resume: session.resume } : {}),
  })
}

/** Whose work the workspace of an activation holds: it starts from the first and takes in the others, or all when it is there already. */
const sourcesOf = (step: Transition, { from }: Session, { activation }: Current): ReadonlyArray<string> => {
  if (from.kind === "trigger") return activation.sourceBranches ?? []
  const branch = from.kind === "session" ? step.session(from.session)?.branch : undefined
  return branch === undefined ? [] : [branch]
}

const sourceOf = (step: Transition, declared: Session, current: Current): Source => {
  const [branch] = sourcesOf(step, declared, current)
  return branch === undefined ? { kind: "base" } : { kind: "branch", branch }
}

/** A new conversation counts from nothing, and the old one's name is not its. */
const forgetTalk = (step: Transition, id: string): void => {
  const session = step.session(id)
  if (session === undefined) return
  step.put({ ...session, resume: undefined, seen: nothingSpent })
}

export const onOpened = (step: Transition, fact: Extract<Fact, { type: "session.opened" }>): void => {
  const session = step.session(fact.session)
  // one that is still to be heard the end of came up while it was told to go
  if (session?.current === undefined || session.driver !== "opening" || session.closing > 0) return
  const branch = fact.workspace?.branch
  step.put({
    ...session,
    driver: "open",
    takesMessages: fact.takesMessages ?? true,
    cancelsTurns: fact.cancelsTurns ?? true,
    resume: fact.resume ?? session.resume,
    branch: branch ?? session.branch,
    current: { ...session.current, announced: true },
  })
  if (!session.current.announced) {
    step.emit({ type: "session.started", session: session.id, ...(fact.workspace === undefined ? {} : { workspace: fact.workspace }) })
    occurSession(step, session.id, "started", {})
  }
  step.emit({ type: "session.ready", session: session.id })
  startTurn(step, session.id)
}

/** A name that a driver gave which was closed since is no longer its session's. */
export const onHandle = (step: Transition, fact: Extract<Fact, { type: "session.handle" }>): void => {
  if (step.session(fact.session)?.driver === "open") step.change(fact.session, { resume: fact.resume })
}

/** Starts the next attempt of the turn that is due; in a paused run once that goes on. */
export const startTurn = (step: Transition, id: string): void => {
  if (!step.now.paused) takeMail(step, id)
  const session = step.session(id)
  const declared = step.plan.sessions.get(session?.declared ?? "")
  if (session?.current === undefined || declared === undefined) return
  const { current } = session
  if (step.now.paused) {
    step.now.held = step.now.held.push(id)
    return step.change(id, { status: "starting" })
  }
  if (yields(step, session)) return
  if (holdsPrompt(step, id)) return
  const isNew = current.attempt === 0
  if (overBudget(step, id, isNew ? "new" : "again")) return
  reserve(step, id)
  const attempt = current.attempt + 1
  const going = step.session(id)?.current ?? current
  const changed: SessionState = {
    ...session,
    status: "working",
    begunAt: session.begunAt ?? step.at,
    turns: isNew ? session.turns + 1 : session.turns,
    attempts: session.attempts + 1,
    current: {
      ...going,
      turn: isNew ? session.turns + 1 : current.turn,
      attempt,
      open: true,
      text: "",
      line: "",
      lastSeen: step.at,
      idled: [],
      timers: [],
      parked: undefined,
      given: session.takesMessages ? going.owed : [],
      owed: [],
      later: session.takesMessages ? going.later : [...going.owed, ...going.later],
    },
  }
  const turn = isNew ? session.turns + 1 : current.turn
  step.put(changed)
  if (isNew) {
    step.now.turns += 1
    tellShares(step)
  }
  const { rule, from } = turnCause(current)
  step.emit({ type: "turn.started", session: id, turn, attempt, rule, from, prompt: current.prompt })
  tellBrought(step, id)
  const sources = sourcesOf(step, declared, current)
  const splits = step.plan.asksSubtasks.has(declared.id)
  const contract = outputContract(declared, splits)
  const outputSchema = splits ? undefined : declared.output?.schema
  const budget = turnBudget(step, changed)
  step.command({
    type: "turn.start",
    session: id,
    turn,
    attempt,
    prompt: current.prompt,
    ...(isNew && current.position === 0 && !current.askedAgain && sources.length > 0 ? { takeIn: sources } : {}),
    ...(contract === undefined ? {} : { instructions: contract }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(budget === undefined ? {} : { budget }),
    idempotencyKey: `${step.now.run}/${id}/${turn}`,
  })
  for (const text of changed.current?.given ?? []) step.command({ type: "session.message", session: id, text })
  armTurn(step, id, turn)
}

/** An agent that waited for its service has come back without asking: while more work than may, nobody begins another turn, and who would gets into line. */
const yields = (step: Transition, { id, permit }: SessionState): boolean => {
  if (!permit || step.now.permits <= step.ir.limits.parallel) return false
  freePermit(step, id)
  enqueue(step, id)
  return true
}

/** Why a turn runs: a rule, a person, or what other agents said. */
const turnCause = ({ heard, byUser, activation }: Current): { readonly rule: string; readonly from: ReadonlyArray<string> } => {
  if (heard.length > 0) return { rule: "message", from: heard }
  return byUser ? { rule: "user", from: [] } : activation
}

const armTurn = (step: Transition, id: string, turn: number): void => {
  const session = step.session(id)
  const declared = step.plan.sessions.get(session?.declared ?? "")
  if (session === undefined || declared === undefined) return
  const timers: Array<string> = []
  if (declared.timeoutMs !== undefined) timers.push(setTimer(step, step.at + declared.timeoutMs, { kind: "timeout", session: id, turn }))
  if (declared.idleTimeoutMs !== undefined) timers.push(setTimer(step, step.at + declared.idleTimeoutMs, { kind: "idle", session: id, turn }))
  for (const ms of step.plan.idleSpells.get(declared.id) ?? []) timers.push(setTimer(step, step.at + ms, { kind: "spell", session: id, turn, ms }))
  const wall = declared.budget?.wallMs
  if (wall !== undefined && session.turns === 1 && session.current?.attempt === 1) setTimer(step, step.at + wall, { kind: "sessionWall", session: id })
  if (timers.length > 0 && session.current !== undefined) step.put({ ...session, current: { ...session.current, timers } })
}
