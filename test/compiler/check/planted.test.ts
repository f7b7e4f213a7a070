/** One mistake gives one message, however many there are. */
import fc from "fast-check"
import { expect, it } from "vitest"
import { problemsOf } from "./fleets.ts"
import { mistakes, placeOf, planted, type styles } from "./planted.ts"

const kinds = ["block", "one quoted line", "a list of them"] as const satisfies ReadonlyArray<keyof typeof styles>

it.each(kinds)("nothing is wrong with the fleet itself: %s", (style) => expect(problemsOf(planted([], style).text)).toEqual([]))

it.each(mistakes.flatMap((mistake) => kinds.map((style) => [mistake.name, style, mistake] as const)))("%s is told once: %s", (_, style, mistake) => {
  const { text, told } = planted([mistake], style)
  expect(problemsOf(text)).toEqual(told)
})

it("several mistakes are as many messages, each where it was made", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.constantFrom(...mistakes), { minLength: 2, maxLength: 6, selector: placeOf }), fc.constantFrom(...kinds), (made, style) => {
      const { text, told } = planted(made, style)
      expect(problemsOf(text)).toEqual(told)
    }),
    { numRuns: 250 },
  )
})
