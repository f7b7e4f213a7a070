import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { readSource } from "../../../compiler/source/index.ts"

const problems = (text: string): ReadonlyArray<readonly [string, string]> =>
  readSource("f", text).diagnostics.map(({ code, span }) => [code, text.slice(span.start, span.end)])

describe("what cannot be read says why", () => {
  it.each([
    ["flow list without end", "fleet:\n  sessions: [a, b\n  start: a\n", [["yaml-syntax", "s"]]],
    ["second document", "a: 1\n---\nb: 2\n", [["not-a-fleet", "---"]]],
    ["binary", "a: \0", [["not-a-fleet", "\0"]]],
    ["a tab, and what follows from it", "fleet:\n\ta: 1\n  b: 2\n", [["yaml-syntax", "\t"]]],
    ["a bracket too many, and what follows from it", "fleet:\n  a: [b]]\n  c: { d: 1 }\n", [["yaml-syntax", "]"]]],
    [
      "two values that are wrong",
      'fleet:\n  a: @x\n  b: "\\q"\n',
      [
        ["yaml-syntax", "@"],
        ["yaml-syntax", "\\"],
      ],
    ],
    ["control character", "a: \u0001", [["yaml-syntax", "\u0001"]]],
    ["lone surrogate", "a: \ud800b", [["yaml-syntax", "\ud800"]]],
    ["unknown alias", "a: *x\n", [["yaml-syntax", "*x"]]],
    ["cyclic anchor", "a: &x [*x]\n", [["yaml-syntax", "*x"]]],
    ["unknown tag", "a: !foo x\n", [["yaml-syntax", "!foo"]]],
    ["a map as key", "? {a: b}\n: c\n", [["yaml-syntax", "{a: b}"]]],
    ["merge of an unknown alias", "a:\n  <<: *x\n  b: 1\n", [["yaml-syntax", "*x"]]],
    ["merge of text", "<<: x\n", [["yaml-syntax", "x"]]],
    ["merge keys, the second one", "a: &a { x: 1 }\nb: &b { y: 1 }\nc:\n  <<: *a\n  <<: *b\n", [["duplicate-key", "<<"]]],
    ["duplicate keys, the second one", 'a: 1\n"a": 2\n', [["duplicate-key", '"a"']]],
  ])("%s", (_, text, expected) => expect(problems(text)).toEqual(expected))

  it("bounds aliases that multiply", () => {
    const names = [..."abcdefghi"]
    const bomb = names
      .map(
        (name, i) =>
          `${name}: &${name} [${Array(9)
            .fill(i === 0 ? "x" : `*${names[i - 1]}`)
            .join(", ")}]`,
      )
      .join("\n")
    expect(problems(bomb)).toHaveLength(1)
    expect(problems(bomb)[0]?.[0]).toBe("limit-exceeded")
  })

  it.each(["[", "{a: ", "- ", "? ", "a: ", "&a ", "!"])("survives %j many times", (text) => {
    expect(readSource("f", text.repeat(20_000)).diagnostics.length).toBeGreaterThan(0)
  })

  it("never throws, and never leaves the file", () => {
    const piece = fc.constantFrom(
      "a",
      ": ",
      "- ",
      "\n",
      "  ",
      "[",
      "]",
      "{",
      "}",
      '"',
      "'",
      "|",
      ">",
      "&x ",
      "*x",
      "<<",
      "#",
      "\t",
      "!",
      "%",
      "---",
      "\r",
      "é",
      "?",
      ",",
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (parts) => {
        const text = parts.join("")
        for (const { span } of readSource("f", text).diagnostics) {
          expect(span.start).toBeGreaterThanOrEqual(0)
          expect(span.end).toBeGreaterThanOrEqual(span.start)
          expect(span.end).toBeLessThanOrEqual(text.length)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

it("merge keys: own keys win, then earlier maps, spans stay where the text is", () => {
  const text = "a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {<<: [*a, *b], y: 3}\n"
  const { root } = readSource("f", text).tree
  const c = root?.kind === "map" ? root.entries[2]?.value : undefined
  const entries = c?.kind === "map" ? c.entries.map((e) => [e.name, e.value.kind === "scalar" ? e.value.text : "", e.merged, e.key.start]) : []
  expect(entries).toEqual([
    ["y", "3", false, text.lastIndexOf("y")],
    ["x", "1", true, text.indexOf("x")],
    ["z", "2", true, text.indexOf("z")],
  ])
})
