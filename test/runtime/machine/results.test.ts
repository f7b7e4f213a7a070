/** What a session and a run come to: answers that are split, answers that do not fit, the outputs of the run. */
import { describe, expect, it } from "vitest"
import type { Expression, Rule } from "#ir"
import { expression, fleet, literal, on, rule, send, session, single } from "./fleet.ts"
import { play, type Turn } from "./play.ts"

const [a, b] = [session("a"), session("b")]
const driverError = { kind: "driver_error", message: "boom" } as const
const ok = { type: { kind: "record", fields: { n: { type: { kind: "integer" }, optional: false } }, open: false } } as const
const lead = session("lead", { output: { type: { kind: "list", item: { kind: "string" } } } })

describe("results", () => {
  it("puts what is said to all before each subtask", () => {
    const ir = fleet([lead, a], ["lead"], [rule(single(on("lead")), send(["a"], { bySubtask: true, prompt: literal("In short:") }))])
    const { events } = play(ir, { sessions: { lead: [{ output: [], text: '```fleet-subtasks\n["1", "2"]\n```' }] } })
    expect(events.flatMap((event) => (event.type === "turn.started" && event.session === "a" ? [event.prompt] : []))).toEqual([
      "In short:\n\n1",
      "In short:\n\n2",
    ])
  })

  it("ends with its outputs, and fails when one cannot be computed", () => {
    const share = (by: number): Expression =>
      expression({
        op: "binary",
        operator: "/",
        left: { op: "literal", kind: "integer", value: 6 },
        right: { op: "literal", kind: "integer", value: by },
      })
    const ends = (by: number, rules: ReadonlyArray<Omit<Rule, "id">> = []) => {
      const ir = fleet([session("a", { compensate: "b" }), b], ["a"], rules, { outputs: [{ name: "share", value: share(by) }] })
      const { events } = play(ir)
      const end = events.at(-1)
      return [events.some(({ type }) => type === "session.compensated"), end?.type === "run.ended" ? [end.status, end.reason, end.outputs] : end?.type]
    }
    expect(ends(3)).toEqual([false, ["succeeded", undefined, { share: 2 }]])
    const failed = ["failed", expect.stringMatching(/^the output share cannot be computed: ./u), undefined]
    expect(ends(0)).toEqual([true, failed])
    expect(ends(0, [rule(single(on("a")), { kind: "complete" })])).toEqual([true, failed])
  })

  it("tries an answer that did not fit again in a conversation of its own, and anything else in the one it has", () => {
    const retry = { attempts: 2, backoffMs: 10, factor: 1, jitter: false, on: ["output_invalid", "driver_error"] } as const
    const opened = (first: ReadonlyArray<Turn>): ReadonlyArray<string | undefined> =>
      play(fleet([session("a", { output: ok, retry })], ["a"], []), { sessions: { a: [...first, { output: { n: 4 }, resume: "second" }] } }).commands.flatMap(
        (command) => (command.type === "session.open" ? [command.resume] : []),
      )
    expect(opened([{ text: "x", resume: "first" }, { text: "y" }])).toEqual([undefined, undefined])
    expect(opened([{ fail: driverError, resume: "first" }])).toEqual([undefined, "first"])
  })
})
