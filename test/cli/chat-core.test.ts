import { describe, expect, it } from "vitest"
import { compile } from "#compiler"
import type { Ir } from "#ir"
import { verifyIr } from "#ir/verify.ts"
import type { FleetEvent } from "#runtime"
import { simulate } from "../../library/simulate.ts"
import { decide, whenToTake } from "../../cli/chat-decide.ts"
import { textOfRow } from "../../cli/chat-face.ts"
import { asConversation, conversationGate } from "../../cli/chat-fleet.ts"
import { readLine } from "../../cli/chat-lines.ts"
import { makeTalk } from "../../cli/chat-talk.ts"
import { makeTranscript } from "../../cli/chat-transcript.ts"

const compiled = (text: string): Ir => {
  const { ir, diagnostics } = compile({ file: "fleet.yaml", text, files: () => undefined, plugins: new Map(), headless: false })
  if (ir === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"))
  return ir
}

const two = compiled(`fleet:
  defaults: { driver: shell, command: [echo], workspace: none }
  sessions: { a: {}, b: {} }
  start: a
  routes: |
    on a.done -> gate conversation "pass it on?"
    on conversation.approved -> b with "from a: \${a.text}"
`)

type Body = FleetEvent extends infer E ? (E extends FleetEvent ? Omit<E, "seq" | "run" | "at"> : never) : never
const events = (...bodies: ReadonlyArray<Body>): ReadonlyArray<FleetEvent> => bodies.map((body, at) => ({ seq: at + 1, run: "r", at, ...body }) as FleetEvent)
const working: Body = { type: "turn.started", session: "a", turn: 1, attempt: 1, rule: "user", from: [], prompt: "go" }
const done: Body = { type: "session.done", session: "a", turn: 1, stop_reason: "end_turn", text: "" }
const permission: Body = { type: "request.opened", request: "q2", kind: "permission", session: "a", prompt: "Bash" }
const question: Body = { type: "request.opened", request: "q3", kind: "question", session: "b", prompt: "Which?" }
const talkAfter = (...bodies: ReadonlyArray<Body>) => {
  const talk = makeTalk(asConversation(two, false), "a")
  events(...bodies).forEach(talk.see)
  return talk
}
const task = { start: ["a"], text: "the task" }
const decided = (line: string, ...bodies: ReadonlyArray<Body>) => decide(readLine(line), talkAfter(...bodies), task)
const told = (session: string, text: string) => ({ type: "user.sent", session, text })

describe("the fleet of a conversation", () => {
  const chat = asConversation(two, false)

  it("is one that the machine can run, and says that it is one", () => {
    expect(verifyIr(chat)).toEqual([])
    expect(conversationGate(two)).toBeUndefined()
    expect(conversationGate(chat)).toBe("conversation_")
    expect(chat.claims.worstCaseTurns).toBeUndefined()
  })

  it("stays open until the last word, keeps its sessions, fires its rules each time", async () => {
    const { events: seen, result } = await simulate(chat, {
      script: {
        sessions: { a: [{ text: "one" }, { fail: { kind: "driver_error", message: "broke" } }, { text: "two" }] },
        replies: [
          { when: { request: "q2" }, reply: "approve" },
          { when: { request: "q3" }, reply: "reject" },
        ],
        commands: [
          { at: "1m", send: { session: "a", text: "hello" } },
          { at: "2m", send: { session: "a", text: "break" } },
          { at: "3m", send: { session: "a", text: "again" } },
          { at: "1h", reply: { request: "q1", value: "approve" } },
        ],
      },
    })
    expect(seen.flatMap((event) => (event.type === "turn.started" ? [`${event.session}: ${event.prompt}`] : []))).toEqual([
      "a: hello",
      "b: from a: one",
      "a: break",
      "a: again",
    ])
    expect(seen.filter(({ type }) => type === "session.skipped")).toEqual([])
    // A failure that nobody handled is one, whatever was said later.
    expect(result).toMatchObject({ status: "failed", reason: expect.stringContaining("broke") })
    expect(seen.at(-1)?.at).toBe((seen[0]?.at ?? 0) + 3_600_000)
  })

  it("begins with the task when it is to", async () => {
    const begun = await simulate(asConversation(two, true), { task: "now", script: { replies: [{ when: {}, reply: "reject" }] } })
    expect(begun.events.find(({ type }) => type === "turn.started")).toMatchObject({ session: "a", prompt: "now", rule: "start" })
    const silent = await simulate(chat, { script: { replies: [{ when: {}, reply: "approve" }] } })
    expect(silent.events.map(({ type }) => type)).toEqual(["run.started", "route.fired", "request.opened", "request.answered", "run.ended"])
  })
})

describe("what follows from a line", () => {
  it("text is for whom the person speaks to, or for those it names", () => {
    expect(decided("hello")).toEqual({ commands: [told("a", "hello")], notes: [] })
    expect(decided("@b hello")).toEqual({ commands: [told("b", "hello")], notes: [], turnTo: "b" })
    expect(decided("@a,b hello")).toEqual({ commands: [told("a", "hello"), told("b", "hello")], notes: [] })
    expect(decided("@b")).toMatchObject({ commands: [], turnTo: "b" })
    expect(decided("@bb hello")).toEqual({ commands: [], notes: [expect.stringContaining("there is no session bb; did you mean b?")] })
    expect(decided("hello", working)).toEqual({ commands: [told("a", "hello")], notes: ["a is at work: it gets this as soon as it takes it"] })
  })

  it("text answers the oldest request, and @ID speaks to a session all the same", () => {
    expect(decided("y", working, permission, question).commands).toEqual([{ type: "reply", request: "q2", value: "allow_once", by: "user" }])
    expect(decided("stop that", working, permission)).toEqual({ commands: [], notes: ["q2 is answered with y, always, n; @a TEXT speaks to a"] })
    expect(decided("@a stop that", working, permission).commands).toEqual([told("a", "stop that")])
  })

  it("answers several requests at once, each with what fits it", () => {
    expect(decided("/reply all y", working, permission, question).commands.map((command) => "value" in command && command.value)).toEqual(["allow_once", "y"])
    expect(decided("/reply q3,q9 red", permission, question)).toEqual({
      commands: [{ type: "reply", request: "q3", value: "red", by: "user" }],
      notes: ["there is no open request q9; open are q2, q3"],
    })
    expect(decided("/reply all y").notes).toEqual(["no request is open"])
  })

  it("commands say what they do, or why they cannot", () => {
    expect(decided("/cancel", working).commands).toEqual([{ type: "cancel", target: { kind: "turn", session: "a" }, reason: { code: "user" } }])
    expect(decided("/cancel").notes).toEqual(["nobody is at work"])
    expect(decided("/cancel b", working).notes).toEqual(["b is not at work"])
    expect(decided("/now no, the other", working).commands).toEqual([{ ...told("a", "no, the other"), interrupt: true }])
    expect(decided("/task").commands).toEqual([told("a", "the task")])
    expect(decide(readLine("/task"), talkAfter(), { start: ["a"], text: undefined }).notes).toEqual(["the fleet has no task: /task TEXT gives it one"])
    expect(decided("/pause").commands).toMatchObject([{ type: "pause" }])
    expect(decided("/quit")).toMatchObject({ does: "quit" })
    expect(decided("/nope").notes).toHaveLength(1)
  })

  it("who is here is told with what waits", () => {
    expect(talkAfter(working, permission).who()).toEqual(["> a  shell  waiting", "  b  shell  idle", "  q2  permission of a: Bash"])
  })

  it.each([
    ["hello", [], "now"],
    ["hello", [working], "later"],
    ["@b hello", [working], "now"],
    ["@a,b hello", [working], "later"],
    ["hello", [working, done], "now"],
    ["y", [working, permission], "now"],
    ["/who", [working], "now"],
    ["/cancel", [working], "now"],
    ["/quit", [working], "later"],
    ["/task", [working], "later"],
    ["/reply q2 y", [working], "later"],
    ["/reply q2 y", [working, permission], "now"],
    ["/reply q2 y", [], "now"],
  ] as const)("piped, %s is taken in its time (%#)", (line, seen, when) => expect(whenToTake(readLine(line), talkAfter(...seen))).toBe(when))

  it("piped text that is no answer declines what is asked first", () => {
    expect(whenToTake(readLine("go on"), talkAfter(working, permission))).toMatchObject({ decline: { request: "q2" } })
  })
})

describe("what is shown", () => {
  const says = (text: string, channel = "assistant"): Body => ({ type: "agent", session: "a", turn: 1, event: { kind: "cap.text_chunk", text, channel } })
  const shown = (...bodies: ReadonlyArray<Body>) => {
    const transcript = makeTranscript(() => false)
    const rows = events(...bodies).flatMap((event) => [...transcript.see(event)])
    return { rows: rows.map((row) => textOfRow(row, { labels: true, color: false })), unfinished: transcript.unfinished().map(({ text }) => text) }
  }

  it("lines come whole, the one being said is known as it grows", () => {
    expect(shown(working, says("one\n  tw"), says("o\nthr"))).toEqual({ rows: ["a: one", "a:   two"], unfinished: ["thr"] })
    expect(
      shown(working, says("thr"), says("ee"), { type: "turn.done", session: "a", turn: 1, attempt: 1, stop_reason: "end_turn" }, { ...done, text: "three" }),
    ).toEqual({
      rows: ["a: three"],
      unfinished: [],
    })
  })

  it("an agent that says nothing on the way is shown with what it came to", () => {
    expect(shown(working, { ...done, text: "all\nof it" }).rows).toEqual(["a: all", "a: of it"])
  })

  it("thoughts are not echoed, tools are told, nothing acts on the terminal", () => {
    const tool: Body = { type: "agent", session: "a", turn: 1, event: { kind: "cap.tool_call.start", name: "Bash", input: { command: "npm test" } } }
    expect(shown(working, says("hm", "thought"), says("so"), tool, says("\u001b[31mred\u001b[0m\u0007\tx\n")).rows).toEqual([
      "a: so",
      "-- a: Bash npm test",
      "a: red    x",
    ])
  })

  it("says who was given work by a rule, what is asked, and what became of it", () => {
    const routed: Body = { ...working, session: "b", rule: "r1", from: ["a"], prompt: "look" }
    expect(
      shown(
        routed,
        permission,
        { type: "request.answered", request: "q2", by: "headless", reply: "deny" },
        { type: "turn.cancelled", session: "b", turn: 1, attempt: 1, reason: { code: "user" } },
      ).rows,
    ).toEqual(["-- b: is given the work of a (r1): look", "-- q2: permission of a: Bash (y/always/n)", "-- q2: answered deny, by headless", "-- b: cancelled"])
  })

  it("paints labels and remarks only where colours are wanted", () => {
    expect(textOfRow({ of: "agent", session: "a", text: "x" }, { labels: true, color: true })).toMatch(/^\u001b\[\d+ma: \u001b\[0mx$/u)
    expect(textOfRow({ of: "about", text: "x" }, { labels: true, color: true })).toBe("\u001b[2m-- x\u001b[0m")
    expect(textOfRow({ of: "agent", session: "a", text: "x" }, { labels: false, color: true })).toBe("x")
  })
})
