import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { pattern } from "#ir"

const rangesOf = (source: string, text: string) => {
  const compiled = pattern(source)
  if (!compiled.ok) throw new Error(compiled.message)
  return compiled.ranges(text)
}

describe("what a pattern matches in a text", () => {
  it.each([
    [
      "AKIA[0-9A-Z]{4}",
      "x AKIA1234 y AKIAABCDE",
      [
        [2, 10],
        [13, 21],
      ],
    ],
    ["a+", "baaab", [[1, 4]]],
    ["ab|bc", "abc", [[0, 3]]],
    ["^a", "aa", [[0, 1]]],
    ["a$", "aa", [[1, 2]]],
    ["\\bsk-\\w+", "ask-x sk-y", [[6, 10]]],
    ["x*", "ab", []],
    ["-----BEGIN[\\s\\S]*END-----", "a\n-----BEGIN\nq\nEND-----b", [[2, 23]]],
  ] as const)("%s in %j", (source, text, expected) => {
    expect(rangesOf(source, text)).toEqual(expected)
  })

  it("covers every match that JavaScript finds from any place, and nothing else", () => {
    const atom = fc.constantFrom("a", "b", "ab", "a*", "b+", "(?:a|bb)", "a?b", "[ab]", "a{2}")
    fc.assert(
      fc.property(
        fc.array(atom, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("")),
        fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 12 }),
        (source, text) => {
          const covered = new Set<number>()
          for (let from = 0; from < text.length; from++)
            for (let to = from + 1; to <= text.length; to++)
              if (new RegExp(`^(?:${source})$`, "u").test(text.slice(from, to))) for (let at = from; at < to; at++) covered.add(at)
          const found = new Set(rangesOf(source, text).flatMap(([start, end]) => Array.from({ length: end - start }, (_, offset) => start + offset)))
          const inOrder = (offsets: ReadonlySet<number>) => [...offsets].sort((a, b) => a - b)
          expect(inOrder(found)).toEqual(inOrder(covered))
        },
      ),
    )
  })

  it("takes time linear in the text where backtracking would not end", () => {
    expect(rangesOf("(a+)+$", `${"a".repeat(20_000)}b`)).toEqual([])
  })
})
