/** The laws of the runtime, read off what was observed of one run. Each throws where it is broken. */
import assert from "node:assert/strict"
import { canonicalJson, leavesOf, type Rule } from "#ir"
import type { FleetEvent, State } from "../../runtime/machine/index.ts"
import { initialState, step } from "../../runtime/machine/index.ts"
import { endsOnce, isSound } from "../runtime/machine/lawful.ts"
import type { Observed } from "./observe.ts"
import { commandsAreAnswered, cancelsAtOnce, endsOfTurns, parallelIsKept, permitsAreUsed, snapshotsAreTrue, timersAreOnTime } from "./timing-laws.ts"

type Law = (observed: Observed) => void

const ofType = <T extends FleetEvent["type"]>(events: ReadonlyArray<FleetEvent>, type: T): ReadonlyArray<Extract<FleetEvent, { readonly type: T }>> =>
  events.filter((event): event is Extract<FleetEvent, { readonly type: T }> => event.type === type)

const count = (ids: ReadonlyArray<string>): { readonly [id: string]: number } => {
  const counts: { [id: string]: number } = {}
  for (const id of [...ids].sort()) counts[id] = (counts[id] ?? 0) + 1
  return counts
}

const order: Law = ({ ir, records, simulation: { events } }) => {
  const fired = new Map<string, Set<string>>()
  const seen = new Set<string>()
  for (const event of events) {
    if (event.type === "route.fired") {
      for (const id of event.from) assert.ok(seen.has(id), `event ${event.seq}: ${event.rule} fires for ${id}, of which nothing was heard`)
      for (const id of event.to) fired.set(id, (fired.get(id) ?? new Set()).add(event.rule))
    }
    if (event.type === "turn.started" && /^r\d/.test(event.rule))
      assert.ok(fired.get(event.session)?.has(event.rule), `event ${event.seq}: ${event.session} starts before ${event.rule} fired`)
    if ("session" in event && event.session !== undefined && /^session\.|request\.opened/.test(event.type)) seen.add(event.session)
  }
  const place = new Map(ir.rules.map(({ id }, index) => [id, index]))
  for (const { events: together } of records) {
    // what is news to the rules begins their order anew: other sessions than before, a session that ended more than once, or an event; that a
    // list was empty is news without one. A session that a rule names may be an older half of its join, and end for itself later in the step
    const ends = count(ofType(together, "session.cancelled").map(({ session }) => session))
    const ended = new Set<string>()
    let last = -1
    let news: ReadonlyArray<string> = []
    for (const event of together) {
      if (event.type === "session.done" || event.type === "session.failed" || event.type === "session.cancelled") ended.add(event.session)
      if (event.type !== "route.fired" || event.from.length === 0) last = -1
      else {
        const at = place.get(event.rule) ?? -1
        const endedBesides = (id: string): boolean => ended.has(id) && news.some((other) => other !== id && ended.has(other))
        const isNews = event.from.some((id) => !news.includes(id) || (ends[id] ?? 0) > 1 || endedBesides(id))
        assert.ok(isNews || at >= last, `event ${event.seq}: ${event.rule} fires after a later rule`)
        last = at
        news = event.from
      }
    }
  }
}

const oneTerminal: Law = ({ simulation: { events } }) => {
  endsOnce(events)
  assert.equal(ofType(events, "run.ended").length, 1, "the run ends once")
  assert.equal(events.at(-1)?.type, "run.ended", "nothing follows the end")
}

const durable: Law = ({ early, records, simulation: { events } }) => {
  assert.deepEqual(early, [], "nothing is shown or done before it is written")
  assert.deepEqual(
    records.flatMap((record) => record.events),
    events,
    "what was shown is what was written",
  )
}

/** Folded in one go, as a replay does, and step by step, each from a state of its own. */
const deterministic: Law = ({ ir, records, replay }) => {
  assert.equal(replay.difference, undefined, "the facts give the same events again")
  let state = initialState(ir)
  records.forEach(({ fact, events }, record) => {
    const next = step(ir, state, fact)
    state = next.state
    assert.equal(canonicalJson(next.events), canonicalJson(events), `record ${record}: a step gives the same events again`)
  })
}

const waiting: Law = ({ simulation: { events } }) => {
  const open = new Map<string, string | undefined>()
  const known = new Set<string>()
  for (const event of events) {
    const where = `event ${event.seq}, ${event.type}`
    if (event.type === "request.opened") {
      assert.equal(known.has(event.request), false, `${where}: the id is used again`)
      known.add(event.request)
      open.set(event.request, event.session)
    } else if (event.type === "request.answered" || event.type === "request.withdrawn")
      assert.ok(open.delete(event.request), `${where}: the request is not open`)
    else if (event.type === "session.done" || event.type === "session.failed" || event.type === "session.cancelled") {
      assert.ok(![...open.values()].includes(event.session), `${where}: what ${event.session} asked is still open`)
    } else if (event.type === "run.ended") assert.deepEqual([...open.keys()], [], `${where}: requests are open`)
  }
}

/** Prompts of people are activations too; where there are some, the sums say nothing. */
const noFalseClaims: Law = ({ ir, records, simulation: { events } }) => {
  if (records.some(({ fact }) => fact.type === "user.sent")) return
  const undoing = new Map(ir.sessions.flatMap(({ id, compensate }) => (compensate === undefined ? [] : [[id, compensate] as const])))
  const sent = [
    ...ir.start,
    ...ofType(events, "route.fired").flatMap(({ to }) => to),
    ...ofType(events, "session.compensating").map(({ session }) => undoing.get(session) ?? session),
  ]
  const ended = events.flatMap((event) =>
    event.type === "session.done" || event.type === "session.failed" || event.type === "session.cancelled" ? [event.session] : [],
  )
  assert.deepEqual(count(ended), count(sent), "every activation that was sent has one end")
}

const cancelled: Law = ({ ir, records }) => {
  let undoing = false
  for (const { fact, events } of records) {
    if (fact.type === "cancel" && fact.target.kind === "fleet") {
      const end = events.at(-1)
      assert.equal(end?.type, "run.ended", "a run that is cancelled is over in the same step")
      if (end?.type === "run.ended" && !undoing) assert.deepEqual([end.status, end.reason], ["cancelled", fact.reason.detail ?? fact.reason.code])
      for (const event of ofType(events, "session.cancelled")) assert.deepEqual(event.reason, fact.reason, `${event.session} is told why`)
    }
    undoing ||= events.some(({ type }) => type === "session.compensating") && ir.sessions.some(({ compensate }) => compensate !== undefined)
  }
}

const lag: Law = ({ read, simulation: { events, result } }) => {
  const last = events.at(-1)?.seq ?? 0
  read.forEach((items, index) => {
    let next = 1
    for (const item of items) {
      if (item.type === "lagged") {
        assert.equal(item.from, next, `life ${index + 1}: the gap begins where the events stop`)
        next = item.to + 1
      } else {
        assert.equal(item.seq, next, `life ${index + 1}: an event is missing and nothing was said of it`)
        assert.deepEqual(item, events[item.seq - 1], `life ${index + 1}: event ${item.seq} is another`)
        next += 1
      }
    }
    if (index === read.length - 1 && result.status !== "failed") assert.ok(next - 1 <= last)
  })
}

const total: Law = ({ ir, records, simulation: { events } }) => {
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, index) => index + 1),
    "events are counted from 1 without gaps",
  )
  assert.ok(
    events.every(({ at }, index) => at >= (events[index - 1]?.at ?? 0)),
    "time never goes back",
  )
  fold({ ir, records }, (state) => isSound(ir, state))
}

const fold = ({ ir, records }: Pick<Observed, "ir" | "records">, each: (state: State) => void): State => {
  let state = initialState(ir)
  for (const { fact } of records) {
    state = step(ir, state, fact).state
    each(state)
  }
  return state
}

/** Nobody tells where a workspace stayed that could not be given back when the run had ended with its process. */
const nothingLeft: Law = ({ leftOpen, outside: { faults }, simulation: { asleep } }) => {
  const stays = new Set((faults?.ends ?? []).length === 0 ? [] : (faults?.workspaces ?? []).map(({ session }) => `workspace of ${session} never given back`))
  assert.deepEqual(
    leftOpen.filter((left) => !stays.has(left)),
    [],
    "what was taken is given back, once",
  )
  assert.equal(asleep, 0, "no timer is left")
}

const truthful: Law = ({ records, simulation: { events, result } }) => {
  const end = ofType(events, "run.ended")[0]
  assert.ok(end !== undefined)
  assert.equal(result.status, end.status, "the result says what the run ended as")
  assert.deepEqual(result.usage, end.usage)
  const actions = new Set(ofType(events, "route.fired").map(({ action }) => action))
  if (end.status === "cancelled")
    assert.ok(actions.has("cancel") || records.some(({ fact }) => fact.type === "cancel" && fact.target.kind === "fleet"), "somebody cancelled it")
  if (end.status === "failed") {
    const unasked = ofType(events, "session.cancelled").filter(({ reason }) => reason.code === "driver")
    const why = [...ofType(events, "session.failed"), ...unasked, ...ofType(events, "route.failed"), ...ofType(events, "budget.exceeded")]
    assert.ok(why.length > 0 || actions.has("fail"), `something failed: ${end.reason ?? ""}`)
  }
  if (end.status !== "succeeded" || actions.has("complete")) return
  assert.deepEqual(
    ofType(events, "budget.exceeded").filter(({ scope }) => scope === "run"),
    [],
    "a run that went over its budget does not succeed",
  )
  for (const event of events) {
    const failed = event.type === "session.failed" || (event.type === "session.cancelled" && event.reason.code === "driver")
    if (!failed) continue
    const handled = events.some((later) => later.seq > event.seq && later.type === "route.fired" && later.from.includes(event.session))
    assert.ok(handled, `event ${event.seq}, ${event.type}: nobody handled that of ${event.session}, and the run succeeded`)
  }
}

/** What is done is never done again, and what acts outside is done again only when somebody says so. */
const noRedo: Law = ({ ir, prompted, records, simulation: { events } }) => {
  const done = new Set<string>()
  for (const event of events) {
    if (event.type === "turn.done") done.add(`${event.session} ${event.turn}`)
    if (event.type === "turn.started")
      assert.equal(done.has(`${event.session} ${event.turn}`), false, `event ${event.seq}: turn ${event.turn} of ${event.session} was done before`)
  }
  const doneIn = (upTo: number) =>
    new Set(
      ofType(
        records.slice(0, upTo).flatMap((record) => record.events),
        "turn.done",
      ).map(({ session, turn }) => `${session} ${turn}`),
    )
  const external = new Set(ir.sessions.flatMap(({ id, effect }) => (effect === "external" ? [id] : [])))
  const asked = new Map(
    ofType(events, "request.opened").flatMap(({ request, kind, session }) => (kind === "gate" && session !== undefined ? [[request, session] as const] : [])),
  )
  const approved = new Set(ofType(events, "request.answered").flatMap(({ request, reply }) => (reply === "approve" ? [asked.get(request)] : [])))
  const interrupted = new Set(
    ofType(events, "turn.failed").flatMap(({ session, turn, attempt, error }) => (error.kind === "lease_lost" ? [`${session} ${turn}.${attempt}`] : [])),
  )
  const before = new Map<string, number>()
  for (const { session, frame, records: written } of prompted) {
    const key = `${session} ${frame.turn}`
    assert.equal(doneIn(written).has(key), false, `${session} is asked again for turn ${frame.turn}, which it had done`)
    const earlier = before.get(key)
    if (earlier !== undefined && interrupted.has(`${key}.${earlier}`) && external.has(session.replace(/\[.*/, ""))) {
      assert.ok(approved.has(session), `${session} acts outside again and nobody was asked`)
    }
    before.set(key, frame.attempt)
  }
}

/** Joins of what may also never come without a failure are the failures' business. */
const isOfDones = ({ join, within }: Rule): boolean =>
  within === undefined &&
  leavesOf(join).length > 1 &&
  leavesOf(join).every((leaf) => leaf?.event.source === "session" && leaf.kind === "event" && ["done", "settled", "started"].includes(leaf.event.event))

const doubtful: ReadonlySet<string> = new Set(["join-may-starve", "unsatisfiable-join", "double-activation", "never-ends"])

/** Where the checker sees no join that may starve, none does, as long as nothing fails and nobody interferes. */
const noStuckJoin: Law = ({ ir, diagnostics, records, simulation: { events, result } }) => {
  if (result.status !== "succeeded" || diagnostics.some(({ code }) => doubtful.has(code))) return
  if (events.some(({ type }) => type === "session.failed" || type === "session.cancelled" || type === "turn.failed" || type === "route.failed")) return
  if (records.some(({ fact }) => fact.type === "user.sent") || ofType(events, "route.fired").some(({ action }) => action === "complete" || action === "cancel"))
    return
  const state = fold({ ir, records }, () => undefined)
  const stuck = ir.rules.filter((rule, at) => isOfDones(rule) && state.joins.get(at)?.leaves.some(({ tokens }) => tokens.length > 0) === true)
  assert.deepEqual(
    stuck.map(({ id }) => id),
    [],
    "no join waits half full",
  )
}

export const laws: { readonly [name: string]: Law } = {
  "1 order": order,
  "2 exactly one terminal": oneTerminal,
  "3 durable before visible": durable,
  "4 deterministic": deterministic,
  "5 waiting loses nothing": waiting,
  "5 a driver that dies is noticed, a turn that takes too long ends": endsOfTurns,
  "5 timers are on time": timersAreOnTime,
  "5 no permit lies idle": permitsAreUsed,
  "5 no turn begins above the limit": parallelIsKept,
  "6 no false claims": noFalseClaims,
  "7 cancel is prompt": cancelled,
  "7 cancel is scoped and leaves nothing": cancelsAtOnce,
  "8 lag is explicit": lag,
  "9 total": total,
  "nothing is left": nothingLeft,
  "the end is true": truthful,
  "nothing is done twice": noRedo,
  "no join is stuck": noStuckJoin,
  "commands of other processes are answered once": commandsAreAnswered,
  "snapshots are true": snapshotsAreTrue,
}
