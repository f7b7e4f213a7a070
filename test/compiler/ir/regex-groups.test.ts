import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { namedGroups } from "#ir"

/** As JavaScript has them; it writes names without the P of RE2. */
const native = (source: string, text: string): unknown => {
  const match = new RegExp(source.replaceAll("(?P<", "(?<"), "u").exec(text)
  return match === null ? undefined : Object.fromEntries(Object.entries(match.groups ?? {}).filter(([, value]) => value !== undefined))
}

const patterns = [
  "^◉ (?P<tool>\\w+)\\((?P<args>.*)\\)$",
  "(?P<a>a+)(?P<b>b*)",
  "(?:(?P<a>x)|(?P<b>y))z",
  "(?P<a>a|ab)(?P<b>c|bcd)",
  "(?P<all>(?P<in>a)?b)+",
  "(?P<a>[^ ]*) (?P<b>\\d{1,2})\\b",
  "a(?P<empty>)b|(?P<c>c)",
]

describe("named groups", () => {
  it.each([
    [patterns[0], "◉ Bash(ls (x))", { tool: "Bash", args: "ls (x)" }],
    [patterns[1], "xaab", { a: "aa", b: "b" }],
    [patterns[3], "abcd", { a: "a", b: "bcd" }],
    ["(?P<a>a)", "b", undefined],
  ] as const)("of %s in %s", (source, text, expected) => expect(namedGroups(source ?? "")(text)).toEqual(expected))

  it("are those that JavaScript finds", () =>
    fc.assert(
      fc.property(fc.constantFrom(...patterns), fc.string({ unit: fc.constantFrom(..."abcdxyz 1(◉)") }), (source, text) => {
        expect(namedGroups(source)(text)).toEqual(native(source, text))
      }),
      { numRuns: 2000 },
    ))

  it("cost no more than size times text", () => {
    const text = `${"a".repeat(5000)}!`
    expect(namedGroups("^(?P<x>(?:a+)+)$")(text)).toBeUndefined()
  })
})
