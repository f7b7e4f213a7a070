import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { suggest } from "../../../compiler/diagnostics/index.ts"

/** The whole table of distances: insert, delete, replace, swap of neighbours. */
const distance = (a: string, b: string): number => {
  const table = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (__, j) => (i === 0 ? j : i)))
  const cell = (i: number, j: number): number => table[i]?.[j] ?? Infinity
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? cell(i - 2, j - 2) + 1 : Infinity
      table[i]![j] = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1), swapped)
    }
  return cell(a.length, b.length)
}

const slowly = (word: string, candidates: ReadonlyArray<string>): string | undefined => {
  const near = candidates
    .map((name) => ({ name, steps: distance(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, steps }) => name !== word && steps <= Math.max(1, Math.floor(word.length / 3)) && steps < Math.max(name.length, word.length))
  const least = Math.min(...near.map(({ steps }) => steps))
  const names = [...new Set(near.filter(({ steps }) => steps === least).map(({ name }) => name))]
  return names.length === 1 ? names[0] : undefined
}

describe("what was meant", () => {
  it.each([
    ["budgt_usd", ["budget_usd", "budget"], "budget_usd"],
    ["reveiwer", ["coder", "reviewer"], "reviewer"],
    ["clude", ["claude", "codex"], "claude"],
    ["dnoe", ["done", "failed"], "done"],
    ["Lead", ["lead"], "lead"],
    ["ab", ["cd"], undefined],
    ["a", ["b"], undefined],
    ["worker3", ["worker1", "worker2"], undefined],
    ["something", ["else"], undefined],
    ["İstanbul", ["istanbul"], "istanbul"],
  ])("%s of %j", (word, candidates, expected) => expect(suggest(word, candidates)).toBe(expected))

  it("is what the whole table of distances says", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "b", "c", "B"), minLength: 1, maxLength: 14 })
    let found = 0
    fc.assert(
      fc.property(name, fc.array(name, { maxLength: 6 }), (word, candidates) => {
        const expected = slowly(word, candidates)
        if (expected !== undefined) found++
        expect(suggest(word, candidates)).toBe(expected)
      }),
      { numRuns: 2000 },
    )
    expect(found).toBeGreaterThan(100)
  })

  it("is not looked for among words that nobody types", () => expect(suggest("x".repeat(1_000_000), ["x".repeat(999_999)])).toBe(undefined))
})
