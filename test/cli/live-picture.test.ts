import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { FleetEvent } from "#runtime"
import { makePicture } from "../../cli/live-picture.ts"
import { columnsOf, fit, printable } from "../../cli/text-width.ts"

type Body = FleetEvent extends infer E ? (E extends FleetEvent ? Omit<E, "seq" | "run" | "at"> : never) : never

const at = (ms: number, ...bodies: ReadonlyArray<Body>): ReadonlyArray<FleetEvent> =>
  bodies.map((body) => ({ seq: 0, run: "r", at: ms, ...body }) as FleetEvent)

const pictured = (events: ReadonlyArray<FleetEvent>, room: { readonly columns: number; readonly rows: number; readonly color: boolean }, now: number) => {
  const picture = makePicture()
  events.forEach(picture.see)
  return picture.lines(room, now)
}

const started = (session: string, prompt = "go"): Body => ({ type: "turn.started", session, turn: 1, attempt: 1, rule: "start", from: [], prompt })
const wide = { columns: 80, rows: 24, color: false }

describe("the picture of a run", () => {
  it("has a line for each session: state, turn, cost, what it did last", () => {
    const events = [
      ...at(0, { type: "session.queued", session: "lead" }, { type: "session.queued", session: "worker[0]" }, started("lead")),
      ...at(1000, { type: "agent", session: "lead", turn: 1, event: { kind: "cap.text_chunk", text: "thinking\nhard" } }),
      ...at(2000, { type: "budget.updated", scope: "lead", usd: 0.5, tokens: 9 }, { type: "budget.updated", scope: "run", usd: 0.5, tokens: 9 }),
    ]
    expect(pictured(events, wide, 65_000)).toEqual([
      "lead       working   turn 1     $0.50  1:04 ago: thinking hard",
      "worker[0]  queued                      1:05 ago:",
      "1:05  $0.50 spent",
    ])
  })

  it("says who waits, and who waits no longer", () => {
    const asked = at(0, started("a"), { type: "request.opened", request: "q1", kind: "permission", session: "a", prompt: "rm" })
    expect(pictured(asked, wide, 0)[0]).toBe("a  waiting   turn 1   rm")
    expect(pictured([...asked, ...at(0, { type: "request.answered", request: "q1", by: "user", reply: "deny" })], wide, 0)[0]).toBe("a  working   turn 1   rm")
  })

  it("says that an agent thinks, and not what", () => {
    const thoughts = [
      { kind: "cap.thought", text: "hm" },
      { kind: "cap.text_chunk", channel: "thought", text: "hm" },
    ]
    for (const event of thoughts)
      expect(pictured(at(0, started("a"), { type: "agent", session: "a", turn: 1, event }), wide, 0)[0]).toBe("a  working   turn 1   thinking")
  })

  it("paints the state and nothing else, and only when colours are wanted", () => {
    const events = at(0, started("working"), { type: "session.done", session: "working", turn: 1, stop_reason: "end_turn", text: "done" })
    expect(pictured(events, wide, 0)[0]).toBe("working  done      turn 1   done")
    expect(pictured(events, { ...wide, color: true }, 0)[0]).toBe("working  \u001b[32mdone\u001b[0m      turn 1   done")
  })

  it("shows those at work when not all have room, and counts the others", () => {
    const ids = Array.from({ length: 30 }, (_, index) => `s${index}`)
    const events = [
      ...at(0, ...ids.map((session): Body => started(session))),
      ...at(0, ...ids.slice(0, 27).map((session): Body => ({ type: "session.done", session, turn: 1, stop_reason: "end_turn", text: "" }))),
    ]
    const lines = pictured(events, { columns: 80, rows: 7, color: false }, 0)
    expect(lines.map((line) => line.split(/\s+/u)[0])).toEqual(["s26", "s27", "s28", "s29", "0:00"])
    expect(lines.at(-1)).toBe("0:00  and 26 more: 26 done")
  })

  it("never takes more room than there is, whatever agents say", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.string({ unit: "grapheme" }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 60 }),
        (name, text, columns, rows) => {
          const lines = pictured(at(0, started(name, text), started("b", text)), { columns, rows, color: false }, 0)
          expect(lines.length).toBeLessThanOrEqual(Math.max(2, rows - 1))
          for (const line of lines) {
            expect(columnsOf(line)).toBeLessThanOrEqual(Math.max(20, columns - 1))
            expect(line).not.toMatch(/[\p{Cc}]/u)
          }
        },
      ),
    )
  })
})

describe("text on a terminal", () => {
  it.each([
    ["abc", 3],
    ["日本", 4],
    ["é", 1],
    ["👩‍👩‍👧", 2],
    ["🇫🇷", 2],
    ["ｆ", 2],
    ["", 0],
  ])("%s takes %d columns", (text, columns) => expect(columnsOf(text)).toBe(columns))

  it.each([
    ["abcdef", 6, "abcdef"],
    ["abcdef", 5, "abcd…"],
    ["日本語", 5, "日本…"],
    ["日本語", 4, "日…"],
    ["abc", 0, ""],
    ["abc", 1, "…"],
  ])("%s in %d columns is %s", (text, columns, fitted) => expect(fit(text, columns)).toBe(fitted))

  it("does nothing to the terminal", () => {
    expect(printable("\u001b]0;title\u0007\u001b[2J a\r\nb\u202Ec\u0000\u009b31md", 80)).toBe("a bcd")
  })
})
