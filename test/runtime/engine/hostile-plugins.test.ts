/** Plugins that misbehave in every way they can: the run they are in goes on, other sessions are untouched, and what went wrong names who did it. */
import { describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import type { Ir } from "#ir"
import type { RoutingAction, SinkEvent } from "#sdk"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import { startFleet } from "../../../runtime/engine/start-fleet.ts"
import { simulate } from "../../../runtime/engine/simulate.ts"
import type { AnyDriver, AnyRouting, AnySink, RunOptions } from "../../../runtime/engine/run.ts"
import type { FleetEvent } from "../../../runtime/machine/protocol.ts"
import { fakeDriver, fleet, followUp, loggedWorkspaces, saysOk, session } from "./fleet.ts"

const run = async (ir: Ir, changes: Partial<RunOptions> = {}) => {
  const events: Array<FleetEvent> = []
  const started = await startFleet(ir, {
    drivers: { fake: saysOk },
    workspaces: { none: loggedWorkspaces([]) },
    journal: makeMemoryJournal(),
    root: "/",
    env: {},
    ...changes,
    onEvent: (event) => events.push(event),
  })
  const { status } = await started.result
  await started.close()
  return { events, status }
}

const status = (events: ReadonlyArray<FleetEvent>, id: string) =>
  events.findLast((event) => (event.type === "session.done" || event.type === "session.failed" || event.type === "session.cancelled") && event.session === id)
    ?.type

/** `good` works on its own beside the session under attack. */
const beside = (ir: Ir): Ir => ({
  ...ir,
  sessions: [...ir.sessions, session("good"), session("after")],
  start: [...ir.start, "good"],
  rules: [...ir.rules, followUp(9, "good", "after")],
})

const use = (plugin: string) =>
  ({
    id: "r1",
    join: { kind: "event", leaf: 0, event: { source: "session", session: "a", event: "done" } },
    cases: [{ action: { kind: "use", plugin: { use: plugin, with: {} } } }],
  }) as const

const circular: Array<unknown> = []
circular.push(circular)

describe("a routing plugin", () => {
  const answers: ReadonlyArray<readonly [string, AnyRouting["decide"], string]> = [
    [
      "throws",
      () => {
        throw new Error("no idea")
      },
      "no idea",
    ],
    [
      "throws something that is no error",
      () => {
        throw "no idea"
      },
      "no idea",
    ],
    [
      "rejects",
      async () => {
        throw new Error("no idea")
      },
      "no idea",
    ],
    ["fails as an Effect", () => Effect.fail(new Error("no idea")), "no idea"],
    ["dies as an Effect", () => Effect.die("no idea"), "no idea"],
    ["gives nothing", () => undefined as unknown as ReadonlyArray<RoutingAction>, "no list of actions"],
    ["gives a text", () => "b" as unknown as ReadonlyArray<RoutingAction>, "no list of actions"],
    ["gives a circle", () => circular as ReadonlyArray<RoutingAction>, "no list of actions"],
    ["gives functions", () => [(() => {}) as unknown as RoutingAction], "it is no record"],
    ["gives too much", () => Array.from({ length: 101 }, () => ({ send: "b" })), "more than 100"],
    ["names what is not there", () => [{ send: "nobody" }], 'no session "nobody"'],
    ["wants more permissions", () => [{ send: "b", permissions: "bypass" } as RoutingAction], 'unknown key "permissions"'],
    ["wants another driver", () => [{ send: "b", driver: "shell" } as RoutingAction], 'unknown key "driver"'],
  ]

  it.each(answers)("that %s fails its route, and nothing else", async (_, decide, message) => {
    const { events, status: ended } = await run(beside(fleet([session("a"), session("b")], [use("bad")])), { routers: { bad: { decide } } })
    const failed = events.find((event) => event.type === "route.failed")
    expect(failed).toMatchObject({ rule: "r1", error: { kind: "routing_error" } })
    expect(JSON.stringify(failed)).toContain(JSON.stringify(message).slice(1, -1))
    expect([status(events, "good"), status(events, "after"), status(events, "b")]).toEqual(["session.done", "session.done", undefined])
    expect(ended).toBe("failed")
  })

  it("is named with its hook and the session", async () => {
    const { events } = await run(fleet([session("a"), session("b")], [use("bad")]), {
      routers: {
        bad: {
          decide: () => {
            throw new Error("no idea")
          },
        },
      },
    })
    expect(events.find((event) => event.type === "route.failed")).toMatchObject({ error: { message: 'routing plugin "bad" (decide, session "a"): no idea' } })
    const missing = await run(fleet([session("a"), session("b")], [use("gone")]))
    expect(missing.events.find((event) => event.type === "route.failed")).toMatchObject({
      error: { message: 'routing plugin "gone" (decide, session "a"): there is no such plugin' },
    })
  })

  it("that hangs is given up after its time, told to stop, and holds up nobody", async () => {
    let stopped = false
    const decide: AnyRouting["decide"] = ({ signal }) =>
      new Promise(() =>
        signal.addEventListener("abort", () => {
          stopped = true
        }),
      )
    const ir = beside(fleet([session("a"), session("b")], [use("bad")]))
    const { events, result } = await simulate(ir, { driver: saysOk, routers: { bad: { decide, timeoutMs: 30_000 } } })
    const at = (type: string) => events.find((event) => event.type === type)?.at
    expect(at("route.failed")).toBe(30_000)
    expect(events.find((event) => event.type === "route.failed")).toMatchObject({ error: { message: expect.stringContaining("takes longer than 30 s") } })
    expect(events.findLast((event) => event.type === "session.done" && event.session === "after")?.at).toBe(0)
    expect(result.status).toBe("failed")
    expect(stopped).toBe(true)
  })

  it("that hangs does not hold up a cancellation", async () => {
    let stopped = false
    const decide: AnyRouting["decide"] = ({ signal }) =>
      new Promise(() =>
        signal.addEventListener("abort", () => {
          stopped = true
        }),
      )
    const asked = Promise.withResolvers<void>()
    const started = await startFleet(fleet([session("a")], [use("bad")]), {
      drivers: { fake: saysOk },
      workspaces: { none: loggedWorkspaces([]) },
      journal: makeMemoryJournal(),
      root: "/",
      env: {},
      routers: {
        bad: {
          decide: (request) => {
            asked.resolve()
            return decide(request)
          },
        },
      },
    })
    await asked.promise
    await started.send({ type: "cancel", target: { kind: "fleet" }, reason: { code: "user" } })
    expect((await started.result).status).toBe("cancelled")
    await started.close()
    expect(stopped).toBe(true)
  })

  it("cannot reach the run through what it is shown", async () => {
    const decide: AnyRouting["decide"] = ({ view }) => {
      for (const shown of view.sessions) Object.assign(shown, { status: "failed", text: "mine" })
      Object.assign(view.session("a"), { text: "mine" })
      return [{ send: "b" }]
    }
    const { events, status: ended } = await run(fleet([session("a"), session("b")], [use("bad")]), { routers: { bad: { decide } } })
    expect(ended).toBe("succeeded")
    expect(events.find((event) => event.type === "turn.started" && event.session === "b")).toMatchObject({ prompt: "go\n\n--- output from a ---\nok" })
  })
})

describe("a driver", () => {
  const drivers: ReadonlyArray<readonly [string, AnyDriver]> = [
    [
      "throws when it is opened",
      {
        ...saysOk,
        open: () => {
          throw new Error("broken")
        },
      },
    ],
    ["opens nothing", { ...saysOk, open: async () => undefined as never }],
    [
      "throws when it is told something",
      fakeDriver(() => {
        throw new Error("broken")
      }),
    ],
    [
      "says garbage",
      fakeDriver((frame, say) => {
        if (frame.type === "prompt") say("garbage" as never)
      }),
    ],
    [
      "ends its turn without an end",
      fakeDriver((frame, say) => {
        if (frame.type === "prompt") say({ type: "turn.ended" } as never)
      }),
    ],
    [
      "says an event that is none",
      fakeDriver((frame, say) => {
        if (frame.type === "prompt") say({ type: "agent", event: null } as never)
      }),
    ],
    [
      "says what is no JSON",
      fakeDriver((frame, say) => {
        if (frame.type === "prompt") say({ type: "agent", event: { kind: "cap.plan", entries: 1n } } as never)
      }),
    ],
    [
      "says what holds itself",
      fakeDriver((frame, say) => {
        if (frame.type === "prompt") say({ type: "agent", event: { kind: "cap.plan", entries: circular } } as never)
      }),
    ],
    [
      "ends with a stop that is none",
      fakeDriver((frame, say) => {
        if (frame.type === "prompt") say({ type: "turn.ended", end: { stop: "tired" } } as never)
      }),
    ],
    [
      "reports a usage that is no number",
      fakeDriver((frame, say) => {
        if (frame.type === "prompt") say({ type: "turn.ended", end: { stop: "end_turn" }, usage: { mode: "delta", usd: Number.NaN } })
      }),
    ],
    ...([Number.NaN, Number.POSITIVE_INFINITY, undefined, () => 1, 1n, new Date(0), Array.from({ length: 2 })] as const).map(
      (value) =>
        [
          `puts out what is no JSON (${String(value)})`,
          fakeDriver((frame, say) => {
            if (frame.type === "prompt") say({ type: "turn.ended", end: { stop: "end_turn" }, output: { deep: [value as never] } })
          }),
        ] as const,
    ),
    [
      "names its conversation with what is no text",
      fakeDriver((frame, say) => {
        if (frame.type === "prompt") say({ type: "session.handle", resume: Number.NaN as never })
      }),
    ],
    [
      "falls silent for good",
      fakeDriver((frame, _, end) => {
        if (frame.type === "prompt") end()
      }),
    ],
    [
      "throws when it is closed",
      {
        ...saysOk,
        open: async () => ({
          send: () => {
            throw new Error("broken")
          },
          events: (async function* () {})(),
          close: () => {
            throw new Error("broken")
          },
        }),
      },
    ],
  ]

  it.each(drivers)("that %s fails its own session alone", async (_, bad) => {
    const ir = beside(fleet([session("a", { driver: { use: "bad", with: {} } })]))
    const { events, status: ended } = await run(ir, { drivers: { fake: saysOk, bad } })
    expect([status(events, "a"), status(events, "good"), status(events, "after")]).toEqual(["session.failed", "session.done", "session.done"])
    expect(ended).toBe("failed")
  })

  it("adds nothing to the journal beside what the contract names, and does not reach what it has said", async () => {
    const journal = makeMemoryJournal()
    const event = { kind: "cap.plan", entries: [{ id: "p", gone: undefined as never }], less: -0 }
    const said: Array<() => void> = []
    const odd = fakeDriver((frame, say) => {
      if (frame.type !== "prompt") return
      say({ type: "agent", event })
      const output = { n: 1 }
      say({ type: "turn.ended", end: { stop: "end_turn", also: Number.NaN } as never, output, branch: "mine", decisions: [1], at: Number.NaN } as never)
      said.push(
        () => Object.assign(event, { kind: "changed" }),
        () => Object.assign(output, { n: 2 }),
      )
    })
    await run(fleet([session("a")]), { drivers: { fake: odd }, journal, run: "r" })
    for (const change of said) change()
    const facts = (await Effect.runPromise(journal.read("r"))).map(({ fact }) => fact)
    expect(facts.flatMap((fact) => (fact.type === "agent.said" ? [fact.event] : []))).toStrictEqual([{ kind: "cap.plan", entries: [{ id: "p" }], less: 0 }])
    const ended = facts.find(({ type }) => type === "turn.ended")
    expect(ended).toMatchObject({ session: "a", turn: 1, attempt: 1, end: { stop: "end_turn" }, output: { n: 1 }, branch: "fleet/a" })
    expect(JSON.stringify(ended)).not.toMatch(/also|mine|decisions/)
  })

  it("that floods its session with events slows down itself alone", async () => {
    const flood = fakeDriver((frame, say) => {
      if (frame.type !== "prompt") return
      for (let at = 0; at < 20_000; at++) say({ type: "agent", event: { kind: "cap.text_chunk", text: "x" } })
      say({ type: "turn.ended", end: { stop: "end_turn" } })
    })
    const { events, status: ended } = await run(beside(fleet([session("a", { driver: { use: "flood", with: {} } })])), { drivers: { fake: saysOk, flood } })
    expect(ended).toBe("succeeded")
    const place = (type: string, id: string) => events.findIndex((event) => event.type === type && "session" in event && event.session === id)
    expect(place("session.done", "after")).toBeLessThan(place("session.done", "a"))
    expect(events.findLast((event) => event.type === "session.done" && event.session === "a")).toMatchObject({ text: "x".repeat(20_000) })
  })

  it("that claims to ask before it acts, and does not, is found out by the packs", async () => {
    const liar = fakeDriver((frame, say) => {
      if (frame.type !== "prompt") return
      say({ type: "agent", event: { kind: "cap.tool_call.start", call_id: "c", name: "Write", input: { path: "x" } } })
      say({ type: "agent", event: { kind: "cap.tool_call.end", call_id: "c" } })
      say({ type: "turn.ended", end: { stop: "end_turn" }, text: "done in secret" })
    })
    const ir = beside(fleet([session("a", { driver: { use: "liar", with: {} }, policies: [{ use: "never", with: {} }] })]))
    const { events } = await run(ir, { drivers: { fake: saysOk, liar }, policies: { never: { boundaries: ["tool"], decide: () => ({ effect: "deny" }) } } })
    expect(events.find((event) => event.type === "session.failed" && event.session === "a")).toMatchObject({ error: { kind: "policy_denied" } })
    expect(status(events, "after")).toBe("session.done")
  })
})

describe("a workspace", () => {
  const good = { path: "/nowhere", snapshot: async () => undefined, diff: async () => "", release: async () => ({}) }
  const places: ReadonlyArray<readonly [string, unknown]> = [
    ["is none", undefined],
    ["has no path", { ...good, path: undefined }],
    ["is at a number", { ...good, path: Number.NaN }],
    ["has a branch that is no text", { ...good, branch: 7 }],
    ["cannot be given back", { ...good, release: undefined }],
    ["snapshots to nowhere", { ...good, snapshot: async () => ({ branch: Number.NaN }) }],
  ]
  it.each(places)("that %s fails its own session alone", async (_, made) => {
    const ir = beside(fleet([session("a", { workspace: { use: "bad", with: {} } })]))
    const journal = makeMemoryJournal()
    const bad = { isolated: true, acquire: async () => made as never }
    const { events, status: ended } = await run(ir, { workspaces: { none: loggedWorkspaces([]), bad }, journal, run: "r" })
    expect(events.find((event) => event.type === "session.failed")).toMatchObject({
      session: "a",
      error: { kind: "workspace_error", message: expect.stringContaining("`bad`") },
    })
    expect([status(events, "good"), status(events, "after"), ended]).toEqual(["session.done", "session.done", "failed"])
    const kept = await Effect.runPromise(journal.read("r"))
    expect(JSON.parse(JSON.stringify(kept))).toStrictEqual(kept)
  })
})

describe("a program", () => {
  const commands: ReadonlyArray<readonly [string, unknown]> = [
    ["nothing", undefined],
    ["no type", {}],
    ["a cancel of nothing", { type: "cancel" }],
    ["a message without a text", { type: "user.sent", session: "a" }],
    ["a reply that is no number", { type: "reply", request: "q1", value: Number.NaN, by: "me" }],
    ["a reply that is a function", { type: "reply", request: "q1", value: () => 1, by: "me" }],
    ["a fact that is no command", { type: "turn.ended", session: "a", turn: 1, attempt: 1, end: { stop: "end_turn" } }],
  ]
  it.each(commands)("that sends %s is told so, and the run goes on", async (_, command) => {
    const waits = fakeDriver((frame, say) => {
      if (frame.type === "message") say({ type: "turn.ended", end: { stop: "end_turn" } })
    })
    const started = await startFleet(fleet([session("a")]), {
      drivers: { fake: waits },
      workspaces: { none: loggedWorkspaces([]) },
      journal: makeMemoryJournal(),
      root: "/",
      env: {},
    })
    for await (const event of started.events()) if (event.type === "turn.started") break
    expect(await started.send(command as never)).toMatchObject({ code: "invalid_reply" })
    expect(await started.send({ type: "user.sent", session: "a", text: "go on" })).toBeUndefined()
    expect((await started.result).status).toBe("succeeded")
    await started.close()
  })
})

describe("a sink", () => {
  const withSink = (ir: Ir): Ir => ({ ...ir, sinks: [{ use: "bad", with: {} }] })
  const sinks: ReadonlyArray<readonly [string, AnySink, RegExp | undefined]> = [
    [
      "throws",
      {
        write: () => {
          throw new Error("no disk")
        },
      },
      /^sink "bad": write of run\.started failed: no disk$/,
    ],
    [
      "rejects",
      {
        write: async () => {
          throw new Error("no disk")
        },
      },
      /no disk/,
    ],
    [
      "throws in the end",
      {
        write: () => {},
        close: () => {
          throw new Error("no disk")
        },
      },
      /^sink "bad": close failed: no disk$/,
    ],
    ["never comes back", { write: () => new Promise(() => {}) }, undefined],
    [
      "changes what it is shown",
      {
        write: (event) => {
          Object.assign(event, { type: "mine", session: "x" })
        },
      },
      undefined,
    ],
  ]
  it.each(sinks)("that %s changes nothing", async (_, bad, expected) => {
    const problems: Array<string> = []
    const plain = await run(beside(fleet([session("a")])))
    const { events, status: ended } = await run(withSink(beside(fleet([session("a")]))), { sinks: { bad }, onSinkProblem: (problem) => problems.push(problem) })
    expect(ended).toBe("succeeded")
    expect(events.map(({ type }) => type)).toEqual(plain.events.map(({ type }) => type))
    if (expected === undefined) expect(problems.every((problem) => problem.includes("takes longer"))).toBe(true)
    else expect(problems[0]).toMatch(expected)
    expect(problems.length).toBeLessThanOrEqual(5)
  })

  it("sees every event in order, and is closed after the last", async () => {
    const seen: Array<SinkEvent> = []
    const log: Array<string> = []
    const good: AnySink = { write: async (event) => void seen.push(event), close: ({ run: id }) => void log.push(`closed ${id}`) }
    const ir = { ...fleet([session("a"), session("b")], [followUp(1, "a", "b")]), sinks: [{ use: "good", with: {} }] }
    const { events } = await run(ir, { sinks: { good }, run: "r7" })
    expect(seen).toEqual(JSON.parse(JSON.stringify(events)))
    expect(log).toEqual(["closed r7"])
  })
})
