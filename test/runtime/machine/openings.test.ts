/** An opening that was closed may still come up, or fail to, before its end is heard: neither is news of the opening after it. */
import { expect, it } from "vitest"
import type { Fact } from "../../../runtime/machine/index.ts"
import { initialState, step } from "../../../runtime/machine/index.ts"
import { fleet, on, rule, send, session, single } from "./fleet.ts"

const ir = fleet(
  [session("a", { retry: { attempts: 2, backoffMs: 0, factor: 1, jitter: false } })],
  ["a"],
  [rule(single(on("a", "cancelled")), send(["a"], { max: { count: 1 } }))],
)
const cancel: Fact = { type: "cancel", at: 1, target: { kind: "session", session: "a" }, reason: { code: "user" } }
const opened: Fact = { type: "session.opened", at: 1, session: "a" }
const closed: Fact = { type: "session.closed", at: 1, session: "a" }
const refused: Fact = { type: "session.refused", at: 1, session: "a", error: { kind: "driver_error", message: "no" } }

const told = (...facts: ReadonlyArray<Fact>): ReadonlyArray<string> => {
  let state = initialState(ir)
  return [{ type: "run.begun", at: 0, run: "r", inputs: {} } as const, ...facts].flatMap((fact) => {
    const next = step(ir, state, fact)
    state = next.state
    return next.events.flatMap(({ type }) => (/^(turn|session\.(failed|retrying))/.test(type) ? [type] : []))
  })
}

it.each<[string, ReadonlyArray<Fact>, ReadonlyArray<string>]>([
  ["the first ends before it came up", [cancel, closed, opened], ["turn.started"]],
  ["the first comes up after all", [cancel, opened, closed, opened], ["turn.started"]],
  ["the first is refused after all", [cancel, refused, opened], ["turn.started"]],
  ["the first is not over yet", [cancel, opened], []],
  ["the second is refused", [cancel, closed, refused], ["session.retrying"]],
])("%s", (_, facts, events) => {
  expect(told(...facts)).toEqual(events)
})
