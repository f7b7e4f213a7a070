/** What holds in every state of a run and for all of its events, for tests and for programs without a test runner. Throws where it does not. */
import assert from "node:assert/strict"
import type { Ir } from "#ir"
import type { FleetEvent, State } from "../../../runtime/machine/index.ts"

/** What holds in every state, whatever led to it. */
export const isSound = (ir: Ir, state: State): void => {
  const sessions = [...state.sessions.values()]
  assert.equal(state.permits, sessions.filter(({ permit }) => permit).length, "permits are those that sessions hold")
  const back = sessions.filter(({ permit, current }) => permit && current?.parked === "back").length
  assert.ok(state.permits - back <= ir.limits.parallel, "no more sessions work than may, but for those that waited for their service")
  assert.deepEqual(
    new Set(state.live.keys()),
    new Set(sessions.filter(({ current, waiting }) => current !== undefined || waiting.size > 0).map(({ id }) => id)),
  )
  const open = [...state.requests.values()].filter((request) => request.open)
  assert.deepEqual(new Set(state.runRequests.keys()), new Set(open.filter((request) => request.session === undefined).map(({ id }) => id)))
  assert.deepEqual(new Set(sessions.flatMap(({ requests }) => requests)), new Set(open.filter((request) => request.session !== undefined).map(({ id }) => id)))
  assert.ok(state.requests.size <= state.requestCount, "every request was counted")
  for (const { id, driver, stopping, current, permit, requests, questions, status } of sessions) {
    if (stopping !== undefined) {
      assert.ok(driver === "open" && current?.open !== true, `${id} has a driver that ends a turn, and no other turn`)
      // once a run is over nothing is waited for
      if (state.phase !== "ended") assert.ok(state.timers.has(stopping.timer), `${id} does not wait for that for ever`)
    }
    if (current?.open === true) assert.equal(permit, current.parked !== "waits", `${id} works and has a permit, or waits for its service`)
    if (current === undefined) assert.deepEqual([requests, questions], [[], []], `${id} does nothing and asks nothing`)
    if (status === "working")
      assert.ok(current?.open === true || current?.routing !== undefined, `${id} works on something, or waits for a plugin to say what follows`)
    if (current?.open === true) assert.ok(["working", "waiting"].includes(status), `${id} has an open turn and is ${status}`)
  }
  // in a run that ends nobody takes the place of an instance that is over
  if (state.phase === "running")
    for (const [id, { live, limit }] of state.fans) {
      assert.equal(live, sessions.filter(({ declared, current }) => declared === id && current !== undefined).length, `live instances of ${id}`)
      assert.ok(live <= (limit ?? Infinity), `no more instances of ${id} live than may`)
    }
}

/** One terminal for every turn and every activation, in their order; none comes without its beginning. */
export const endsOnce = (events: ReadonlyArray<FleetEvent>): void => {
  const activations = new Set<string>()
  const turns = new Map<string, string>()
  for (const event of events) {
    const where = `event ${event.seq}, ${event.type}`
    switch (event.type) {
      case "session.queued":
        assert.equal(activations.has(event.session), false, where)
        activations.add(event.session)
        break
      case "turn.started":
        assert.equal(activations.has(event.session), true, where)
        assert.equal(turns.has(event.session), false, where)
        turns.set(event.session, `${event.turn}.${event.attempt}`)
        break
      case "turn.done":
      case "turn.failed":
      case "turn.cancelled":
        assert.equal(turns.get(event.session), `${event.turn}.${event.attempt}`, where)
        turns.delete(event.session)
        break
      case "session.done":
      case "session.failed":
        assert.equal(activations.has(event.session), true, where)
        assert.equal(turns.has(event.session), false, where)
        activations.delete(event.session)
        break
      case "session.cancelled":
        // or of one that waited behind another and was never queued itself
        assert.equal(turns.has(event.session), false, where)
        activations.delete(event.session)
    }
  }
  if (events.at(-1)?.type === "run.ended") assert.deepEqual([...activations, ...turns.keys()], [], "what began has ended with the run")
}
