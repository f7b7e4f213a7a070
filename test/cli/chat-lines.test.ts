import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { commandNames, helpLines, joinLines, readLine, type Said } from "../../cli/chat-lines.ts"

const table: ReadonlyArray<readonly [string, Said]> = [
  ["", { kind: "nothing" }],
  ["  ", { kind: "nothing" }],
  ["hello", { kind: "text", text: "hello" }],
  ["  hello  there ", { kind: "text", text: "hello  there" }],
  ["@lead mend it", { kind: "text", to: ["lead"], text: "mend it" }],
  ["@lead: mend it", { kind: "text", to: ["lead"], text: "mend it" }],
  ["@lead:mend it", { kind: "text", to: ["lead"], text: "mend it" }],
  ["@a,b mend it", { kind: "text", to: ["a", "b"], text: "mend it" }],
  ["@worker[2] mend it", { kind: "text", to: ["worker[2]"], text: "mend it" }],
  ["@lead", { kind: "turn to", to: "lead" }],
  ["@src/x.ts is wrong", { kind: "text", text: "@src/x.ts is wrong" }],
  ["@@lead is a name", { kind: "text", text: "@lead is a name" }],
  ["me@example.org", { kind: "text", text: "me@example.org" }],
  ["//compact now", { kind: "text", text: "/compact now" }],
  ["/who", { kind: "who" }],
  ["/q", { kind: "quit" }],
  ["/quit", { kind: "quit" }],
  ["/help", { kind: "help" }],
  ["/pause", { kind: "pause" }],
  ["/resume", { kind: "resume" }],
  ["/cancel", { kind: "cancel" }],
  ["/cancel @lead", { kind: "cancel", session: "lead" }],
  ["/task", { kind: "task" }],
  ["/task write it", { kind: "task", text: "write it" }],
  ["/now use the other", { kind: "interrupt", text: "use the other" }],
  ["/now @lead use the other", { kind: "interrupt", to: "lead", text: "use the other" }],
  ["/reply q1 y", { kind: "reply", requests: ["q1"], text: "y" }],
  ["/reply q1,q2 always", { kind: "reply", requests: ["q1", "q2"], text: "always" }],
  ["/reply all n", { kind: "reply", requests: "all", text: "n" }],
]

describe("a line that is typed", () => {
  it.each(table)("%s", (line, said) => expect(readLine(line)).toEqual(said))

  it.each([
    ["/quti", "did you mean /quit?"],
    ["/frobnicate", "see /help"],
    ["/who is it", "/who takes nothing"],
    ["/reply q1", "needs a request and an answer"],
    ["/now", "needs what to say"],
    ["/now @a,b stop", "speaks to one session"],
    ["@a,b", "say something to a,b"],
  ])("%s is told what is wrong", (line, problem) => expect(readLine(line)).toEqual({ kind: "wrong", problem: expect.stringContaining(problem) }))

  it("every command has a line of help, and no other", () => {
    const listed = helpLines().flatMap((line) => /^\/\w+/u.exec(line)?.[0] ?? [])
    expect(listed).toEqual(commandNames)
  })

  it("is read whatever it holds, and says what it was given", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const said = readLine(`@@${text}`)
        expect(said).toEqual({ kind: "text", text: `@@${text}`.trim().slice(1) })
        readLine(text)
      }),
    )
  })

  it("goes on in the next after a backslash, and not after two", () => {
    expect(joinLines("", "one\\")).toEqual({ text: "one\n", whole: false })
    expect(joinLines("one\n", "two")).toEqual({ text: "one\ntwo", whole: true })
    expect(joinLines("", "C:\\\\")).toEqual({ text: "C:\\\\", whole: true })
  })
})
