/** Laws about time, which is virtual here and therefore exact: what is due happens at once, and nothing happens before it is due. */
import assert from "node:assert/strict"
import type { FleetEvent, Step } from "../../runtime/machine/index.ts"
import { initialState, step } from "../../runtime/machine/index.ts"
import type { Fact } from "../../runtime/machine/protocol.ts"
import type { Observed } from "./observe.ts"
import type { Written } from "./watch-journal.ts"

const soonMs = 100
const noticedMs = 1000
/** What an agent gets to stop by itself, and the same again for its driver. */
const closeMs = 10_000

/** Calls back for every record with what the machine made of it. */
const fold = ({ ir, records, written }: Observed, each: (at: number, fact: Fact, next: Step, when: Written, before: Step["state"]) => void): void => {
  let state = initialState(ir)
  records.forEach(({ fact }, at) => {
    const next = step(ir, state, fact)
    each(at, fact, next, written[at] ?? { life: 0, ms: 0 }, state)
    state = next.state
  })
}

const clockIsSet = ({ outside: { faults } }: Observed): boolean => (faults?.clock ?? []).length > 0

/** Deadlines, delays, retries, expiries: never before their time, and at once when it has come, unless nobody runs the fleet then. */
export const timersAreOnTime = (observed: Observed): void => {
  if (clockIsSet(observed)) return
  const armed = new Map<string, { readonly due: number; readonly life: number }>()
  fold(observed, (record, fact, { commands }, { life }) => {
    if (fact.type === "timer.fired") {
      const { due } = armed.get(fact.timer) ?? { due: fact.at }
      assert.ok(fact.at >= due, `record ${record}: timer ${fact.timer} is ${due - fact.at} ms early`)
      armed.delete(fact.timer)
    }
    for (const command of commands) {
      if (command.type === "timer.set") armed.set(command.timer, { due: Math.max(command.at, fact.at), life })
      else if (command.type === "timer.clear") armed.delete(command.timer)
    }
    for (const [timer, set] of armed)
      if (set.life === life) assert.ok(fact.at <= set.due + soonMs, `record ${record}: timer ${timer} was due ${fact.at - set.due} ms ago`)
  })
}

type Terminal = Extract<FleetEvent, { readonly type: "turn.done" | "turn.failed" | "turn.cancelled" }>
const isTerminal = (event: FleetEvent): event is Terminal => event.type === "turn.done" || event.type === "turn.failed" || event.type === "turn.cancelled"

interface Turn {
  readonly session: string
  readonly turn: number
  readonly attempt: number
  readonly from: Written
  readonly to: Written | undefined
  readonly asked: boolean
}

const turnsOf = ({ records, written }: Observed): ReadonlyArray<Turn> => {
  const turns: Array<Turn> = []
  const open = new Map<string, Omit<Turn, "to">>()
  records.forEach(({ events }, record) => {
    const when = written[record] ?? { life: 0, ms: 0 }
    for (const event of events) {
      if (event.type === "turn.started") open.set(event.session, { ...event, from: when, asked: false })
      if (event.type === "request.opened" && event.session !== undefined) {
        const turn = open.get(event.session)
        if (turn !== undefined) open.set(event.session, { ...turn, asked: true })
      }
      if (!isTerminal(event)) continue
      const turn = open.get(event.session)
      if (turn !== undefined) turns.push({ ...turn, to: when })
      open.delete(event.session)
    }
  })
  return [...turns, ...[...open.values()].map((turn) => ({ ...turn, to: undefined }))]
}

/** The process lived to its natural end. */
const livedOn = ({ outside: { faults } }: Observed, life: number): boolean => faults?.ends?.[life - 1] === undefined

/** Policies may look at what a dead driver leaves, and take their time. */
const policiesHang = ({ outside: { faults } }: Observed): boolean => (faults?.policies ?? []).some(({ fault }) => fault === "hangs")

export const endsOfTurns = (observed: Observed): void => {
  const turns = turnsOf(observed)
  const limits = new Map(observed.ir.sessions.map(({ id, timeoutMs }) => [id, timeoutMs]))
  for (const { session, turn, from, to, asked } of turns) {
    const limit = limits.get(session.replace(/\[.*/, ""))
    if (limit === undefined || asked || !livedOn(observed, from.life) || clockIsSet(observed)) continue
    const last = to ?? observed.written.at(-1)
    assert.ok(last !== undefined && last.ms <= from.ms + limit + soonMs, `turn ${turn} of ${session} takes longer than ${limit} ms`)
  }
  if (policiesHang(observed)) return
  // one that falls silent by a fault of the script is there still
  const mute = new Set((observed.outside.faults?.drivers ?? []).flatMap(({ session, fault }) => (fault === "silent" || fault === "garbage" ? [session] : [])))
  for (const { session, life, ms } of observed.silent) {
    if (!livedOn(observed, life) || mute.has(session)) continue
    const turn = turns.find((one) => one.session === session && one.from.life === life && one.from.ms < ms && (one.to === undefined || one.to.ms > ms))
    if (turn === undefined) continue
    assert.ok(turn.to !== undefined && turn.to.ms <= ms + noticedMs, `turn ${turn.turn} of ${session} goes on without its driver`)
  }
}

/** A session that waits in the queue, or for its service, holds nobody up; one that is tried again has waited as long as was said. */
export const permitsAreUsed = (observed: Observed): void => {
  const { ir, records } = observed
  const due = new Map<string, { readonly attempt: string; readonly at: number }>()
  for (const event of records.flatMap(({ events }) => events)) {
    if (event.type === "session.retrying" && !clockIsSet(observed))
      due.set(event.session, { attempt: `${event.turn}.${event.attempt}`, at: event.at + event.delay_ms })
    // what it is asked after that is no retry
    if (event.type === "session.cancelled") due.delete(event.session)
    if (event.type !== "turn.started") continue
    const retry = due.get(event.session)
    const notBefore = retry?.attempt === `${event.turn}.${event.attempt}` ? retry.at : event.at
    assert.ok(event.at >= notBefore, `event ${event.seq}: ${event.session} is tried again ${notBefore - event.at} ms early`)
  }
  // what has no money left waits, too
  if (ir.budget !== undefined || ir.sessions.some(({ budget }) => budget !== undefined)) return
  fold(observed, (record, _, { state: { phase, paused, sessions, permits } }) => {
    if (phase !== "running" || paused || permits >= ir.limits.parallel) return
    const waits = [...sessions.values()].find(({ status }) => status === "queued")
    assert.equal(waits?.id, undefined, `record ${record}: ${waits?.id} waits although ${ir.limits.parallel - permits} permits are free`)
  })
}

/** Agents that wait for their service by themselves come back without asking; but nobody begins a turn while as many work as may. */
export const parallelIsKept = ({ ir, simulation: { events } }: Observed): void => {
  const works = new Map<string, boolean>()
  for (const event of events) {
    if (event.type === "agent") {
      const waits = event.event.kind === "cap.error" && event.event["code"] === "rate_limit" && event.event["retryable"] === true
      if (works.has(event.session)) works.set(event.session, !waits)
    } else if (isTerminal(event)) works.delete(event.session)
    else if (event.type === "turn.started") {
      works.set(event.session, true)
      const working = [...works.values()].filter((one) => one).length
      assert.ok(working <= ir.limits.parallel, `event ${event.seq}: ${event.session} begins a turn, and ${working} work where ${ir.limits.parallel} may`)
    }
  }
}

export const cancelsAtOnce = (observed: Observed): void => {
  const { outside, records, released, written } = observed
  fold(observed, (record, fact, { events }, _, before) => {
    if (fact.type !== "cancel" || fact.target.kind === "fleet" || before.phase !== "running") return
    const { session: target } = fact.target
    const meant = (id: string): boolean => id === target || id.startsWith(`${target}[`)
    for (const event of events)
      if (event.type === "session.cancelled" && event.reason.code === fact.reason.code && event.reason.detail === fact.reason.detail)
        assert.ok(meant(event.session), `record ${record}: ${event.session} is cancelled, and ${target} was meant`)
    for (const id of before.live.keys()) {
      if (!meant(id) || before.sessions.get(id)?.current === undefined) continue
      const ended = events.some((event) => event.type === "session.cancelled" && event.session === id)
      assert.ok(ended, `record ${record}: ${id} is not cancelled at once`)
    }
  })
  const last = records.findIndex(({ events }) => events.at(-1)?.type === "run.ended")
  const end = written[last]
  if (end === undefined) return
  const gone = released.find(({ life }) => life === end.life)
  const stays = outside.faults?.drivers?.some(({ fault }) => fault === "stays") === true
  if (gone !== undefined) assert.ok(gone.ms <= end.ms + soonMs + (stays ? closeMs : 0), `what the run held is there for ${gone.ms - end.ms} ms after its end`)
}

/** What is accepted is done once; whoever asks while the run lasts gets an answer. */
export const commandsAreAnswered = ({ commanded, records, written }: Observed): void => {
  if (commanded.length === 0) return
  const end = written[records.findIndex(({ events }) => events.at(-1)?.type === "run.ended")]?.ms ?? Infinity
  for (const { command, ms, answer } of commanded)
    if (answer === undefined) assert.ok(ms >= end - soonMs * 3, `nobody answers ${command.type}, which was asked ${end - ms} ms before the end`)
  for (const type of ["user.sent", "select", "breakpoint", "pause", "cancel"]) {
    const accepted = commanded.filter(({ command, answer }) => command.type === type && answer !== undefined && answer.rejection === undefined)
    const done = records.filter(({ fact }) => fact.type === type && !(fact.type === "cancel" && fact.reason.code === "shutdown"))
    assert.equal(done.length, accepted.length, `${accepted.length} ${type} were accepted, ${done.length} are in the journal`)
  }
}

export const snapshotsAreTrue = ({ folds: [kept, whole] }: Observed): void => assert.equal(kept, whole, "the state over a snapshot is that of all facts")
