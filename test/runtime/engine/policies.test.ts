import { describe, expect, it } from "vitest"
import type { Ir, Json } from "#ir"
import { textOf, type Boundary, type DriverEvent, type Frame, type PolicyDecision, type PolicyPayload } from "#sdk"
import { builtinPolicies } from "#plugins"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import { simulate } from "../../../runtime/engine/simulate.ts"
import { startFleet } from "../../../runtime/engine/start-fleet.ts"
import type { AnyDriver, AnyPolicyPack, Policies, RunOptions, UserCommand } from "../../../runtime/engine/run.ts"
import type { FleetEvent } from "../../../runtime/machine/protocol.ts"
import * as Effect from "effect/Effect"
import { fakeDriver, fleet, followUp, loggedWorkspaces, pipeline, saysOk, session } from "./fleet.ts"

const secret = `ghp_${"a".repeat(36)}`

const pack = (
  boundaries: ReadonlyArray<Boundary>,
  decide: (boundary: Boundary, payload: PolicyPayload, session?: string) => PolicyDecision | undefined,
): AnyPolicyPack => ({
  boundaries,
  decide: (boundary, payload, context) => decide(boundary, payload, context.session),
})

const policed = (ir: Ir, ...policies: ReadonlyArray<string>): Ir => ({ ...ir, policies: policies.map((use) => ({ use, with: {} })) })

interface Ran {
  readonly events: ReadonlyArray<FleetEvent>
  readonly status: string
  /** Everything that was written down, and everything that was shown. */
  readonly trace: string
}

const run = async (ir: Ir, driver: AnyDriver, policies: Policies, more: Partial<RunOptions> & { readonly reply?: Json } = {}): Promise<Ran> => {
  const { reply, ...changes } = more
  const events: Array<FleetEvent> = []
  const journal = makeMemoryJournal()
  const fleetRun = startFleet(ir, {
    drivers: { fake: driver },
    workspaces: { none: loggedWorkspaces([]) },
    journal,
    root: "/",
    env: {},
    policies,
    run: "r",
    onEvent: (event) => {
      events.push(event)
      if (event.type === "request.opened" && reply !== undefined)
        void fleetRun.then((started) => started.send({ type: "reply", request: event.request, value: reply, by: "test" }))
    },
    ...changes,
  })
  const started = await fleetRun
  const { status } = await started.result
  await started.close()
  const stored = await Effect.runPromise(journal.read("r"))
  const origin = await Effect.runPromise(journal.origin("r"))
  return { events, status, trace: JSON.stringify([events, stored, origin]) }
}

const told = (events: ReadonlyArray<FleetEvent>) =>
  events.flatMap((event) => (event.type === "policy.decided" ? [`${event.pack} ${event.effect} ${event.boundary} ${event.session ?? ""}`.trim()] : []))

const errorOf = (events: ReadonlyArray<FleetEvent>, id: string) => events.find((event) => event.type === "session.failed" && event.session === id)

/** Says things before it ends its turn. */
const says = (...said: ReadonlyArray<DriverEvent>): AnyDriver =>
  fakeDriver((frame, say) => {
    if (frame.type !== "prompt") return
    for (const event of said) say(event)
    if (said.at(-1)?.type !== "turn.ended") say({ type: "turn.ended", end: { stop: "end_turn" }, text: "ok" })
  })

const agent = (event: { readonly kind: string; readonly [key: string]: Json }): DriverEvent => ({ type: "agent", event })

describe("what people say to a turn that runs", () => {
  /** Asks something, and ends once it has heard `enough`. */
  const listens = (frames: Array<string>): AnyDriver =>
    fakeDriver((frame, say) => {
      if (frame.type === "prompt") say(agent({ kind: "cap.ask_user", ask_id: "x", prompt: "?" }))
      if (frame.type === "answer") frames.push(`answer ${JSON.stringify(frame.reply)}`)
      if (frame.type !== "message") return
      frames.push(frame.text)
      if (frame.text.includes("enough")) say({ type: "turn.ended", end: { stop: "end_turn" } })
    })

  const talk = async (packs: Policies, ...said: ReadonlyArray<UserCommand>) => {
    const ir = { ...fleet([session("a", { policies: [{ use: "own", with: {} }] })]), policies: [{ use: "all", with: {} }] }
    const [frames, journal] = [new Array<string>(), makeMemoryJournal()]
    const started = await startFleet(ir, {
      drivers: { fake: listens(frames) },
      workspaces: { none: loggedWorkspaces([]) },
      journal,
      root: "/",
      env: {},
      run: "r",
      policies: packs,
    })
    for await (const event of started.events()) if (event.type === "request.opened") break
    const answers: Array<string | undefined> = []
    for (const command of [...said, { type: "user.sent", session: "a", text: "enough" } as const]) answers.push((await started.send(command))?.code)
    await started.result
    await started.close()
    const records = await Effect.runPromise(journal.read("r"))
    return { frames, answers, events: records.flatMap(({ events }) => events), trace: JSON.stringify(records) }
  }

  const allows = pack(["prompt"], () => ({ effect: "allow" }))
  const hides = pack(["prompt"], (_, { text }) =>
    typeof text === "string" && text.includes(secret)
      ? { effect: "redact", patches: [{ op: "replace", path: "/text", value: text.replace(secret, "[gone]") }] }
      : undefined,
  )
  const forbids = pack(["prompt"], (_, { text }) => (JSON.stringify(text).includes(secret) ? { effect: "deny", reasons: ["a secret"] } : undefined))
  const message = (text: string): UserCommand => ({ type: "user.sent", session: "a", text })

  it("is looked at by the packs of the fleet and of the session before the agent hears it", async () => {
    const ran = await talk({ all: allows, own: hides }, message(`use ${secret}`))
    expect(ran.frames).toEqual(["use [gone]", "enough"])
    expect(ran.trace).not.toContain(secret)
    expect(told(ran.events).slice(-3)).toEqual(["all allow prompt a", "own redact prompt a", "all allow prompt a"])
  })

  it("is not heard when a pack denies it: who said it is told, and so is everybody else, without the words", async () => {
    const ran = await talk({ all: allows, own: forbids }, message(`use ${secret}`), { type: "reply", request: "q2", value: { key: secret }, by: "me" })
    expect([ran.frames, ran.answers]).toEqual([["enough"], ["policy_denied", "policy_denied", undefined]])
    expect(ran.trace).not.toContain(secret)
    expect(told(ran.events).filter((line) => line.includes("deny"))).toEqual(["own deny prompt a", "own deny prompt a"])
    expect(ran.events.filter(({ type }) => type === "message.undeliverable")).toMatchObject([
      { session: "a", reason: 'policy "own" denies the prompt: a secret' },
    ])
  })

  it.each<readonly [string, UserCommand, { readonly [name: string]: Json }]>([
    [
      "who cancels a session",
      { type: "cancel", target: { kind: "session", session: "a" }, reason: { code: "user", detail: `not ${secret}` } },
      { code: "user" },
    ],
    ["what kind of reason it is", { type: "cancel", target: { kind: "turn", session: "a" }, reason: { code: secret } }, { code: "user" }],
    ["who cancels the fleet", { type: "cancel", target: { kind: "fleet" }, reason: { code: "late", detail: `not ${secret}` } }, { code: "late" }],
  ])("is not kept from stopping something: %s is heard, without what a pack hides or denies", async (_, command, bare) => {
    const reasonOf = (events: ReadonlyArray<FleetEvent>) => events.flatMap((event) => (event.type === "session.cancelled" ? [event.reason] : []))
    const denied = await talk({ all: forbids, own: allows }, command)
    expect([denied.answers[0], reasonOf(denied.events)]).toEqual([undefined, [bare]])
    const redacted = await talk({ all: hides, own: allows }, command)
    expect([redacted.answers[0], JSON.stringify(reasonOf(redacted.events))]).toEqual([undefined, expect.stringContaining("[gone]")])
    expect(denied.trace + redacted.trace).not.toContain(secret)
    expect(told(denied.events).some((line) => line.startsWith("all deny prompt"))).toBe(true)
  })

  it("does not wait for a pack that has no answer when it stops something", async () => {
    const hangs: AnyPolicyPack = { boundaries: ["prompt"], decide: (_, { text }) => (text === secret ? new Promise(() => {}) : undefined) }
    const stop: UserCommand = { type: "cancel", target: { kind: "fleet" }, reason: { code: "user", detail: secret } }
    const { events, trace } = await talk({ all: hangs, own: allows }, stop)
    expect(events.find(({ type }) => type === "session.cancelled")).toMatchObject({ reason: { code: "user" } })
    expect(trace).not.toContain(secret)
  })

  it("pauses a run without what a pack hides", async () => {
    const pause: UserCommand = { type: "pause", reason: `until ${secret} is there` }
    const paused = async (all: AnyPolicyPack) => {
      const { events, trace } = await talk({ all, own: allows }, pause, { type: "resume" })
      expect(trace).not.toContain(secret)
      return events.flatMap((event) => (event.type === "run.paused" ? [event.reason] : []))
    }
    expect([await paused(hides), await paused(forbids)]).toEqual([["until [gone] is there"], [""]])
  })

  it("to nobody is refused as such", async () => {
    expect((await talk({ all: forbids, own: allows }, { type: "user.sent", session: "nobody", text: secret })).answers).toEqual(["unknown_session", undefined])
  })
})

describe("redaction", () => {
  it("leaves no trace of a secret, wherever it comes from", async () => {
    const frames: Array<Frame> = []
    const driver = fakeDriver((frame, say, _end, id) => {
      frames.push(frame)
      if (frame.type === "answer") return say({ type: "turn.ended", end: { stop: "end_turn" }, text: `I said ${secret}`, output: { key: secret } })
      if (frame.type !== "prompt") return undefined
      if (id === "b") return say({ type: "turn.ended", end: { error: { kind: "driver_error", message: `broke on ${secret}` } } })
      for (const event of [
        // in two halves
        { kind: "cap.text_chunk", text: `the token is ${secret.slice(0, 20)}`, channel: "assistant" },
        { kind: "cap.text_chunk", text: `${secret.slice(20)} indeed`, channel: "assistant" },
        { kind: "cap.thought", text: `hm, ${secret}` },
        { kind: "cap.tool_call.start", call_id: "c", name: "Bash", input: { command: `echo ${secret}` } },
        { kind: "cap.tool_call.end", call_id: "c", output: secret },
        { kind: "cap.artifact", id: "x", content: secret },
        { kind: "cap.permission.request", req_id: "p", tool: "Bash", intent: { command: `curl -H ${secret}`, [secret]: 1 }, risk_level: "high" },
      ])
        say(agent(event))
      return undefined
    })
    const ir = policed({ ...fleet([session("a"), session("b")], [followUp(1, "a", "b")]), inputs: [{ name: "key", type: { kind: "string" } }] }, "secrets")
    const ran = await run(ir, driver, builtinPolicies, { task: `use ${secret}`, inputs: { key: secret }, reply: "allow" })
    expect(ran.trace).not.toContain(secret)
    expect(ran.trace).not.toContain(secret.slice(0, 20))
    expect(ran.trace).not.toContain(secret.slice(20))
    expect(JSON.stringify(frames)).not.toContain(secret)
    expect(frames[0]).toMatchObject({ type: "prompt", text: "use [redacted]" })
    expect(ran.events.find((event) => event.type === "session.done")).toMatchObject({ text: "I said [redacted]", output: { key: "[redacted]" } })
    expect(errorOf(ran.events, "b")).toMatchObject({ error: { kind: "driver_error", message: "broke on [redacted]" } })
    expect(ran.events.find((event) => event.type === "request.opened")).toMatchObject({
      detail: { req_id: "p", risk_level: "high", intent: { command: "curl -H [redacted]" } },
    })
    expect(ran.events.flatMap((event) => (event.type === "agent" && event.event.kind === "cap.text_chunk" ? [textOf(event.event["text"])] : [])).join("")).toBe(
      "the token is [redacted] indeed",
    )
    expect(new Set(told(ran.events))).toEqual(
      new Set(["secrets redact prompt", "secrets redact output a", "secrets redact tool a", "secrets redact artifact a", "secrets redact output b"]),
    )
  })

  it("reaches what people say", async () => {
    const driver = fakeDriver((frame, say) => {
      if (frame.type === "prompt") say(agent({ kind: "cap.ask_user", ask_id: "q", prompt: "which key?" }))
      if (frame.type === "answer") say({ type: "turn.ended", end: { stop: "end_turn" }, text: JSON.stringify(frame.reply) })
    })
    const ran = await run(policed(fleet([session("a")]), "secrets"), driver, builtinPolicies, { reply: `take ${secret}` })
    expect(ran.trace).not.toContain(secret)
    expect(ran.events.find((event) => event.type === "request.answered")).toMatchObject({ reply: "take [redacted]" })
  })

  it("of a prompt happens before its turn starts, and once", async () => {
    const shout = pack(["prompt"], (_, { text }, id) =>
      id === "b" && text !== "HUSH" ? { effect: "redact", patches: [{ op: "replace", path: "/text", value: "HUSH" }] } : undefined,
    )
    const ran = await run(policed(pipeline(2), "shout"), saysOk, {
      shout: { ...shout, decide: (at, payload, context) => shout.decide(at, payload, { ...context, session: context.session === "s1" ? "b" : "" }) },
    })
    expect(ran.events.flatMap((event) => (event.type === "turn.started" ? [event.prompt] : []))).toEqual(["go", "HUSH"])
    expect(told(ran.events)).toEqual(["shout redact prompt s1"])
  })

  it("cannot lower the risk of a tool", async () => {
    const lowering = pack(["tool"], () => ({ effect: "redact", patches: [{ op: "replace", path: "/risk_level", value: "low" }] }))
    const driver = says(agent({ kind: "cap.permission.request", req_id: "p", tool: "Bash", risk_level: "high" }))
    const ran = await run(policed(fleet([session("a", { permissions: "allow" })]), "lowering"), driver, { lowering }, { reply: "deny" })
    expect(ran.events.find((event) => event.type === "request.opened")).toMatchObject({ kind: "permission", detail: { risk_level: "high" } })
  })
})

describe("denial", () => {
  const no = (...boundaries: ReadonlyArray<Boundary>): Policies => ({
    no: pack(boundaries, (boundary, _, id) => (id === "s0" || boundary === "prompt" ? undefined : { effect: "deny", reasons: ["not today"] })),
  })

  it("of the task: nothing starts", async () => {
    const deny: Policies = { no: pack(["prompt"], () => ({ effect: "deny", reasons: ["not today"] })) }
    await expect(run(policed(pipeline(1), "no"), saysOk, deny)).rejects.toThrow('the task: policy "no" denies the prompt: not today')
  })

  it("of a start: no workspace, no driver, and the session has failed", async () => {
    const log: Array<string> = []
    const ran = await run(policed(pipeline(2), "no"), saysOk, no("spawn"), { workspaces: { none: loggedWorkspaces(log) } })
    expect(errorOf(ran.events, "s1")).toMatchObject({ error: { kind: "policy_denied", message: 'policy "no" denies the start of the session: not today' } })
    expect(log).not.toContain("acquire s1")
    expect(ran.status).toBe("failed")
  })

  it("of a prompt: the session fails before its turn", async () => {
    const deny: Policies = { no: pack(["prompt"], (_, __, id) => (id === "s1" ? { effect: "deny", reasons: ["not today"] } : undefined)) }
    const ran = await run(policed(pipeline(2), "no"), saysOk, deny)
    expect(errorOf(ran.events, "s1")).toMatchObject({ error: { kind: "policy_denied" } })
    expect(ran.events.some((event) => event.type === "turn.started" && event.session === "s1")).toBe(false)
  })

  it("of a delivery: it has not happened", async () => {
    const ran = await run(policed(pipeline(2), "no"), saysOk, no("route"))
    expect(ran.events.filter(({ type }) => type === "route.fired")).toEqual([])
    expect(ran.events.find((event) => event.type === "route.failed")).toMatchObject({
      rule: "r1",
      error: { kind: "policy_denied", message: 'policy "no" denies the delivery: not today' },
    })
    expect(ran.status).toBe("failed")
  })

  it("of what a session said: the turn has failed, and nobody sees what was said", async () => {
    const ran = await run(policed(pipeline(2), "no"), says({ type: "turn.ended", end: { stop: "end_turn" }, text: "hidden words" }), {
      no: pack(["output"], () => ({ effect: "deny" })),
    })
    expect(errorOf(ran.events, "s0")).toMatchObject({ error: { kind: "policy_denied" } })
    expect(ran.trace).not.toContain("hidden words")
  })

  it("of an artifact: it is withheld, and the turn goes on", async () => {
    const ran = await run(policed(pipeline(1), "no"), says(agent({ kind: "cap.artifact", id: "x", content: "hidden words" })), {
      no: pack(["artifact"], () => ({ effect: "deny" })),
    })
    expect(ran.status).toBe("succeeded")
    expect(ran.trace).not.toContain("hidden words")
    expect(told(ran.events)).toEqual(["no deny artifact s0"])
  })

  it("of a prompt lets other sessions go on meanwhile", async () => {
    const slow: Policies = { slow: pack(["prompt"], () => undefined) }
    let release = (): void => {}
    const held = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined)
    })
    const waiting: Policies = { slow: { ...slow["slow"]!, decide: (_, __, { session: id }) => (id === "a" ? held : undefined) } }
    const ir = { ...policed(fleet([session("a"), session("b")]), "slow"), start: ["a", "b"] }
    const ran = await run(ir, saysOk, waiting, {
      onEvent: (event) => {
        if (event.type === "session.done" && event.session === "b") release()
      },
    })
    expect(ran.status).toBe("succeeded")
  })
})

describe("tools", () => {
  const request = (risk: string): AnyDriver =>
    fakeDriver((frame, say) => {
      if (frame.type === "prompt") say(agent({ kind: "cap.permission.request", req_id: "p", tool: "Bash", intent: { command: "make" }, risk_level: risk }))
      if (frame.type === "answer") say({ type: "turn.ended", end: { stop: "end_turn" }, text: textOf(frame.reply) })
    })
  const effect = (what: PolicyDecision["effect"]): Policies => ({ p: pack(["tool"], () => ({ effect: what })) })

  it.each([
    ["allow", "low", undefined, "allow_once"],
    ["allow", "high", undefined, "asked"],
    ["allow", "high", "allow", "allow_once"],
    ["bypass", "high", "allow", "allow_once"],
    ["allow", "low", "ask", "asked"],
    ["allow", "low", "deny", "deny"],
    ["bypass", "low", "deny", "deny"],
    ["ask", "low", "allow", "asked"],
    ["ask", "low", "deny", "deny"],
    ["deny", "low", "allow", "deny"],
    ["deny", "low", "ask", "deny"],
  ] as const)("mode %s, risk %s, pack says %s: %s", async (mode, risk, said, expected) => {
    const ir = policed(fleet([session("a", { permissions: mode })]), ...(said === undefined ? [] : ["p"]))
    const ran = await run(ir, request(risk), said === undefined ? {} : effect(said), { reply: "allow_always" })
    const asked = ran.events.some(({ type }) => type === "request.opened")
    const done = ran.events.find((event) => event.type === "session.done")
    expect(asked ? "asked" : done?.type === "session.done" ? done.text : "").toBe(expected)
  })

  it("the strictest of several packs counts", async () => {
    const packs: Policies = { yes: pack(["tool"], () => ({ effect: "allow" })), maybe: pack(["tool"], () => ({ effect: "ask" })) }
    const ran = await run(policed(fleet([session("a", { permissions: "allow", policies: [{ use: "maybe", with: {} }] })]), "yes"), request("high"), packs, {
      reply: "deny",
    })
    expect(told(ran.events)).toEqual(["yes allow tool a", "maybe ask tool a"])
    expect(ran.events.some(({ type }) => type === "request.opened")).toBe(true)
  })

  const call = agent({ kind: "cap.tool_call.start", call_id: "c", name: "Bash", input: { command: "rm -rf /" } })
  const ends = agent({ kind: "cap.tool_call.end", call_id: "c" })

  it("whose agent cannot be asked: a denied call ends the turn", async () => {
    const mute: AnyDriver = { ...says(call, ends), capabilities: { ...saysOk.capabilities, permission: false } }
    const ran = await run(policed(fleet([session("a")]), "baseline"), mute, builtinPolicies)
    expect(errorOf(ran.events, "a")).toMatchObject({
      error: { kind: "policy_denied", message: 'policy "baseline" denies the tool: it deletes a system or home directory' },
    })
  })

  it("whose agent asks: the request is denied, and the turn goes on", async () => {
    const driver = fakeDriver((frame, say) => {
      if (frame.type === "prompt") {
        say(call)
        say(agent({ kind: "cap.permission.request", req_id: "p", tool: "Bash", intent: { command: "rm -rf /" }, risk_level: "low" }))
      }
      if (frame.type === "answer") {
        say(ends)
        say({ type: "turn.ended", end: { stop: "end_turn" }, text: textOf(frame.reply) })
      }
    })
    const ran = await run(policed(fleet([session("a", { permissions: "allow" })]), "baseline"), driver, builtinPolicies)
    expect(ran.events.find((event) => event.type === "session.done")).toMatchObject({ text: "deny" })
  })

  it("whose agent asks, but did not for this one: that ends the turn as well", async () => {
    const ran = await run(policed(fleet([session("a")]), "baseline"), says(call, ends), builtinPolicies)
    expect(errorOf(ran.events, "a")).toMatchObject({ error: { kind: "policy_denied" } })
  })
})

describe("packs and virtual time", () => {
  it("a fleet with packs is simulated like any other", async () => {
    const ir = policed(pipeline(3), "baseline", "secrets", "read-only")
    const plain = await simulate(pipeline(3), { driver: saysOk })
    const { events, result } = await simulate(ir, { driver: saysOk, policies: builtinPolicies })
    expect(result.status).toBe("succeeded")
    expect(events.map(({ type }) => type)).toEqual(plain.events.map(({ type }) => type))
  })
})
