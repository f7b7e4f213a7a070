import fc from "fast-check"
import { expect, test } from "vitest"
import { NameSets } from "../../../compiler/check/name-set.ts"

const names = Array.from({ length: 70 }, (_, at) => `s${at}`)
const some = fc.subarray(names)

test("sets of sessions are sets", () => {
  fc.assert(
    fc.property(some, some, fc.constantFrom(...names, "stranger"), (left, right, one) => {
      const sets = new NameSets(names)
      const [a, b] = [sets.of(left), sets.of(right)]
      const members = (of: { readonly has: (name: string) => boolean }) => names.filter((name) => of.has(name))
      expect(members(a)).toEqual(left)
      expect(members(a.union(b))).toEqual(names.filter((name) => left.includes(name) || right.includes(name)))
      expect(members(a.intersection(b))).toEqual(left.filter((name) => right.includes(name)))
      expect(a.size).toBe(left.length)
      expect(members(sets.with(a, one))).toEqual(names.filter((name) => left.includes(name) || name === one))
      expect(sets.with(a, "stranger").has("stranger")).toBe(false)
      expect([sets.none.size, sets.all.size]).toEqual([0, names.length])
    }),
  )
})
