import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { explore } from "../../../compiler/check/soundness/explore.ts"
import { anyFleet, layeredFleet, relayFleet } from "./random-fleets.ts"

const verdictsOf = ({ joins, doubleActivations, deadRules }: ReturnType<typeof explore>) => ({
  joins: joins.map(({ rule: id, verdict }) => [id, verdict]),
  doubles: doubleActivations.map(({ session }) => session).sort(),
  deadRules,
})

describe("the reductions", () => {
  it.each([
    ["any fleet", anyFleet],
    ["layers", layeredFleet],
    ["relays", relayFleet],
  ] as const)("agree with brute force on %s", (_, fleets) => {
    let compared = 0
    fc.assert(
      fc.property(fleets, (ir) => {
        const brute = explore(ir, { reduce: false, bound: 4000 })
        if (brute.undecided) return
        compared++
        expect(verdictsOf(explore(ir))).toEqual(verdictsOf(brute))
      }),
      { numRuns: 300, endOnFailure: false },
    )
    expect(compared).toBeGreaterThan(100)
  })
})
