import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { pattern } from "#ir"
import { run } from "#ir/regex/match.ts"
import { compileRegex, type Instruction } from "#ir/regex/program.ts"
import { readRegex } from "#ir/regex/syntax.ts"

const test = (source: string, text: string): boolean => {
  const compiled = pattern(source)
  if (!compiled.ok) throw new Error(`${source}: ${compiled.message}`)
  return compiled.test(text)
}

const character = fc.constantFrom("a", "b", "A", "_", "0", "9", " ", "-", "\n", "\r", "\u2028", ".", "é", "漢", "👍", "\u00a0", "\ufeff", "\0", "\b", "]", "^")

/** What the dialect and JavaScript share. */
const source = fc.letrec<{ choice: string; item: string; atom: string }>((tie) => ({
  choice: fc.oneof(
    { maxDepth: 3 },
    { arbitrary: fc.array(tie("item"), { maxLength: 4 }).map((items) => items.join("")), weight: 4 },
    { arbitrary: fc.tuple(tie("choice"), tie("choice")).map((sides) => sides.join("|")), weight: 1 },
  ),
  item: fc.oneof(
    { maxDepth: 3 },
    { arbitrary: tie("atom"), weight: 4 },
    {
      arbitrary: fc
        .tuple(tie("atom"), fc.constantFrom("*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,}", "{0}", "{2,3}?"))
        .map((parts) => parts.join("")),
      weight: 2,
    },
    { arbitrary: fc.constantFrom("^", "$", "\\b", "\\B"), weight: 1 },
  ),
  atom: fc.oneof(
    { maxDepth: 3 },
    {
      arbitrary: fc.constantFrom(
        "a",
        "b",
        "A",
        "0",
        " ",
        "é",
        "漢",
        "-",
        ".",
        "\\.",
        "\\-",
        "\\n",
        "\\t",
        "(?:\\0)",
        "\\x61",
        "\\u0062",
        "\\d",
        "\\D",
        "\\w",
        "\\W",
        "\\s",
        "\\S",
        "\\/",
      ),
      weight: 4,
    },
    {
      arbitrary: fc.constantFrom(
        "[ab]",
        "[^ab]",
        "[a-c0-9]",
        "[^]",
        "[]",
        "[\\d_]",
        "[^\\s]",
        "[\\]^]",
        "[-a]",
        "[a-]",
        "[\\b]",
        "[\\w-]",
        "[\\u0061-\\x63]",
        "[^\\W]",
        "[.$]",
      ),
      weight: 2,
    },
    { arbitrary: tie("choice").map((inner) => `(?:${inner})`), weight: 1 },
    { arbitrary: tie("choice").map((inner) => `(${inner})`), weight: 1 },
  ),
})).choice

describe("a pattern", () => {
  it("matches what JavaScript matches", () => {
    let matched = 0
    fc.assert(
      fc.property(source, fc.array(fc.string({ unit: character, maxLength: 8 }), { minLength: 3, maxLength: 3 }), (written, texts) => {
        const expected = new RegExp(written)
        for (const text of ["", ...texts]) {
          if (expected.test(text)) matched++
          expect([text, test(written, text)]).toEqual([text, expected.test(text)])
        }
      }),
      { numRuns: 4000 },
    )
    expect(matched).toBeGreaterThan(2000)
  })

  it("covers the first match that JavaScript finds", () => {
    fc.assert(
      fc.property(source, fc.string({ unit: character, maxLength: 8 }), (written, text) => {
        const found = new RegExp(written).exec(text)
        if (found === null || found[0] === "") return
        const compiled = pattern(written)
        const ranges = compiled.ok ? compiled.ranges(text) : []
        expect(ranges.some(([start, end]) => start <= found.index && end >= found.index + found[0].length)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it("knows the same classes of characters as JavaScript, over all of UTF-16", () => {
    const units = Array.from({ length: 0x10000 }, (_, unit) => String.fromCharCode(unit))
    for (const written of ["\\d", "\\D", "\\w", "\\W", "\\s", "\\S", ".", "[^a]", "[\\s\\S]"]) {
      const [compiled, expected] = [pattern(written), new RegExp(written)]
      expect(units.filter((unit) => compiled.ok && compiled.test(unit) !== expected.test(unit))).toEqual([])
    }
  })

  it.each([
    ["(?<name>a)b", "ab", true],
    ["a{2,3}", "a", false],
    ["^$", "", true],
    ["x|", "", true],
    ["(?:)", "", true],
    ["\\bfoo\\b", "a foo.", true],
    ["é", "É", false],
    ["{", "{", true],
    ["a{x", "a{x", true],
    ["}]", "}]", true],
    ["a{,2}", "a{,2}", true],
  ] as const)("%s on %j", (written, text, expected) => {
    expect([test(written, text), new RegExp(written).test(text)]).toEqual([expected, expected])
  })
})

describe("refused", () => {
  it.each([
    ["(", "group"],
    [")", "closes nothing"],
    ["(?=a)", "group"],
    ["(?<!a)", "group"],
    ["(?i:a)", "group"],
    ["\\1", "not known"],
    ["(a)\\k<a>", "not known"],
    ["\\p{L}", "not known"],
    ["\\ca", "not known"],
    ["\\u{61}", "not known"],
    ["\\x6", "not known"],
    ["[a", "never closed"],
    ["[b-a]", "counts down"],
    ["[\\d-z]", "no ends"],
    ["[a-\\w]", "no ends"],
    ["\\01", "after \\0"],
    ["*", "nothing to repeat"],
    ["a**", "nothing to repeat"],
    ["+", "nothing to repeat"],
    ["^*", "nothing to repeat"],
    ["\\b{2}", "nothing to repeat"],
    ["a{3,2}", "counts down"],
    ["a\\", "backslash"],
    ["a{9999}".repeat(3), "too large"],
    ["(?:a{100}){1000}", "too large"],
    ["a".repeat(2001), "longer than"],
    ["(".repeat(200) + ")".repeat(200), "too deep"],
  ])("%s", (written, message) => expect(pattern(written)).toEqual({ ok: false, message: expect.stringContaining(message) }))

  it("nothing else happens to a text that is no pattern", () => {
    const piece = fc.constantFrom("a", "(", ")", "[", "]", "{", "}", "*", "+", "?", "|", "\\", "^", "$", "-", ",", "1", "<", ":", "b", "d", "u", "x", "k", "👍")
    fc.assert(
      fc.property(fc.string({ unit: piece, maxLength: 12 }), fc.string({ unit: piece, maxLength: 6 }), (written, text) => {
        const compiled = pattern(written)
        if (!compiled.ok) {
          expect(compiled.message).not.toBe("")
          return
        }
        let expected: RegExp
        try {
          expected = new RegExp(written)
        } catch (error) {
          throw new Error(`${written} is no pattern of JavaScript's`, { cause: error })
        }
        expect(compiled.test(text)).toBe(expected.test(text))
      }),
      { numRuns: 5000 },
    )
  })
})

describe("time", () => {
  /** How often the matcher looked at an instruction. */
  const steps = (written: string, text: string): { readonly size: number; readonly steps: number; readonly matched: boolean } => {
    const program = compileRegex(readRegex(written))
    let looked = 0
    const counted = new Proxy(program, {
      get: (target, key): unknown => {
        if (typeof key === "string" && /^\d+$/.test(key)) looked++
        return Reflect.get(target, key)
      },
    }) satisfies ReadonlyArray<Instruction>
    const matched = run(counted, text)
    return { size: program.length, steps: looked, matched }
  }

  it.each(["(a|a)*b", "(a*)*b", "(a+)+b", "(a?){30}a{30}b", "(a|b|ab)*c", "a*a*a*a*a*b", "(?:(?:a|aa)+)+$b", "(x+x+)+y|a*b"])(
    "%s looks at each of its states at most twice per character",
    (written) => {
      for (const length of [10, 1000]) {
        const { size, steps: looked, matched } = steps(written, "a".repeat(length))
        expect(matched).toBe(false)
        expect(looked).toBeLessThanOrEqual(2 * size * (length + 1))
      }
    },
  )
})
