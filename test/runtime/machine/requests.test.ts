import { describe, expect, it } from "vitest"
import type { AgentEvent, Fact } from "../../../runtime/machine/index.ts"
import { fleet, literal, on, rule, send, session, single } from "./fleet.ts"
import { play, told, type Script } from "./play.ts"

const ask = (ask_id: string, more: Partial<AgentEvent> = {}): AgentEvent => ({ kind: "cap.ask_user", ask_id, prompt: `${ask_id}?`, ...more })
const permission = (req_id: string, more: Partial<AgentEvent> = {}): AgentEvent => ({
  kind: "cap.permission.request",
  req_id,
  tool: "Bash",
  risk_level: "high",
  ...more,
})
const reply = (at: number, request: string, value: string) => ({ at, fact: (now: number): Fact => ({ type: "reply", at: now, request, value, by: "me" }) })
const say = (at: number, text: string, interrupt = false) => ({
  at,
  fact: (now: number): Fact => ({ type: "user.sent", at: now, session: "a", text, ...(interrupt ? { interrupt } : {}) }),
})
const does = (at: number, fact: { readonly type: "pause" | "resume" }) => ({ at, fact: (now: number): Fact => ({ ...fact, at: now }) })
const one = fleet([session("a", { permissions: "ask" })], ["a"], [])
const busy = (events: ReadonlyArray<AgentEvent>, facts: Script["facts"] = []): Script => ({ sessions: { a: [{ after: 50, events }] }, facts })
const answers = (script: Script) =>
  play(one, script).commands.flatMap((command) => (command.type === "session.answer" ? [`${command.agentRequest}=${JSON.stringify(command.reply)}`] : []))
const codes = (script: Script) => play(one, script).rejections.map(({ code }) => code)
const prompts = (played: ReturnType<typeof play>) => played.events.flatMap((event) => (event.type === "turn.started" ? [`${event.rule}: ${event.prompt}`] : []))

describe("requests", () => {
  it("answers to questions return in the order of the questions, whatever the order of the replies", () => {
    expect(answers(busy([ask("x"), ask("y"), ask("z")], [reply(3, "q3", "3"), reply(4, "q1", "1"), reply(5, "q2", "2")]))).toEqual(['x="1"', 'y="2"', 'z="3"'])
  })

  it("the session works on only when every request of it is answered", () => {
    const { steps, facts } = play(one, busy([ask("x"), ask("y"), ask("z")], [reply(3, "q2", "2"), reply(4, "q1", "1"), reply(5, "q3", "3")]))
    const open = steps.flatMap(({ state }, index) =>
      facts[index]?.type === "reply" ? [`${state.sessions.get("a")?.requests.length} ${state.sessions.get("a")?.status}`] : [],
    )
    expect(open).toEqual(["2 waiting", "1 waiting", "0 working"])
  })

  it.each([
    ["allow", "low", "allow", "permissions: allow, risk: low"],
    ["bypass", "medium", "allow", "permissions: bypass, risk: medium"],
    ["deny", "high", "deny", "permissions: deny, risk: high"],
  ] as const)("what the mode %s decides at %s risk is told with its reason", (permissions, risk_level, effect, reason) => {
    const { events } = play(fleet([session("a", { permissions })], ["a"], []), busy([permission("x", { risk_level })]))
    expect(events.filter(({ type }) => type === "policy.decided")).toMatchObject([
      { boundary: "tool", session: "a", pack: "permissions", effect, reasons: [reason] },
    ])
  })

  it("permissions are answered at once, each by its own id", () => {
    expect(answers(busy([permission("x"), permission("y")], [reply(3, "q2", "deny"), reply(4, "q1", "allow_once")]))).toEqual(['y="deny"', 'x="allow_once"'])
  })

  it("an agent calls a method of ours and gets its result", () => {
    const script = busy([{ kind: "cap.reverse_rpc", rpc_id: "r", method: "user_io.input" }], [reply(3, "q1", "typed")])
    expect(told(play(one, script))).toContain("request.opened a")
    expect(answers(script)).toEqual(['r="typed"'])
  })

  it.each([
    ["a permission", permission("x", { timeout_seconds: 0.01 }), 'x="deny"'],
    ["a question", ask("x", { timeout_seconds: 0.01 }), "x=null"],
    ["a call", { kind: "cap.reverse_rpc", rpc_id: "x", method: "user_io.show", timeout_seconds: 0.01 }, 'x={"ok":false}'],
  ] as const)("%s that nobody answers in time expires, and the agent hears so", (_, event, answer) => {
    const played = play(one, busy([event]))
    expect(played.events.find(({ type }) => type === "request.withdrawn")).toMatchObject({ at: 10, reason: "expired" })
    expect(answers(busy([event]))).toEqual([answer])
    expect(told(played).at(-1)).toBe("run.ended succeeded")
  })

  it("a question withdrawn by its agent is gone, and those behind it are answered", () => {
    const script = busy([ask("x"), ask("y"), { kind: "cap.request.withdrawn", req_id: "x" }], [reply(3, "q1", "late"), reply(4, "q2", "2")])
    expect(answers(script)).toEqual(['y="2"'])
    expect(codes(script)).toEqual(["not_waiting"])
  })

  it("every reply that changes nothing says why", () => {
    const script = busy(
      [permission("x"), ask("y")],
      [
        reply(2, "q9", "allow_once"),
        reply(3, "q1", "perhaps"),
        reply(4, "q1", "deny"),
        reply(5, "q1", "deny"),
        reply(60, "q2", "late"),
        reply(70, "q2", "late"),
      ],
    )
    expect(codes(script)).toEqual(["unknown_request", "invalid_reply", "already_answered", "run_ended", "run_ended"])
    expect(play(one, script).rejections.map(({ message }) => message)).toContain(
      "this is no answer to a permission request: expected allow_once, allow_always, allow, deny, deny_always",
    )
    const cancelled = busy(
      [permission("x")],
      [{ at: 3, fact: (at) => ({ type: "cancel", at, target: { kind: "turn", session: "a" }, reason: { code: "user" } }) }, reply(3, "q1", "deny")],
    )
    expect(
      play(fleet([session("a", { permissions: "ask" }), session("b")], ["a", "b"], []), {
        ...cancelled,
        sessions: { ...cancelled.sessions, b: [{ after: 90 }] },
      }).rejections.map(({ code }) => code),
    ).toEqual(["not_waiting"])
  })

  it.each([
    ["its turn ends", busy([ask("x")]), "the turn is over"],
    [
      "its session is cancelled",
      busy([ask("x")], [{ at: 3, fact: (at) => ({ type: "cancel", at, target: { kind: "session", session: "a" }, reason: { code: "user" } }) }]),
      "the session is cancelled",
    ],
    ["its driver dies", busy([ask("x")], [{ at: 3, fact: (at) => ({ type: "session.closed", at, session: "a" }) }]), "the driver is gone"],
  ] satisfies ReadonlyArray<readonly [string, Script, string]>)("a request is withdrawn when %s", (_, script, reason) => {
    expect(play(one, script).events.filter(({ type }) => type === "request.withdrawn")).toMatchObject([{ request: "q1", reason }])
  })
})

describe("breakpoints", () => {
  const ir = fleet([session("a"), session("b")], ["a"], [rule(single(on("a")), send(["b"]))])
  const set = (at: number, action: "set" | "clear", id: string) => ({ at, fact: (now: number): Fact => ({ type: "breakpoint", at: now, action, session: id }) })
  const slow: Script = { sessions: { a: [{ after: 10 }] } }

  it("stops the run once before the session starts, and goes on when told", () => {
    const lines = told(play(ir, { ...slow, facts: [set(5, "set", "b"), reply(40, "q1", "continue")] }))
    const from = lines.indexOf("session.done a")
    expect(lines.slice(from)).toEqual([
      "session.done a",
      "route.fired r1 a -> b",
      "request.opened b",
      "run.paused",
      "request.answered",
      "run.resumed",
      "session.started b",
      "turn.started b 1.1",
      "session.done b",
      "run.ended succeeded",
    ])
  })

  it("is passed by resuming, twice the same as once", () => {
    const played = play(ir, { ...slow, facts: [set(5, "set", "b"), does(40, { type: "resume" }), does(41, { type: "resume" })] })
    expect(told(played).filter((line) => line.startsWith("run.") || line.startsWith("request."))).toEqual([
      "run.started",
      "request.opened b",
      "run.paused",
      "run.resumed",
      "request.withdrawn",
      "run.ended succeeded",
    ])
    expect(played.rejections).toEqual([])
  })

  it("passed in a run that somebody paused leaves it paused", () => {
    const lines = told(
      play(ir, { ...slow, facts: [set(5, "set", "b"), does(30, { type: "pause" }), reply(40, "q1", "continue"), does(90, { type: "resume" })] }),
    )
    expect(lines.slice(lines.indexOf("run.paused"))).toEqual([
      "run.paused",
      "request.answered",
      "run.resumed",
      "session.started b",
      "turn.started b 1.1",
      "session.done b",
      "run.ended succeeded",
    ])
  })

  it("can cancel what it stops before", () => {
    const lines = told(play(ir, { ...slow, facts: [set(5, "set", "b"), reply(40, "q1", "cancel")] }))
    expect(lines.slice(-3)).toEqual(["run.resumed", "session.cancelled b", "run.ended succeeded"])
  })

  it("that is cleared stops nothing; one on nobody is refused", () => {
    const played = play(ir, { ...slow, facts: [set(5, "set", "b"), set(6, "clear", "b"), set(7, "set", "nobody")] })
    expect(told(played)).not.toContain("run.paused")
    expect(played.rejections.map(({ code }) => code)).toEqual(["unknown_session"])
  })
})

describe("pause", () => {
  it("lets turns that run finish and starts nothing", () => {
    const ir = fleet(
      [session("lead"), session("a"), session("b")],
      ["lead"],
      [rule(single(on("lead")), send(["a"], { bySubtask: true })), rule(single(on("a")), send(["b"]))],
    )
    const script: Script = {
      sessions: { lead: [{ text: '```fleet-subtasks\n["1", "2"]\n```' }], a: [{ after: 10 }, { after: 10 }] },
      facts: [does(5, { type: "pause" }), does(6, { type: "pause" }), does(100, { type: "resume" })],
    }
    const started = play(ir, script).events.flatMap((event) =>
      event.type === "turn.started" || event.type === "turn.done" || event.type === "run.paused" || event.type === "run.resumed"
        ? [`${event.at} ${event.type} ${"session" in event ? event.session : ""}`.trim()]
        : [],
    )
    expect(started).toEqual([
      "0 turn.started lead",
      "1 turn.done lead",
      "1 turn.started a",
      "5 run.paused",
      "11 turn.done a",
      "100 run.resumed",
      "100 turn.started a",
      "110 turn.done a",
      "110 turn.started b",
      "111 turn.done b",
    ])
  })

  it("ends a run in which nothing is left, but not one that is to be undone, and not one that a rule has paused", () => {
    const ends = (ir: Parameters<typeof play>[0], fail = false) => {
      const no = { kind: "driver_error", message: "no" } as const
      const script: Script = { sessions: { a: [{ after: 10 }], b: [{ after: 20, ...(fail ? { fail: no } : {}) }] } }
      const { events } = play(ir, { ...script, facts: [does(5, { type: "pause" }), does(100, { type: "resume" })] })
      return events.flatMap((event) =>
        event.type === "run.ended" || event.type === "session.compensating"
          ? [`${event.at} ${event.type}`]
          : event.type === "run.resumed"
            ? [`${event.at}`]
            : [],
      )
    }
    const two = [session("a"), session("b")]
    expect(ends(fleet(two, ["a", "b"], []))).toEqual(["20 run.ended"])
    expect(ends(fleet(two, ["a", "b"], []), true)).toEqual(["20 run.ended"])
    expect(ends(fleet([session("a", { compensate: "u" }), session("b"), session("u")], ["a", "b"], []), true)).toEqual([
      "100",
      "100 session.compensating",
      "101 run.ended",
    ])
    expect(ends(fleet(two, ["a", "b"], [rule(single(on("a")), { kind: "pause" })]))).toEqual(["100", "100 run.ended"])
  })

  it("a rule pauses with its reason, and a paused run is cancelled at once", () => {
    const ir = fleet(
      [session("a"), session("b")],
      ["a"],
      [rule(single(on("a")), { kind: "sequence", actions: [{ kind: "pause", reason: literal("look first") }, send(["b"])] })],
    )
    const { events } = play(ir, { facts: [{ at: 30, fact: (at) => ({ type: "cancel", at, target: { kind: "fleet" }, reason: { code: "user" } }) }] })
    expect(events.find(({ type }) => type === "run.paused")).toMatchObject({ reason: "look first" })
    expect(events.find(({ type }) => type === "session.cancelled")).toMatchObject({ session: "b", was: "queued", at: 30 })
    expect(events.at(-1)).toMatchObject({ type: "run.ended", status: "cancelled", at: 30 })
  })
})

describe("a turn that is cancelled", () => {
  const cancel = (at: number, kind: "turn" | "session" = "turn") => ({
    at,
    fact: (now: number): Fact => ({ type: "cancel", at: now, target: { kind, session: "a" }, reason: { code: "user" } }),
  })
  // what an open gate may yet send to stays
  const talk = fleet(
    [session("a")],
    [],
    [
      rule(single({ source: "fleet" }), { kind: "gate", gate: "over", prompt: literal("over?") }),
      rule(single({ source: "gate", gate: "over", event: "expired" }), send(["a"])),
    ],
  )
  const usage = { mode: "cumulative", usd: 1, tokens: 10 } as const
  const drives = (script: Script): ReadonlyArray<string> =>
    play(talk, script).steps.flatMap(({ commands }, at) =>
      commands.flatMap(({ type }) => (/^(session\.(open|close)|turn\.(start|cancel))$/u.test(type) ? [`${play(talk, script).facts[at]?.at} ${type}`] : [])),
    )

  it("is over at once for everybody, and its agent hears what comes next", () => {
    const script: Script = { sessions: { a: [{ hang: true }, { text: "heard" }] }, facts: [say(0, "go"), cancel(5), say(9, "go on")] }
    expect(drives(script)).toEqual(["0 session.open", "0 turn.start", "5 turn.cancel", "9 turn.start"])
    const { events } = play(talk, script)
    expect(events.flatMap(({ at, type }) => (/^(turn|session)\.(cancelled|done)$/u.test(type) ? [`${at} ${type}`] : []))).toEqual([
      "5 turn.cancelled",
      "5 session.cancelled",
      "10 turn.done",
      "10 session.done",
    ])
    expect(events.filter(({ type }) => type === "session.ready")).toHaveLength(1)
  })

  it("is waited for before the next begins; a driver that does not end it is ended", () => {
    const facts = [say(0, "go"), cancel(5), say(5, "go on")]
    expect(drives({ sessions: { a: [{ hang: true }, {}] }, facts })).toEqual(["0 session.open", "0 turn.start", "5 turn.cancel", "6 turn.start"])
    expect(drives({ sessions: { a: [{ hang: true }, {}] }, facts, driver: { deaf: true } })).toEqual([
      "0 session.open",
      "0 turn.start",
      "5 turn.cancel",
      "5005 session.close",
      "5005 session.open",
      "5006 turn.start",
    ])
    const nobodyWaits = drives({ sessions: { a: [{ hang: true }] }, facts: [say(0, "go"), cancel(5)], driver: { deaf: true } })
    expect(nobodyWaits.slice(2)).toEqual(["5 turn.cancel", "5005 session.close"])
  })

  it("ends its driver where that cannot stop a turn, and so does a session that is cancelled", () => {
    const cannot = drives({ sessions: { a: [{ hang: true }] }, facts: [say(0, "go"), cancel(5)], driver: { cancelsTurns: false } })
    expect(cannot).toContain("5 session.close")
    expect(drives({ sessions: { a: [{ hang: true }] }, facts: [say(0, "go"), cancel(5, "session")] })).toContain("5 session.close")
    // a second word does not wait for the first
    expect(drives({ sessions: { a: [{ hang: true }] }, facts: [say(0, "go"), cancel(5), say(5, "more"), cancel(5, "session")] })).toContain("5 session.close")
  })

  it("still costs what it cost, and leaves what it made", () => {
    const ended = {
      at: 7,
      fact: (now: number): Fact => ({ type: "turn.ended", at: now, session: "a", turn: 1, attempt: 1, end: { stop: "cancelled" }, usage, branch: "work" }),
    }
    const { state, events } = play(talk, { sessions: { a: [{ hang: true }] }, facts: [say(0, "go"), cancel(5), ended], driver: { deaf: true } })
    expect([state.usd, state.sessions.get("a")?.branch, state.sessions.get("a")?.status]).toEqual([1, "work", "cancelled"])
    expect(events.filter(({ type }) => type === "turn.cancelled" || type === "turn.done")).toHaveLength(1)
  })

  it("by its agent itself leaves the agent there", () => {
    const ended = { at: 5, fact: (now: number): Fact => ({ type: "turn.ended", at: now, session: "a", turn: 1, attempt: 1, end: { stop: "cancelled" } }) }
    expect(drives({ sessions: { a: [{ hang: true }, {}] }, facts: [say(0, "go"), ended, say(9, "go on")] })).toEqual([
      "0 session.open",
      "0 turn.start",
      "9 turn.start",
    ])
  })

  it("is over too when its driver dies, and when the run is taken up again", () => {
    const died = { at: 7, fact: (now: number): Fact => ({ type: "session.closed", at: now, session: "a" }) }
    const lost = { at: 7, fact: (now: number): Fact => ({ type: "run.recovered", at: now, resumable: [] }) }
    for (const fact of [died, lost]) {
      const begun = drives({ sessions: { a: [{ hang: true }, {}] }, facts: [say(0, "go"), cancel(5), say(6, "go on"), fact], driver: { deaf: true } })
      expect(begun.slice(2, 4)).toEqual(["5 turn.cancel", "7 session.open"])
      expect(begun.at(-1)).toMatch(/^[78] turn\.start$/u)
    }
  })
})

describe("messages", () => {
  it("reach a turn that runs, also while it asks for a permission", () => {
    const played = play(one, busy([permission("x")], [say(2, "hurry"), reply(4, "q1", "deny")]))
    expect(played.commands.filter(({ type }) => type === "session.message" || type === "session.answer")).toMatchObject([
      { text: "hurry" },
      { agentRequest: "x", reply: "deny" },
    ])
    expect(told(played)).toContain("message.queued a")
  })

  it("are the next prompt of the activation when the driver takes none while a turn runs", () => {
    const played = play(one, { task: "go", driver: { takesMessages: false }, ...busy([], [say(2, "and hurry"), say(3, "thanks")]) })
    expect(prompts(played)).toEqual(["start: go", "user: and hurry", "user: thanks"])
    expect(told(played).filter((line) => line.startsWith("session.done"))).toEqual(["session.done a"])
  })

  it("that wait when the session fails are undeliverable", () => {
    const played = play(one, {
      driver: { takesMessages: false },
      sessions: { a: [{ after: 9, fail: { kind: "driver_error", message: "" } }] },
      facts: [say(2, "hurry")],
    })
    expect(played.events.find(({ type }) => type === "message.undeliverable")).toMatchObject({ session: "a", reason: "the session is failed" })
  })

  it("activate a session that has settled", () => {
    const ir = fleet([session("a"), session("b")], ["a", "b"], [])
    expect(prompts(play(ir, { sessions: { b: [{ after: 50 }] }, task: "go", facts: [say(9, "again")] }))).toEqual(["start: go", "start: go", "user: again"])
  })

  it("can interrupt: the partial text is kept and the correction goes with it into the next turn", () => {
    const chunk: AgentEvent = { kind: "cap.text_chunk", text: "half of" }
    const played = play(one, { task: "go", sessions: { a: [{ after: 50, events: [chunk] }, { text: "right" }] }, facts: [say(5, "the other one", true)] })
    expect(prompts(played)).toEqual(["start: go", "user: go\n\n--- interrupted; what you had said ---\nhalf of\n\n--- correction ---\nthe other one"])
    expect(told(played).filter((line) => /^(turn|session)\./.test(line))).toEqual([
      "session.started a",
      "turn.started a 1.1",
      "turn.cancelled a",
      "turn.started a 2.1",
      "session.done a",
    ])
    expect(played.events.find(({ type }) => type === "turn.cancelled")).toMatchObject({ at: 5, reason: { code: "interrupted", detail: "the other one" } })
  })

  it("interrupt a driver that cannot cancel, or does not, by ending it", () => {
    const cannot = play(one, { driver: { cancelsTurns: false }, ...busy([], [say(5, "no", true)]) })
    expect(cannot.commands.map(({ type }) => type).filter((type) => type.startsWith("session.") || type === "turn.start")).toEqual([
      "session.open",
      "turn.start",
      "session.close",
      "session.open",
      "turn.start",
      "session.close",
    ])
    const deaf = play(one, { sessions: { a: [{ hang: true }] }, facts: [say(5, "no", true)], driver: { deaf: true } })
    expect(deaf.events.filter(({ type }) => type === "turn.started").map(({ at }) => at)).toEqual([0, 5006])
  })
})
