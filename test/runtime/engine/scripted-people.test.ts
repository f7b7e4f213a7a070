import { describe, expect, it } from "vitest"
import { compile } from "#compiler"
import type { Ir, Json } from "#ir"
import { makeScripted, readScript } from "#plugins"
import { readOutsideScript } from "../../../runtime/engine/script.ts"
import { simulate } from "../../../runtime/engine/simulate.ts"
import type { FleetEvent } from "../../../runtime/machine/protocol.ts"

const irOf = (sessions: string, routes: string): Ir => {
  const text = `fleet:\n  base_branch: main\n  budget: { usd: 1 }\n  sessions:\n${sessions.replace(/^/gm, "    ")}\n  start: a\n  routes: "${routes}"\n`
  const { ir, diagnostics } = compile({ file: "fleet.yaml", text, files: () => undefined })
  if (ir === undefined) throw new Error(diagnostics.map(({ message }) => message).join("; "))
  return ir
}

const play = async (ir: Ir, script: { readonly [key: string]: Json }) => {
  const sessions = readScript(script["sessions"])
  const outside = readOutsideScript(script)
  if (!sessions.ok || !outside.ok) throw new Error("not a script")
  const refused: Array<string> = []
  const events: Array<FleetEvent> = []
  await simulate(ir, {
    driver: makeScripted(sessions.script),
    outside: outside.script,
    onEvent: (event) => {
      events.push(event)
    },
    onRefused: (command, why) => {
      refused.push(`${command.type} ${why.code}`)
    },
  }).catch(() => undefined)
  return { refused, events }
}

describe("what the people of a simulation say", () => {
  const asks = { sessions: { a: [{ permission: { tool: "Bash", risk: "low" } }] } }
  const one = irOf("a: { driver: claude }", "")

  it("is told when the run refuses it", async () => {
    const { refused } = await play(one, {
      ...asks,
      replies: [{ when: { kind: "permission" }, reply: "perhaps" }],
      commands: [{ at: "1s", cancel: { session: "zz" } }],
    })
    expect(refused).toEqual(["reply invalid_reply", "cancel unknown_session"])
  })

  it("has a reason, when it is a pause", async () => {
    const { events } = await play(one, {
      sessions: { a: [{ after: "5s" }] },
      commands: [
        { at: "1s", pause: { reason: "lunch" } },
        { at: "2s", resume: null },
      ],
    })
    expect(events).toContainEqual(expect.objectContaining({ type: "run.paused", reason: "lunch" }))
  })

  it("comes with an event, or so long after it, whichever of the two keys says so", async () => {
    const started = { type: "turn.started", session: "a" }
    const times: Array<number | undefined> = []
    for (const when of [{ at: started }, { at: "turn.started" }, { at: "2s", after: started }, { at: started, after: "2s" }]) {
      const { events } = await play(one, { sessions: { a: [{ after: "5s" }] }, commands: [{ ...when, cancel: "a" }] })
      times.push(events.find(({ type }) => type === "session.cancelled")?.at)
    }
    expect(times).toEqual([0, 0, 2000, 2000])
  })

  it("reaches the instances of a session by its name", async () => {
    const ir = irOf("a: { driver: claude, output: { t: [string] } }\nw: { driver: claude }", "on a.done -> for t in a.output.t -> w")
    const script = {
      sessions: { a: [{ output: { t: ["x", "y"] } }], w: [{ question: "Which?" }] },
      replies: [{ when: { kind: "question", session: "w" }, reply: "this" }],
    }
    const { events } = await play(ir, script)
    expect(events.flatMap((event) => (event.type === "request.answered" ? [event.reply] : []))).toEqual(["this", "this"])
  })

  it.each([
    ["a key that nobody reads", { commands: [{ att: "1s", cancel: "a" }] }, "commands, entry 1: att: unknown; the keys are at, after, cancel, "],
    ["a cancel that would mean the fleet", { commands: [{ cancel: { sesion: "a" } }] }, "commands, entry 1: cancel, sesion: unknown; the keys are session, "],
    ["two commands in one", { commands: [{ pause: true, resume: true }] }, "commands, entry 1: pause and resume: one command an entry"],
    ["a time that is none", { commands: [{ at: "soon", cancel: "a" }] }, "commands, entry 1, at: expected a duration such as 10s, milliseconds, or an"],
    ["a reply with a key that nobody reads", { replies: [{ aftr: 1, reply: "a" }] }, "replies, entry 1, aftr: unknown; the keys are when, after, reply"],
    [
      "a reply to what no request has",
      { replies: [{ when: { knd: "gate" }, reply: "a" }] },
      "replies, entry 1, when, knd: unknown; the keys are request, kind, ",
    ],
  ])("is refused before anything starts: %s", (_, script, problem) => {
    expect(readOutsideScript(script)).toEqual({ ok: false, problems: [expect.stringContaining(problem)] })
  })
})
