/** What CAP v1 asks of whoever runs agents, where no other test shows it. */
import { describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import type { Json } from "#ir"
import type { AgentEvent } from "#sdk"
import type { AnyDriver } from "../../runtime/engine/run.ts"
import { startRun } from "../../runtime/engine/start-run.ts"
import { mergePlans } from "../../runtime/engine/fleet-plan.ts"
import { tellEntry } from "../../cli/show.ts"
import { makeMemoryJournal } from "../../runtime/journal/memory.ts"
import { fakeDriver, fleet as engineFleet, loggedWorkspaces, session as engineSession } from "../runtime/engine/fleet.ts"
import { fleet, session } from "../runtime/machine/fleet.ts"
import { play } from "../runtime/machine/play.ts"

const agentEvents = (events: ReturnType<typeof play>["events"]): ReadonlyArray<AgentEvent> =>
  events.flatMap((event) => (event.type === "agent" ? [event.event] : []))

describe("a session", () => {
  it("is configured when it is opened, and prompted only once it is ready", async () => {
    const log: Array<string> = []
    const ready = Promise.withResolvers<void>()
    const inner = fakeDriver((frame, say) => {
      log.push(frame.type)
      if (frame.type === "prompt") say({ type: "turn.ended", end: { stop: "end_turn" }, text: "ok" })
    })
    const driver: AnyDriver = {
      ...inner,
      open: async (context: Parameters<AnyDriver["open"]>[0]) => {
        const { directory, model, systemPrompt, maxTurns, permissions } = context
        log.push(JSON.stringify({ directory, model, systemPrompt, maxTurns, permissions }))
        setTimeout(() => {
          log.push("ready")
          ready.resolve()
        })
        await ready.promise
        const handle = inner.open(context)
        return Effect.isEffect(handle) ? Effect.runPromise(Effect.scoped(handle)) : handle
      },
    }
    const ir = engineFleet([engineSession("a", { model: "big", systemPrompt: "be brief", maxTurns: 3, permissions: "deny" })])
    const result = await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const handle = yield* startRun({
            ir,
            drivers: { fake: driver },
            workspaces: { none: loggedWorkspaces([], "/work") },
            journal: makeMemoryJournal(),
            root: "/",
            env: {},
          })
          return yield* handle.result
        }),
      ),
    )
    expect(result.status).toBe("succeeded")
    expect(log).toEqual([JSON.stringify({ directory: "/work", model: "big", systemPrompt: "be brief", maxTurns: 3, permissions: "deny" }), "ready", "prompt"])
  })

  it("passes on what it says whole: unknown _meta, and each plan in the place of the one before", () => {
    const events: ReadonlyArray<AgentEvent> = [
      { kind: "cap.text_chunk", text: "hi", channel: "assistant", _meta: { acme: { colour: "red" }, cap: { message_to: "nobody" } } },
      { kind: "cap.plan", entries: [{ id: "1", content: "one", status: "pending" }] },
      { kind: "cap.plan", entries: [{ id: "1", content: "one", status: "completed", _meta: { acme: 1 } }] },
    ]
    const played = play(fleet([session("a")], ["a"], []), { sessions: { a: [{ after: 9, events }] } })
    expect(agentEvents(played.events)).toEqual(events)
    expect(played.events.at(-1)).toMatchObject({ type: "run.ended", status: "succeeded" })
  })

  it("that calls a method of the core is answered with its result", () => {
    const call: AgentEvent = { kind: "cap.reverse_rpc", rpc_id: "7", method: "cap.user_io.input", prompt: "Which?" }
    const played = play(fleet([session("a")], ["a"], []), {
      sessions: { a: [{ after: 9, events: [call] }] },
      facts: [{ at: 2, fact: (at) => ({ type: "reply", at, request: "q1", value: { text: "blue" }, by: "me" }) }],
    })
    expect(played.events.find(({ type }) => type === "request.opened")).toMatchObject({ kind: "rpc", session: "a", prompt: "cap.user_io.input" })
    expect(played.commands.filter(({ type }) => type === "session.answer")).toMatchObject([{ agentRequest: "7", reply: { text: "blue" } }])
  })
})

describe("what an agent wants people to know", () => {
  it.each(["cap.user_io.show", "cap.notify"])("by %s is passed on, and the agent does not wait for it", (method) => {
    const call: AgentEvent = { kind: "cap.reverse_rpc", rpc_id: "7", method, title: "Build", body: "is green" }
    const played = play(fleet([session("a")], ["a"], []), { sessions: { a: [{ after: 9, events: [call] }] } })
    expect(played.events.find(({ type }) => type === "notified")).toMatchObject({ rule: "agent", text: "a: Build: is green" })
    expect(played.commands.filter(({ type }) => type === "session.answer")).toMatchObject([{ agentRequest: "7", reply: { ok: true } }])
    expect(played.events.filter(({ type }) => type === "request.opened")).toEqual([])
  })
})

describe("the plans of agents", () => {
  const plan = (...entries: ReadonlyArray<Json>): AgentEvent => ({ kind: "cap.plan", entries })

  it("are one plan of the fleet, which says whose each entry is, as each agent last told it", () => {
    const a = [
      plan({ id: "1", content: "old", status: "pending" }),
      plan(
        { id: "1", content: "schema", status: "completed", priority: "high" },
        { id: "2", content: "queries", status: "in_progress", _meta: { "cap.depends_on": ["1"] } },
      ),
    ]
    const b = [plan({ content: "docs", status: "blocked", priority: "soon", _meta: { cap: { depends_on: ["x", 3] } } }, { content: "  " }, "no entry"), plan()]
    const { events } = play(fleet([session("a"), session("b")], ["a", "b"], []), {
      sessions: { a: [{ after: 9, events: a }], b: [{ after: 9, events: b.slice(0, 1) }] },
    })
    const merged = mergePlans(events)
    expect(merged).toEqual([
      { id: "a/1", content: "schema", status: "completed", priority: "high", _meta: { "cap.assigned_to": "cap://a" } },
      { id: "a/2", content: "queries", status: "in_progress", _meta: { "cap.assigned_to": "cap://a", "cap.depends_on": ["a/1"] } },
      { id: "b/p1", content: "docs", status: "blocked", _meta: { "cap.assigned_to": "cap://b", "cap.depends_on": ["b/x"] } },
    ])
    expect(merged.map(tellEntry)).toEqual(["[x] a/1: schema (high)\n", "[>] a/2: queries\n", "[!] b/p1: docs\n"])
    const gone = play(fleet([session("b")], ["b"], []), { sessions: { b: [{ after: 9, events: b }] } })
    expect(mergePlans(gone.events)).toEqual([])
  })
})

describe("a cancel", () => {
  it.each([
    [true, true, ["prompt", "cancel"]],
    [false, false, ["prompt"]],
    [true, false, ["prompt"]],
  ] as const)(
    "reaches a driver that can cancel turns (declared %s, in this conversation %s), and ends the session either way",
    async (declared, here, expected) => {
      const [frames, log]: [Array<string>, Array<string>] = [[], []]
      const begun = Promise.withResolvers<void>()
      const inner = fakeDriver((frame) => {
        frames.push(frame.type)
        begun.resolve()
      }, log)
      const driver: AnyDriver = {
        capabilities: { ...inner.capabilities, cancelTurn: declared },
        open: async (context: Parameters<AnyDriver["open"]>[0]) => {
          const handle = await inner.open(context)
          if (Effect.isEffect(handle)) throw new Error("expected a promise")
          return declared === here ? handle : { ...handle, capabilities: { ...inner.capabilities, cancelTurn: here } }
        },
      }
      const result = await Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const handle = yield* startRun({
              ir: engineFleet([engineSession("a")]),
              drivers: { fake: driver },
              workspaces: { none: loggedWorkspaces([]) },
              journal: makeMemoryJournal(),
              root: "/",
              env: {},
            })
            yield* Effect.promise(() => begun.promise)
            yield* handle.send({ type: "cancel", target: { kind: "turn", session: "a" }, reason: { code: "user" } })
            return yield* handle.result
          }),
        ),
      )
      expect(result.sessions).toMatchObject([{ id: "a", status: "cancelled" }])
      expect(frames).toEqual(expected)
      expect(log).toEqual(["open a", "close a"])
    },
  )
})

describe("a tool that nobody is asked about", () => {
  it("is in the log all the same, with what let it pass", () => {
    const call: AgentEvent = { kind: "cap.permission.request", req_id: "1", tool: "terminal", intent: { command: ["ls"] }, risk_level: "low", scope: "execute" }
    const { events, commands } = play(fleet([session("a", { permissions: "allow" })], ["a"], []), { sessions: { a: [{ after: 9, events: [call] }] } })
    expect(agentEvents(events)).toEqual([call])
    expect(commands.filter(({ type }) => type === "session.answer")).toMatchObject([{ agentRequest: "1", reply: "allow_once" }])
    expect(events.filter(({ type }) => type === "request.opened")).toEqual([])
    expect(events.find(({ type }) => type === "policy.decided")).toMatchObject({ boundary: "tool", session: "a", effect: "allow" })
  })
})

describe("the budget of a fleet", () => {
  it("counts what all its sessions use; when it is exceeded, every turn at work is cancelled", () => {
    const uses = (usd: number): AgentEvent => ({ kind: "cap.usage", cost_usd_estimate: usd, input_tokens: 1, output_tokens: 1 })
    const ir = fleet([session("a"), session("b"), session("c")], ["a", "b", "c"], [], { budget: { usd: 0.05 } })
    const { events, commands } = play(ir, {
      sessions: { a: [{ hang: true, after: 9, events: [uses(0.03)] }], b: [{ hang: true, after: 9, events: [uses(0.03)] }], c: [{ hang: true }] },
    })
    expect(events.find(({ type }) => type === "budget.exceeded")).toMatchObject({ scope: "run", limit: 0.05, used: 0.06 })
    const stopped = commands.flatMap((command) => (command.type === "turn.cancel" || command.type === "session.close" ? [command.session] : []))
    expect(new Set(stopped)).toEqual(new Set(["a", "b", "c"]))
    expect(events.at(-1)).toMatchObject({ type: "run.ended", status: "failed" })
  })
})
