/** What people say to a session that has not begun its turn. */
import { describe, expect, it } from "vitest"
import type { Fact } from "../../../runtime/machine/index.ts"
import { expression, fleet, on, rule, send, session, single } from "./fleet.ts"
import { play, told, type Script } from "./play.ts"

const say = (at: number, text: string, interrupt = false) => ({
  at,
  fact: (now: number): Fact => ({ type: "user.sent", at: now, session: "a", text, ...(interrupt ? { interrupt } : {}) }),
})
const prompts = (played: ReturnType<typeof play>) => played.events.flatMap((event) => (event.type === "turn.started" ? [`${event.rule}: ${event.prompt}`] : []))

describe("what is said before a turn began", () => {
  const line = fleet([session("b"), session("a")], ["b", "a"], [], { limits: { parallel: 1 } })
  const ends = (played: ReturnType<typeof play>) => played.events.flatMap((event) => (event.type === "session.done" ? [`${event.session} ${event.turn}`] : []))
  const heard = (played: ReturnType<typeof play>) =>
    played.commands.flatMap((command) => (command.type === "session.message" ? [`${command.session} ${command.text}`] : []))

  it("is heard by the turn that waits, which ends once", () => {
    const played = play(line, { task: "go", sessions: { b: [{ after: 20 }], a: [{ after: 5 }] }, facts: [say(5, "hurry"), say(6, "now", true)] })
    expect([ends(played), heard(played), prompts(played)]).toEqual([
      ["b 1", "a 1"],
      ["a hurry", "a now"],
      ["start: go", "start: go"],
    ])
  })

  it("is the next prompt of the same activation where the driver takes nothing during a turn", () => {
    const played = play(line, { task: "go", driver: { takesMessages: false }, sessions: { b: [{ after: 20 }] }, facts: [say(5, "hurry")] })
    expect([ends(played), heard(played), prompts(played)]).toEqual([["b 1", "a 2"], [], ["start: go", "start: go", "user: hurry"]])
  })

  it("reaches an instance that may not live yet, and is told to be undeliverable when that never does", () => {
    const ir = fleet(
      [session("lead", { output: { type: { kind: "list", item: { kind: "string" } } } }), session("worker", { instances: true })],
      ["lead"],
      [
        rule(single(on("lead")), {
          kind: "for",
          variable: "t",
          list: expression({ op: "session", session: "lead", property: "output" }),
          send: send(["worker"], { prompt: expression({ op: "variable", name: "t" }) }),
          limit: 1,
        }),
      ],
    )
    const tell = { at: 5, fact: (at: number): Fact => ({ type: "user.sent", at, session: "worker[1]", text: "hurry" }) }
    const stop = { at: 7, fact: (at: number): Fact => ({ type: "cancel", at, target: { kind: "fleet" }, reason: { code: "user" } }) }
    const script: Script = { sessions: { lead: [{ output: ["A", "B"] }], "worker[0]": [{ after: 20 }] } }
    const played = play(ir, { ...script, facts: [tell] })
    expect([ends(played), heard(played)]).toEqual([["lead 1", "worker[0] 1", "worker[1] 1"], ["worker[1] hurry"]])
    expect(told(play(ir, { ...script, facts: [tell, stop] })).filter((text) => text.startsWith("message."))).toEqual([
      "message.queued worker[1]",
      "message.undeliverable worker[1]",
    ])
  })
})
