/** Folding many facts is stepping through them: the same events, and states that later facts leave alone. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { encodeState, foldFrom, initialState } from "../../../runtime/machine/index.ts"
import { irs, playOut, scripts } from "./random.ts"

describe("folding", () => {
  it("says what steps say, and gives states that stay as they are", () => {
    fc.assert(
      fc.property(irs, scripts, fc.integer({ min: 1, max: 7 }), (ir, script, every) => {
        const { facts, steps } = playOut(ir, script)
        const folding = foldFrom(ir, initialState(ir))
        const kept = facts.map((fact, at) => {
          const { state, ...outcome } = steps[at] ?? {}
          expect(folding.take(fact)).toEqual(outcome)
          return at % every === 0 && state !== undefined ? { given: folding.state(), image: encodeState(state) } : undefined
        })
        for (const one of kept) if (one !== undefined) expect(encodeState(one.given)).toBe(one.image)
        expect(encodeState(folding.state())).toBe(encodeState(steps.at(-1)?.state ?? initialState(ir)))
      }),
      { numRuns: 60 },
    )
  })
})
