/** What rules do in a run: joins, times, and every action that a table of runs does not already show. */
import { describe, expect, it } from "vitest"
import type { Action, Case, EventPattern, Ir, Join, Rule, Send } from "#ir"
import type { Fact } from "../../../runtime/machine/index.ts"
import { expression, fleet, instances, join, literal, on, rule, send, session, single } from "./fleet.ts"
import { play, told, type Played } from "./play.ts"

const [a, b, c, z] = [session("a"), session("b"), session("c"), session("z")]
const failed = { kind: "driver_error", message: "no" } as const
const times = (played: Played, type: string): ReadonlyArray<string> =>
  played.events.flatMap((event) =>
    event.type === type ? [`${event.at} ${"session" in event ? event.session : "rule" in event ? event.rule : ""}`.trim()] : [],
  )
const twoOf: Join = { kind: "atLeast", count: 2, of: [on("a"), on("b"), on("c")].map((event, leaf) => ({ kind: "event", leaf, event })) }
const lead = session("lead", { output: { type: { kind: "list", item: { kind: "string" } } } })
const worker = session("worker", { instances: true })
const perTask = (more: Partial<Send> = {}): Action => ({
  kind: "for",
  variable: "t",
  list: expression({ op: "session", session: "lead", property: "output" }),
  send: send(["worker"], { prompt: expression({ op: "variable", name: "t" }), ...more }),
})
const fan = rule(single(on("lead")), perTask())
/** Has no value: a text is not less than a number. */
const nonsense = expression(
  { op: "binary", operator: "<", left: { op: "literal", kind: "string", value: "x" }, right: { op: "literal", kind: "integer", value: 1 } },
  { kind: "boolean" },
)
const three = { lead: [{ output: ["A", "B", "C"] }], "worker[0]": [{ after: 30 }], "worker[1]": [{ after: 10 }], "worker[2]": [{ after: 20 }] }

describe("joins", () => {
  it("2 of: fires with the second, and the third is of the same round", () => {
    const played = play(fleet([a, b, c, z], ["a", "b", "c"], [rule(twoOf, send(["z"]))]), {
      sessions: { a: [{ after: 30 }], b: [{ after: 10 }], c: [{ after: 20 }] },
    })
    expect(told(played).filter((line) => line.startsWith("route"))).toEqual(["route.fired r1 b,c -> z"])
    expect(times(played, "turn.started").at(-1)).toBe("20 z")
  })

  it("2 of: lives with one failure and not with two", () => {
    const ir = fleet([a, b, c, z], ["a", "b", "c"], [rule(twoOf, send(["z"]))])
    expect(told(play(ir, { sessions: { a: [{ fail: failed }] } }))).toContain("session.done z")
    expect(told(play(ir, { sessions: { a: [{ fail: failed }], b: [{ fail: failed }] } }))).toContain("session.skipped z upstream")
  })

  it("race: cancels the session that lost, with the reason, and that is no failure", () => {
    const played = play(fleet([a, b, z], ["a", "b"], [rule(join("race", on("a"), on("b")), send(["z"]))]), {
      sessions: { a: [{ hang: true }], b: [{ after: 10 }] },
    })
    expect(played.events.find(({ type }) => type === "session.cancelled")).toMatchObject({
      session: "a",
      reason: { code: "race_lost" },
      was: "working",
      at: 10,
    })
    expect(told(played).at(-1)).toBe("run.ended succeeded")
  })

  it("race: of instances cancels those that are left", () => {
    const race: Join = { kind: "instances", leaf: 0, event: on("worker"), want: { kind: "atLeast", count: 1, race: true } }
    const played = play(fleet([lead, worker, z], ["lead"], [fan, rule(race, send(["z"]))]), { sessions: three })
    expect(times(played, "session.cancelled")).toEqual(["11 worker[0]", "11 worker[2]"])
    expect(told(played)).toContain("route.fired r2 worker[1] -> z")
  })

  it("race: what its action sends to a loser comes after the loser is cancelled, and stays", () => {
    const race = rule(join("race", on("a"), on("b")), [{ action: send(["a", "z"], { max: { count: 1 } }) }])
    const played = play(fleet([a, b, z], ["a", "b"], [race]), { sessions: { a: [{ hang: true }, {}], b: [{ after: 10 }] } })
    expect(told(played).filter((line) => / a\b|route/.test(line))).toEqual([
      "session.started a",
      "turn.started a 1.1",
      "route.fired r1 b -> a,z",
      "turn.cancelled a",
      "session.cancelled a",
      "session.started a",
      "turn.started a 2.1",
      "session.done a",
      // of the next round
      "route.declined",
    ])
    expect(told(played).at(-1)).toBe("run.ended succeeded")
  })

  it("race: a loser does not wait for policies that look at what it is sent", () => {
    const race = rule(join("race", on("a"), on("b")), [{ action: send(["a"], { max: { count: 1 } }) }])
    const played = play(fleet([a, b], ["a", "b"], [race]), { sessions: { a: [{ hang: true }, {}], b: [{ after: 10 }] }, policed: ["route"] })
    expect(told(played).filter((line) => / a\b|route/.test(line))).toEqual([
      "session.started a",
      "turn.started a 1.1",
      "turn.cancelled a",
      "session.cancelled a",
      "route.fired r1 b -> a",
      "session.started a",
      "turn.started a 2.1",
      "session.done a",
      "route.declined",
    ])
  })

  it("race: a fan-out that loses among others loses all its instances", () => {
    const racers: Join = {
      kind: "race",
      of: [
        { kind: "event", leaf: 0, event: on("a") },
        { kind: "instances", leaf: 1, event: on("worker"), want: { kind: "all" } },
      ],
    }
    const played = play(fleet([lead, worker, a, z], ["lead", "a"], [fan, rule(racers, send(["z"]))]), { sessions: { ...three, a: [{ after: 15 }] } })
    expect(times(played, "session.cancelled")).toEqual(["15 worker[0]", "15 worker[2]"])
    expect(told(played).at(-1)).toBe("run.ended succeeded")
  })

  it("race: a loser is cancelled whatever the guards say, and also when its route fails", () => {
    const never = expression({ op: "literal", kind: "boolean", value: false }, { kind: "boolean" })
    for (const guard of [never, nonsense]) {
      const ir = fleet([a, b, z], ["a", "b"], [rule(join("race", on("a"), on("b", "settled")), [{ guard, action: send(["z"]) }])])
      const played = play(ir, { sessions: { a: [{ hang: true }], b: [{ fail: failed }] } })
      expect(times(played, "session.cancelled")).toEqual(["1 a"])
    }
  })

  it("race: a session that has won works on what it was sent besides", () => {
    const again = rule(join("race", on("b"), on("b", "failed")), send(["z"]))
    const twice = rule(single(on("a")), send(["b"]))
    const played = play(fleet([a, b, z], ["a", "b"], [twice, again]), { sessions: { b: [{ after: 10 }, { after: 10 }] } })
    expect(told(played).filter((line) => line.startsWith("session.done b"))).toHaveLength(2)
    expect(times(played, "session.cancelled")).toEqual([])
  })

  it("race: of instances cancels those of the fan-out that won, and none of one that its action begins", () => {
    const race: Join = { kind: "instances", leaf: 0, event: on("worker"), want: { kind: "atLeast", count: 1, race: true } }
    const again = rule(race, perTask({ max: { count: 1 } }))
    const played = play(fleet([lead, worker], ["lead"], [fan, again]), { sessions: { ...three, "worker[4]": [{ after: 5 }] } })
    expect(times(played, "session.cancelled")).toEqual(["11 worker[0]", "11 worker[2]", "12 worker[4]", "12 worker[5]"])
    expect(times(played, "turn.started").filter((line) => line.startsWith("11 "))).toEqual(["11 worker[3]", "11 worker[4]", "11 worker[5]"])
  })

  it("2 of the instances", () => {
    const two: Join = { kind: "instances", leaf: 0, event: on("worker"), want: { kind: "atLeast", count: 2, race: false } }
    const played = play(fleet([lead, worker, z], ["lead"], [fan, rule(two, send(["z"]))]), { sessions: three })
    expect(told(played).filter((line) => line.startsWith("route.fired r2"))).toEqual(["route.fired r2 worker[1],worker[2] -> z"])
    expect(times(played, "session.done")).toContain("31 worker[0]")
  })

  it("each: fires per instance, with that instance's text, and the target takes them one after the other", () => {
    const played = play(
      fleet(
        [lead, worker, z],
        ["lead"],
        [fan, rule(instances(on("worker"), "each"), send(["z"], { prompt: expression({ op: "session", session: "worker", property: "text" }) }))],
      ),
      { sessions: three },
    )
    const prompts = played.events.flatMap((event) => (event.type === "turn.started" && event.session === "z" ? [event.prompt] : []))
    expect(prompts).toEqual(["worker[1] says", "worker[2] says", "worker[0] says"])
    expect(told(played).filter((line) => line === "session.done z")).toHaveLength(3)
  })

  it("select: a person picks an instance, and the workspace of each is kept until then", () => {
    const select = fleet([lead, worker], ["lead"], [fan, rule(instances(on("worker"), "all"), { kind: "select", from: ["worker"] })])
    const closes = (played: ReturnType<typeof play>) =>
      played.commands.flatMap((command) => (command.type === "session.close" && command.session !== "lead" ? [`${command.session} ${command.workspace}`] : []))
    const asked = play(select, { sessions: three })
    expect(asked.events.find(({ type }) => type === "request.opened")).toMatchObject({ detail: { candidates: ["worker[0]", "worker[1]", "worker[2]"] } })
    expect(closes(asked)).toEqual(["worker[1] keep", "worker[2] keep", "worker[0] keep"])
    const picked = play(select, { sessions: three, facts: [{ at: 100, fact: (at) => ({ type: "reply", at, request: "q1", value: "worker[1]", by: "me" }) }] })
    expect(told(picked).at(-1)).toBe("run.ended succeeded")
    expect(closes(picked).slice(3)).toEqual(["worker[0] release", "worker[1] release", "worker[2] release"])
  })

  it("select: of an empty fan-out there is nothing to pick, and nobody is asked", () => {
    const select = fleet([lead, worker], ["lead"], [fan, rule(instances(on("worker"), "all"), { kind: "select", from: ["worker"] })])
    const played = play(select, { sessions: { lead: [{ output: [] }] } })
    expect(played.events.find(({ type }) => type === "route.failed")).toMatchObject({ error: { message: expect.stringContaining("nothing to select from") } })
    expect(told(played).at(-1)).toBe("run.ended failed")
  })

  it.each([
    ["by two rules", [fan, fan]],
    ["by one", [rule(single(on("lead")), { kind: "sequence", actions: [perTask(), perTask()] })]],
    ["one after the other, later", [rule(single(on("lead")), { kind: "sequence", actions: [perTask({ afterMs: 5 }), perTask({ afterMs: 5 })] })]],
  ])("two empty fan-outs that begin at once are two, %s", (_, fans) => {
    const both: Join = {
      kind: "all",
      of: [
        { kind: "instances", leaf: 0, event: on("worker"), want: { kind: "all" } },
        { kind: "event", leaf: 1, event: on("a") },
      ],
    }
    const again = rule(single(on("a")), send(["a"], { max: { count: 1 } }))
    const played = play(fleet([lead, worker, a, z], ["lead", "a"], [...fans, again, rule(both, send(["z"]))]), {
      sessions: { lead: [{ output: [] }], a: [{ after: 20 }, { after: 20 }] },
    })
    expect(told(played).filter((line) => line.endsWith(" a -> z"))).toHaveLength(2)
  })

  it("three activations give three done tokens whatever the timing", () => {
    const ir = fleet(
      [a, b, c, z, session("after")],
      ["a", "b", "c"],
      [...["a", "b", "c"].map((id) => rule(single(on(id)), send(["z"]))), rule(single(on("z")), send(["after"]))],
    )
    for (const after of [0, 5, 100])
      expect(
        told(play(ir, { sessions: { a: [{ after }], z: [{ after: 20 }, { after: 20 }, { after: 20 }] } })).filter((line) => line === "session.done after"),
      ).toHaveLength(3)
  })

  it("a nested join", () => {
    const nested: Join = {
      kind: "all",
      of: [
        single(on("a")),
        {
          kind: "any",
          of: [
            { kind: "event", leaf: 1, event: on("b") },
            { kind: "event", leaf: 2, event: on("c") },
          ],
        },
      ],
    }
    const played = play(fleet([a, b, c, z], ["a", "b", "c"], [rule(nested, send(["z"]))]), {
      sessions: { a: [{ after: 9 }], b: [{ fail: failed }], c: [{ after: 20 }] },
    })
    expect(times(played, "route.fired")).toEqual(["20 r1"])
  })
})

describe("times", () => {
  const within = (otherwise: Parameters<typeof rule>[2]) => fleet([a, b, z], ["a", "b"], [rule(join("all", on("a"), on("b")), send(["z"]), otherwise)])

  it("within: acts when the join has not held in time after its first token", () => {
    const played = play(within({ within: { ms: 100, otherwise: { kind: "fail", reason: literal("too slow") } } }), {
      sessions: { a: [{ after: 50 }], b: [{ hang: true }] },
    })
    expect(played.events.at(-1)).toMatchObject({ type: "run.ended", status: "failed", reason: "too slow", at: 150 })
  })

  it("within: counts from the start of the run when no token came, and is off once the join held", () => {
    const none = play(within({ within: { ms: 100, otherwise: { kind: "complete" } } }), { sessions: { a: [{ hang: true }], b: [{ hang: true }] } })
    expect(none.events.at(-1)).toMatchObject({ status: "succeeded", at: 100 })
    const held = play(within({ within: { ms: 100, otherwise: { kind: "fail", reason: literal("no") } } }), { sessions: { a: [{ after: 90 }] } })
    expect(held.events.at(-1)).toMatchObject({ status: "succeeded", at: 91 })
  })

  it("within: what only a join that can hold no more would start is skipped at once, what its time starts is not", () => {
    const skips = (otherwise: Action) => {
      const played = play(within({ within: { ms: 100, otherwise } }), { sessions: { a: [{ fail: failed }], b: [{ after: 10 }] } })
      return [...times(played, "session.skipped"), ...times(played, "turn.started").filter((line) => line.endsWith("z")), `${played.events.at(-1)?.at} end`]
    }
    expect(skips({ kind: "notify", text: literal("slow") })).toEqual(["1 z", "110 end"])
    expect(skips(send(["z"]))).toEqual(["110 z", "111 end"])
  })

  it("within: a round that one member can still begin has a time that can pass", () => {
    const ir = fleet(
      [a, b, c, z],
      ["a", "b"],
      [
        rule(join("all", on("a"), on("b")), send(["c"]), { within: { ms: 20, otherwise: send(["z"], { max: { count: 1 } }) } }),
        rule(single(on("b", "failed")), { kind: "notify", text: literal("b") }),
      ],
    )
    const played = play(ir, { sessions: { a: [{ after: 10 }], b: [{ after: 5, fail: failed }] } })
    expect([...times(played, "session.skipped"), ...times(played, "session.done")]).toEqual(["5 c", "10 a", "31 z"])
  })

  it("within: the next round has its own time, also when its first token came before the last one fired", () => {
    const ir = fleet(
      [a, b, z],
      ["a", "b"],
      [
        rule(join("all", on("a"), on("b")), send(["z"]), { within: { ms: 100, otherwise: { kind: "notify", text: literal("slow") } } }),
        rule(single(on("a")), send(["a"], { max: { count: 1 } })),
      ],
    )
    const played = play(ir, { sessions: { a: [{ after: 5 }, { after: 5 }], b: [{ after: 20 }], z: [{ after: 500 }] } })
    expect([...times(played, "route.fired"), ...times(played, "notified")]).toEqual(["5 r2", "20 r1", "120 r1", "120 r1"])
  })

  it("every: keeps a run going as long as the next beat would start something", () => {
    const beat = (action: Action, more: ReadonlyArray<Omit<Rule, "id">> = []) =>
      fleet([a, b], ["a"], [rule(single({ source: "every", ms: 10 }), action), ...more])
    const script = { sessions: { a: [{ after: 5 }], b: [{ after: 1 }, { after: 1 }, { after: 1 }] } }
    const ends = (ir: Ir, given: Parameters<typeof play>[1] = script) => {
      const { events } = play(ir, given)
      return [events.filter(({ type }) => type === "route.fired").length, events.at(-1)]
    }
    expect(ends(beat(send(["b"], { max: { count: 3 } })))).toMatchObject([3, { status: "succeeded", at: 31 }])
    expect(ends(beat(send(["b"]), [rule(single(on("b")), { kind: "complete" })]))).toMatchObject([2, { status: "succeeded", at: 11 }])
    // what nobody handled is the end of it
    expect(ends(beat(send(["b"])), { sessions: { a: [{ after: 5 }], b: [{ after: 1 }, { after: 1, fail: failed }] } })).toMatchObject([
      2,
      { status: "failed", at: 21 },
    ])
  })

  it("every: beats while the run lives and does not keep it alive where it starts nothing", () => {
    const played = play(fleet([a], ["a"], [rule(single({ source: "every", ms: 10 }), { kind: "notify", text: literal("still here") })]), {
      sessions: { a: [{ after: 35 }] },
    })
    expect(times(played, "notified")).toEqual(["10 r1", "20 r1", "30 r1"])
    expect(played.events.at(-1)).toMatchObject({ type: "run.ended", at: 35 })
  })

  it("idle: once per silence; speaking begins a new one, and being asked is no silence", () => {
    const ir = fleet(
      [session("a", { permissions: "ask" })],
      ["a"],
      [rule(single({ source: "idle", session: "a", ms: 10 }), { kind: "notify", text: literal("quiet") })],
    )
    const facts = [
      { at: 25, fact: (at: number): Fact => ({ type: "agent.said", at, session: "a", turn: 1, attempt: 1, event: { kind: "cap.text_chunk", text: "hm" } }) },
      {
        at: 40,
        fact: (at: number): Fact => ({
          type: "agent.said",
          at,
          session: "a",
          turn: 1,
          attempt: 1,
          event: { kind: "cap.permission.request", req_id: "x", risk_level: "high" },
        }),
      },
      { at: 90, fact: (at: number): Fact => ({ type: "reply", at, request: "q1", value: "deny", by: "me" }) },
    ]
    expect(times(play(ir, { sessions: { a: [{ after: 96 }] }, facts }), "notified")).toEqual(["10 r1", "35 r1"])
  })

  it("after: the send is fired at once and comes later; a run that ends before cancels it", () => {
    const ir = fleet([a, b], ["a"], [rule(single(on("a")), send(["b"], { afterMs: 60 }))])
    const played = play(ir)
    expect([...times(played, "route.fired"), ...times(played, "turn.started")]).toEqual(["1 r1", "0 a", "61 b"])
    const cut = play(ir, { facts: [{ at: 30, fact: (at) => ({ type: "cancel", at, target: { kind: "fleet" }, reason: { code: "user" } }) }] })
    expect(cut.events.filter(({ type }) => type === "session.cancelled")).toMatchObject([{ session: "b", was: "pending", reason: { code: "user" }, at: 30 }])
  })

  it("budget.reached: of money, of turns and of wall time", () => {
    const at = (percent: number) => rule(single({ source: "budget", percent }), { kind: "notify", text: literal(`${percent}`) })
    const spends = { events: [0.3, 0.3, 0.3].map((usd) => ({ kind: "cap.usage", cost_usd_estimate: usd })) }
    const rules = [at(50), at(90)]
    expect(times(play(fleet([a], ["a"], rules, { budget: { usd: 1 } }), { sessions: { a: [spends] } }), "notified")).toEqual(["0 r1", "0 r2"])
    expect(times(play(fleet([a, b], ["a", "b"], rules, { budget: { turns: 4 } })), "notified")).toEqual(["0 r1"])
    expect(times(play(fleet([a], ["a"], rules, { budget: { wallMs: 100 } }), { sessions: { a: [{ after: 95 }] } }), "notified")).toEqual(["50 r1", "90 r2"])
  })

  it("a session that a rule waits on when it asks", () => {
    const ir = fleet(
      [session("a", { permissions: "ask" }), z],
      ["a"],
      [rule(single(on("a", "asked")), { kind: "cancel", target: { kind: "session", session: "a" } })],
    )
    const lines = told(play(ir, { sessions: { a: [{ after: 9, events: [{ kind: "cap.permission.request", req_id: "x", risk_level: "high" }] }] } }))
    expect(lines.slice(-4)).toEqual(["turn.cancelled a", "request.withdrawn", "session.cancelled a", "run.ended succeeded"])
  })
})

describe("actions", () => {
  it("use: the plugin is asked while others go on, and its answer is a send", () => {
    const ir = fleet([a, b, z], ["a", "b"], [rule(single(on("a")), { kind: "use", plugin: { use: "tickets", with: null } })])
    const played = play(ir, { sessions: { b: [{ after: 20 }] }, routed: { after: 50, actions: [{ send: "z", prompt: "look" }] } })
    expect(played.commands.find(({ type }) => type === "route.ask")).toMatchObject({ plugin: { use: "tickets" }, session: "a" })
    expect(times(played, "session.done")).toEqual(["1 a", "20 b", "52 z"])
    expect(played.events.find((event) => event.type === "turn.started" && event.session === "z")).toMatchObject({ prompt: "look", rule: "r1", from: ["a"] })
  })

  it("use: an answer that names nobody fails the route and the run", () => {
    const played = play(fleet([a], ["a"], [rule(single(on("a")), { kind: "use", plugin: { use: "tickets", with: null } })]), {
      routed: { after: 5, actions: [{ to: "nobody" }] },
    })
    expect(told(played).slice(-2)).toEqual(["route.failed", "run.ended failed"])
  })

  it("undo: while the run goes on, with the prompt and the output that it undoes", () => {
    const ir = fleet(
      [session("a", { compensate: "u" }), b, session("u")],
      ["a"],
      [
        rule(single(on("a")), { kind: "sequence", actions: [{ kind: "undo", session: "a" }, send(["b"])] }),
        rule(single(on("a", "compensated")), { kind: "notify", text: literal("undone") }),
      ],
    )
    const played = play(ir, { task: "do it", sessions: { a: [{ text: "did it" }] } })
    expect(played.events.find((event) => event.type === "turn.started" && event.session === "u")).toMatchObject({
      prompt: "do it\n\n--- output from a ---\ndid it",
      rule: "compensate",
      from: ["a"],
    })
    expect(told(played)).toEqual(expect.arrayContaining(["session.compensated a", "notified", "session.done b", "run.ended succeeded"]))
  })

  it("undo: of what works again waits until it has settled", () => {
    const ir = fleet(
      [session("a", { compensate: "u" }), b, session("u")],
      ["a", "b"],
      [rule(single(on("a")), send(["a"], { max: { count: 1 } })), rule(single(on("b")), { kind: "undo", session: "a" })],
    )
    const played = play(ir, { sessions: { a: [{ after: 5 }, { after: 50 }], b: [{ after: 10 }] } })
    expect(times(played, "session.compensating")).toEqual(["55 a"])
    expect(times(played, "session.compensated")).toHaveLength(1)
  })

  it("retry: of an instance takes its place under the limit again", () => {
    const limited = { ...fan, cases: fan.cases.map((one) => ({ action: one.action.kind === "for" ? { ...one.action, limit: 1 } : one.action })) }
    const again = rule(instances(on("worker", "failed"), "each"), { kind: "retry", id: "again", session: "worker", fresh: false, max: { count: 5 } })
    const played = play(fleet([lead, worker], ["lead"], [limited, again]), {
      sessions: { lead: [{ output: ["A", "B", "C", "D"] }], worker: [{ after: 5, fail: failed }, { after: 5, fail: failed }, { after: 5 }] },
    })
    let live = 0
    for (const event of played.events) {
      if (event.type === "turn.started" && event.session !== "lead") live += 1
      if ((event.type === "session.done" || event.type === "session.failed") && event.session !== "lead") live -= 1
      expect(live).toBeLessThanOrEqual(1)
    }
    expect(played.events.filter((event) => event.type === "session.failed")).toHaveLength(2)
    expect(told(played).at(-1)).toBe("run.ended succeeded")
  })

  it("cancel others: spares what fired the rule and what it sends to", () => {
    const ir = fleet(
      [a, b, c, z],
      ["a", "b", "c"],
      [rule(single(on("a")), { kind: "sequence", actions: [send(["z"]), { kind: "cancel", target: { kind: "others" } }] })],
    )
    expect(times(play(ir, { sessions: { a: [{ after: 9 }], b: [{ hang: true }], c: [{ hang: true }] } }), "session.cancelled")).toEqual(["9 b", "9 c"])
  })

  it("a turn that its driver cancelled unasked is no success, unless a rule takes care of it", () => {
    const unasked = { a: [{ stops: "cancelled" as const }] }
    const alone = play(fleet([a, z], ["a"], [rule(single(on("a")), send(["z"]))]), { sessions: unasked })
    expect(told(alone)).toContain("session.cancelled a")
    expect(alone.events.at(-1)).toMatchObject({
      status: "failed",
      reason: "a failed: driver_error: the driver cancelled the turn, and nobody had asked for that",
    })
    for (const event of ["cancelled", "settled"] as const) {
      const handled = play(fleet([a, z], ["a"], [rule(single(on("a", event)), send(["z"]))]), { sessions: unasked })
      expect(told(handled).slice(-2)).toEqual(["session.done z", "run.ended succeeded"])
    }
    const byPerson = play(fleet([a, b], ["a", "b"], []), {
      sessions: { a: [{ hang: true }] },
      facts: [{ at: 5, fact: (at) => ({ type: "cancel", at, target: { kind: "turn", session: "a" }, reason: { code: "user" } }) }],
    })
    expect(told(byPerson).at(-1)).toBe("run.ended succeeded")
  })

  it.each<readonly [string, Action, EventPattern]>([
    ["a gate", { kind: "gate", gate: "g", prompt: literal("go on?") }, { source: "gate", gate: "g", event: "approved" }],
    ["a selection", { kind: "select", from: ["a", "b"] }, { source: "human" }],
  ])("who waits for the answer to %s when the run is cancelled is skipped, and who waits for that one", (_, asks, answered) => {
    const ir = fleet(
      [a, b, c, z],
      ["a"],
      [rule(single(on("a")), asks), rule(single(answered), send(["b"])), rule(single(on("b")), send(["c"])), rule(single(on("c", "failed")), send(["z"]))],
    )
    const cancelled = play(ir, { facts: [{ at: 9, fact: (at) => ({ type: "cancel", at, target: { kind: "fleet" }, reason: { code: "user" } }) }] })
    expect(told(cancelled).slice(-5)).toEqual([
      "request.withdrawn",
      "session.skipped b upstream",
      "session.skipped c upstream",
      "session.skipped z upstream",
      "run.ended cancelled",
    ])
  })

  it("rules that set each other off at once and for ever end the run, and the step", () => {
    const ir = fleet(
      [a],
      ["a"],
      [rule(single(on("a", "settled")), { kind: "sequence", actions: [send(["a"]), { kind: "cancel", target: { kind: "session", session: "a" } }] })],
    )
    expect(play(ir).events.at(-1)).toMatchObject({ type: "run.ended", status: "failed", reason: "the rules set each other off without end" })
  })

  it.each([
    ["guard", [{ guard: nonsense, action: send(["z"]) }]],
    [
      "list",
      [{ action: { kind: "for" as const, variable: "t", list: expression({ op: "session", session: "a", property: "output" }), send: send(["worker"]) } }],
    ],
    ["template", [{ action: send(["z"], { prompt: nonsense }) }]],
  ])("a %s that cannot be evaluated fails the session before it is done, and a rule may handle that", (_, rules) => {
    const handle = rule(single({ source: "session", session: "a", event: "failed", kinds: ["routing_error"] }), send(["b"]))
    const lines = told(play(fleet([a, b, z, worker], ["a"], [rule(single(on("a")), rules)])))
    expect(lines.filter((line) => !line.startsWith("session.skipped")).slice(-3)).toEqual([
      "route.failed",
      "session.failed a routing_error",
      "run.ended failed",
    ])
    const handled = told(play(fleet([a, b, z, worker], ["a"], [rule(single(on("a")), rules), handle])))
    expect(handled).not.toContain("session.done a")
    expect(handled.at(-1)).toBe("run.ended succeeded")
  })

  it("what an earlier rule does with the same end counts when a later one is tried", () => {
    const queued = expression(
      { op: "binary", operator: "==", left: { op: "session", session: "b", property: "status" }, right: { op: "literal", kind: "string", value: "queued" } },
      { kind: "boolean" },
    )
    const first = rule(single(on("a")), send(["b"]))
    const lines = (cases: ReadonlyArray<Case>) => told(play(fleet([a, b, z], ["a"], [first, rule(single(on("a")), cases)])))
    const breaks = lines([{ guard: queued, action: send(["z"], { prompt: nonsense }) }, { action: send(["z"]) }])
    expect(breaks).not.toContain("session.done a")
    expect(breaks).toContain("session.failed a routing_error")
    const holds = lines([{ guard: queued, action: send(["z"]) }, { action: send(["z"], { prompt: nonsense }) }])
    expect(holds).toEqual(expect.arrayContaining(["session.done a", "session.done z", "run.ended succeeded"]))
    // instances that an earlier rule makes can be selected from
    const asks = rule(single(on("lead")), { kind: "select", from: ["worker"] })
    expect(told(play(fleet([lead, worker], ["lead"], [fan, asks]), { sessions: three }))).toContain("request.opened")
  })

  it("only the routing that this end sets off is tried: a join fails the last to come", () => {
    const lines = told(
      play(fleet([a, b, z], ["a", "b"], [rule(join("all", on("a"), on("b")), send(["z"], { prompt: nonsense }))]), { sessions: { b: [{ after: 9 }] } }),
    )
    expect(lines.slice(-4)).toEqual(["route.failed", "session.failed b routing_error", "session.skipped z upstream", "run.ended failed"])
  })

  it("a session that two leaves of a join wait for is tried with both, and the end of a bounded send as what follows it", () => {
    const both = rule(join("all", on("a"), on("a", "settled")), send(["z"], { prompt: nonsense }))
    expect(told(play(fleet([a, z], ["a"], [both])))).not.toContain("session.done a")
    const bounded = rule(single(on("a")), send(["a"], { max: { count: 1, then: send(["z"], { prompt: nonsense }) } }))
    expect(told(play(fleet([a, z], ["a"], [bounded]))).filter((line) => /^(session\.(done|failed)|route)/.test(line))).toEqual([
      "session.done a",
      "route.fired r1 a -> a",
      "route.failed",
      "session.failed a routing_error",
    ])
  })

  it("nothing is tried of what stands behind the end of the run", () => {
    const broken = rule(single(on("a")), send(["z"], { prompt: nonsense }))
    const done: Action = { kind: "complete" }
    const many: ReadonlyArray<Action> = [
      done,
      { kind: "sequence", actions: [send(["b"]), done] },
      send(["b"], { max: { count: 0, then: done } }),
      { kind: "cancel", target: { kind: "fleet" } },
    ]
    for (const action of many) {
      const lines = told(play(fleet([a, b, z], ["a"], [rule(single(on("a")), action), broken])))
      expect(lines).toContain("session.done a")
      expect(lines).not.toContain("route.failed")
    }
    expect(told(play(fleet([a, b, z], ["a"], [broken, rule(single(on("a")), done)])))).not.toContain("session.done a")
  })

  it("a guard that cannot be evaluated where no session is to blame fails the run", () => {
    const lines = told(play(fleet([a, z], ["a"], [rule(single({ source: "fleet" }), [{ guard: nonsense, action: send(["z"]) }])])))
    expect(lines).toContain("route.failed")
    expect(lines).toContain("session.done a")
    expect(lines.at(-1)).toBe("run.ended failed")
  })

  it("a case that nothing matches declines, and counts no failure as handled", () => {
    const no = expression({ op: "literal", kind: "boolean", value: false }, { kind: "boolean" })
    const lines = told(
      play(fleet([a, z], ["a"], [rule(single(on("a", "failed")), [{ guard: no, action: send(["z"]) }])]), { sessions: { a: [{ fail: failed }] } }),
    )
    expect(lines).toContain("route.declined")
    expect(lines.at(-1)).toBe("run.ended failed")
  })
})
