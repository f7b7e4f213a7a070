import { describe, expect, it } from "vitest"
import * as fc from "fast-check"
import type { AgentEvent, FleetEvent } from "../../../runtime/machine/index.ts"
import { decodeState, encodeState } from "../../../runtime/machine/state-codec.ts"
import { directiveIn, readPiece } from "../../../runtime/machine/directives.ts"
import { fleet, instances, literal, on, rule, send, session, single } from "./fleet.ts"
import { play, type Script } from "./play.ts"

const says = (text: string, more: Partial<AgentEvent> = {}): AgentEvent => ({ kind: "cap.text_chunk", text, channel: "assistant", ...more })
const messages = (events: ReadonlyArray<FleetEvent>): ReadonlyArray<string> =>
  events.flatMap((event) => {
    if (event.type === "message.queued" || event.type === "message.delivered")
      return [`${event.at} ${event.type} ${event.from} -> ${event.session}: ${event.text}`]
    return event.type === "message.undeliverable" ? [`${event.at} ${event.code} ${event.from} -> ${event.session}: ${event.text}`] : []
  })
const prompts = (events: ReadonlyArray<FleetEvent>, of: string): ReadonlyArray<string> =>
  events.flatMap((event) => (event.type === "turn.started" && event.session === of ? [`${event.rule} [${event.from.join(", ")}] ${event.prompt}`] : []))

const onDone = (from: string, ...to: ReadonlyArray<string>) => rule(single(on(from)), send(to, { prompt: literal("next") }))
/** Both work at once, and a rule sends from a to b. */
const pair = fleet([session("a"), session("b")], ["a", "b"], [onDone("a", "b")])
const hello = "@cap://b which port?\n"

const both = (events: ReadonlyArray<AgentEvent>, more: Partial<Script> = {}, first = 20): Script => ({
  task: "go",
  sessions: { a: [{ after: 10, events }], b: [{ after: first }, {}] },
  ...more,
})

describe("a message from an agent to another", () => {
  it("reaches the turn that runs, as input from the speaker, and is an event", () => {
    const { events, commands } = play(pair, both([says("I am at it.\n@cap://b which"), says(" port?\nOn.")]))
    expect(messages(events)).toEqual(["0 message.delivered a -> b: which port?"])
    expect(commands.filter(({ type }) => type === "session.message")).toEqual([
      { type: "session.message", session: "b", text: "--- message from a ---\nwhich port?" },
    ])
  })

  it("is the next prompt of an activation whose driver takes none while a turn runs", () => {
    const { events } = play(pair, both([says(hello), says("@cap://b and host?\n")], { driver: { takesMessages: false } }))
    expect(messages(events)).toEqual([
      "0 message.queued a -> b: which port?",
      "0 message.queued a -> b: and host?",
      "20 message.delivered a -> b: which port?",
      "20 message.delivered a -> b: and host?",
    ])
    expect(prompts(events, "b")).toEqual(["start [] go", "message [a] --- message from a ---\nwhich port?\n\n--- message from a ---\nand host?", "r1 [a] next"])
    expect(events.filter((event) => event.type === "session.done" && event.session === "b")).toHaveLength(2)
  })

  it("goes with the first prompt of one that has not begun", () => {
    const ir = fleet([session("a"), session("b")], ["a"], [onDone("a", "b")])
    const { events } = play(ir, { sessions: { a: [{ after: 10, events: [says(hello)] }] } })
    expect(messages(events)).toEqual(["0 message.queued a -> b: which port?", "10 message.delivered a -> b: which port?"])
    expect(prompts(events, "b")).toEqual(["r1 [a] next\n\n--- message from a ---\nwhich port?"])
  })

  it.each<readonly [string, AgentEvent]>([
    ["nested", says("which port?", { _meta: { cap: { message_to: "cap://b" } } })],
    ["flat, and without the scheme", says("which port?", { _meta: { "cap.message_to": "b" } })],
  ])("may be said beside the text, %s", (_, event) => {
    expect(messages(play(pair, both([event])).events)).toEqual(["0 message.delivered a -> b: which port?"])
  })

  it("is read when the turn is over: its last line, or all that was said", () => {
    const last = play(pair, both([says("@cap://b bye")]))
    const whole = play(pair, { sessions: { a: [{ after: 10, text: "Done.\n@cap://b bye" }], b: [{ after: 20 }] } })
    for (const { events } of [last, whole]) expect(messages(events)).toEqual(["10 message.delivered a -> b: bye"])
  })

  it("is not read twice when a driver gives the text again at the end", () => {
    const { events } = play(pair, { sessions: { a: [{ after: 10, text: hello, events: [says(hello)] }], b: [{ after: 20 }] } })
    expect(messages(events)).toHaveLength(1)
  })

  it("is no thought, and no address within a line", () => {
    const events = [
      says("@cap://b psst\n", { channel: "thought" }),
      says("ask @cap://b about it\n  @cap://b indented\n@cap://b\n"),
      { kind: "cap.thought", text: hello },
    ]
    expect(messages(play(pair, both(events)).events)).toEqual([])
  })

  it("is refused where no rule of the fleet sends from the speaker", () => {
    const ir = fleet([session("a"), session("b"), session("c")], ["a", "b", "c"], [onDone("a", "b"), onDone("b", "c")])
    const script: Script = {
      sessions: {
        a: [{ after: 9, events: [says("@cap://c hi\n@cap://a me\n@cap://nobody hi\n")] }],
        b: [{ after: 9, events: [says("@cap://a re\n")] }],
        c: [{ after: 9 }],
      },
    }
    const { events, commands } = play(ir, script)
    expect(messages(events)).toEqual(["0 not_allowed a -> c: hi", "0 not_allowed a -> a: me", "0 unknown_session a -> nobody: hi", "0 not_allowed b -> a: re"])
    expect(events.find((event) => event.type === "message.undeliverable")).toMatchObject({ reason: "no rule of the fleet sends from a to c" })
    expect(commands.filter(({ type }) => type === "session.message")).toEqual([])
  })

  it("does not reach one that has finished", () => {
    const { events, commands } = play(pair, { sessions: { a: [{ after: 30, text: hello }], b: [{ after: 2 }, {}] } })
    expect(messages(events)).toEqual(["30 finished a -> b: which port?"])
    expect(events.find((event) => event.type === "message.undeliverable")).toMatchObject({ reason: "b has finished (done)" })
    expect(commands.filter(({ type }) => type === "session.message")).toEqual([])
  })

  it("that waits when its receiver fails, is skipped, or never works is undeliverable, once", () => {
    const fails = play(pair, {
      driver: { takesMessages: false },
      sessions: { a: [{ after: 9, events: [says(hello)] }], b: [{ after: 5, fail: { kind: "driver_error", message: "" } }] },
    })
    expect(messages(fails.events)).toEqual(["0 message.queued a -> b: which port?", "5 finished a -> b: which port?"])
    const line = fleet([session("a"), session("b")], ["a"], [onDone("a", "b")])
    const skipped = play(line, { sessions: { a: [{ after: 9, events: [says(hello)], fail: { kind: "driver_error", message: "" } }] } })
    expect(messages(skipped.events)).toEqual(["0 message.queued a -> b: which port?", "9 finished a -> b: which port?"])
    const idle = fleet([session("a"), session("b")], ["a"], [rule(single(on("a", "failed")), send(["b"]))])
    const never = play(idle, { sessions: { a: [{ after: 9, events: [says(hello)] }] } })
    expect(messages(never.events).at(-1)).toMatch(/^9 (finished|run_ending) a -> b/)
    expect(messages(never.events)).toHaveLength(2)
  })

  it("names an instance of a fan-out, not the session that it is of", () => {
    const list = {
      expr: {
        op: "list",
        items: [
          { op: "literal", kind: "string", value: "x" },
          { op: "literal", kind: "string", value: "y" },
        ],
      },
      type: { kind: "list", item: { kind: "string" } },
    } as const
    const ir = fleet(
      [session("a"), session("w", { instances: true })],
      ["a"],
      [rule(single(on("a", "started")), { kind: "for", variable: "t", list, send: send(["w"]) }), rule(instances(on("w"), "each"), send(["a"]))],
    )
    const { events } = play(ir, { sessions: { a: [{ after: 9, events: [says("@cap://w[1] you\n@cap://w all\n")] }], w: [{ after: 20 }] } })
    expect(messages(events).slice(0, 2)).toEqual(["0 message.queued a -> w[1]: you", "0 unknown_session a -> w: all"])
  })

  it("passes the policies on prompts with a prompt of the receiver", () => {
    const script = both([says(hello)], { policed: ["prompt"] })
    const { events, commands } = play(pair, script)
    expect(messages(events)).toEqual(["0 message.queued a -> b: which port?", "20 message.delivered a -> b: which port?"])
    expect(commands.flatMap((command) => (command.type === "policy.ask" ? [command.payload["text"]] : []))).toContain("--- message from a ---\nwhich port?")
  })

  it("passes the policies on deliveries first", () => {
    const asked = (denied?: string): Script => both([says(hello)], { policed: ["route"], ...(denied === undefined ? {} : { denied }) })
    const { events, commands } = play(pair, asked())
    expect(messages(events)).toEqual(["0 message.delivered a -> b: which port?"])
    expect(commands.find(({ type }) => type === "policy.ask")).toMatchObject({
      boundary: "route",
      payload: { rule: "message", from: ["a"], to: ["b"], action: "message" },
    })
    expect(messages(play(pair, asked("not today")).events)).toEqual(["0 denied a -> b: which port?"])
  })

  it("ends some day between two that answer each other for ever", () => {
    const ir = fleet([session("a"), session("b")], ["a", "b"], [onDone("a", "b"), rule(single(on("b", "failed")), send(["a"]))])
    const many = says("@cap://b ping\n".repeat(1001))
    const { events } = play(ir, both([many]))
    expect(messages(events).filter((line) => line.includes("delivered"))).toHaveLength(1000)
    expect(messages(events).at(-1)).toBe("0 limit a -> b: ping")
  })

  it("is kept in a snapshot", () => {
    const { steps } = play(pair, both([says(hello), says("@cap://b half")], { driver: { takesMessages: false } }))
    for (const { state } of steps) expect(encodeState(decodeState(encodeState(state)) ?? state)).toBe(encodeState(state))
    expect(steps.some(({ state }) => (state.sessions.get("b")?.mail.length ?? 0) > 0)).toBe(true)
  })
})

describe("directives", () => {
  it("are the same however the text comes in pieces", () => {
    const line = fc.oneof(
      fc.constantFrom("@cap://b hi", "@cap://b", "@cap://w[0] x y", "text", "@cap", "", "@cap://b: colon"),
      fc.string().map((one) => one.replaceAll("\n", "")),
    )
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(12)), (lines, cuts) => {
        const text = lines.map((one) => `${one}\n`).join("")
        const found = []
        let [rest, open] = [text, ""]
        for (const cut of [...cuts, text.length]) {
          const read = readPiece(open, rest.slice(0, cut))
          found.push(...read.directives)
          open = read.line
          rest = rest.slice(cut)
        }
        expect(found).toEqual(lines.flatMap((one) => directiveIn(one) ?? []))
      }),
    )
  })
})
