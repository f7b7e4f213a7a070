import { describe, expect, it } from "vitest"
import type { Json } from "#ir"
import type { OpenRequest, RequestKind } from "#runtime"
import { choicesOf, questionOf, readReply } from "../../cli/request-words.ts"

const request = (kind: RequestKind, prompt?: string, detail?: Json): OpenRequest => ({
  type: "request.opened",
  seq: 1,
  run: "r",
  at: 0,
  request: "q1",
  kind,
  session: "lead",
  ...(prompt === undefined ? {} : { prompt }),
  ...(detail === undefined ? {} : { detail }),
})

const colors = request("question", "Which?", {
  form: {
    type: "string",
    oneOf: [
      { const: "r", title: "red" },
      { const: "b", title: "blue" },
    ],
  },
})

describe("a request in words", () => {
  it.each([
    [request("permission", "Bash", { intent: { command: "npm test" } }), "permission of lead: Bash: npm test", "y/always/n"],
    [request("permission", "Bash", { intent: { command: ["rm", "-rf", "x"] } }), "permission of lead: Bash: rm -rf x", "y/always/n"],
    [request("permission", "Edit", { intent: { old: 1 } }), 'permission of lead: Edit: {"old":1}', "y/always/n"],
    [request("permission", "Bash"), "permission of lead: Bash", "y/always/n"],
    [request("gate", "Go on?"), "gate of lead: Go on?", "y/n"],
    [request("breakpoint", "lead is about to start"), "breakpoint of lead: lead is about to start", "c/cancel"],
    [request("selection", "Which?", { candidates: ["a", "b"] }), "selection of lead: Which?", "a/b"],
    [colors, "question of lead: Which? [1 = red, 2 = blue]", ""],
    [request("rpc", "user_io.input"), "rpc of lead: user_io.input", ""],
    [request("question", "\u001b[2Jsure?\u0007"), "question of lead: sure?", ""],
  ])("%# says what is asked and what can be answered", (asked, question, choices) => {
    expect(questionOf(asked)).toBe(question)
    expect(choicesOf(asked)).toBe(choices)
  })

  it.each<readonly [OpenRequest, string, Json]>([
    [request("permission"), "y", "allow_once"],
    [request("permission"), " YES ", "allow_once"],
    [request("permission"), "always", "allow_always"],
    [request("permission"), "deny", "deny"],
    [request("gate"), "n", "reject"],
    [request("gate"), "approve", "approve"],
    [request("breakpoint"), "c", "continue"],
    [request("breakpoint"), "cancel", "cancel"],
    [request("selection", "?", { candidates: ["A", "b"] }), "A", "A"],
    [colors, "2", "b"],
    [colors, "red", "r"],
    [colors, "green", "green"],
    [colors, "3", "3"],
    [request("question"), "whatever", "whatever"],
  ])("%# takes its words", (asked, text, value) => expect(readReply(asked, text)).toEqual({ ok: true, value }))

  it.each([
    [request("permission"), "maybe", "q1 is answered with y, always, n"],
    [request("selection", "?", { candidates: ["a"] }), "c", "q1 is answered with a"],
    [request("question"), " ", "q1 is answered with a text"],
    [request("permission"), "constructor", "q1 is answered with y, always, n"],
  ])("%# refuses what is no answer", (asked, text, problem) => expect(readReply(asked, text)).toEqual({ ok: false, problem }))
})
