import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { leavesOf, type Ir } from "#ir"
import { explore } from "../../../compiler/check/soundness/explore.ts"
import { everyWay } from "./every-way.ts"
import { hard, times } from "./how-hard.ts"
import {
  anyFleet,
  cancellingFleet,
  endingFleet,
  joinedFleet,
  layeredFleet,
  relayFleet,
  richFleet,
  teamsFleet,
  tinyFleet,
  tinyUndoing,
  undoingFleet,
} from "./random-fleets.ts"
import { doubled, firedIn, holds } from "./played.ts"

/** What is decided in both. */
const decidedIn = (one: ReturnType<typeof explore>, { joins, undecidedSessions }: ReturnType<typeof explore>) => {
  const open = new Set([...joins.filter(({ verdict }) => verdict === "undecided").map(({ rule }) => rule), ...undecidedSessions.map(({ session }) => session)])
  return {
    joins: one.joins.filter(({ rule }) => !open.has(rule)).map(({ rule, verdict }) => [rule, verdict]),
    doubles: one.doubleActivations
      .map(({ session }) => session)
      .filter((session) => !open.has(session))
      .sort(),
  }
}

describe("the reductions", () => {
  it.each([
    ["any fleet", anyFleet, 250, 400],
    ["fleets that cancel", cancellingFleet, 250, 400],
    ["fleets that undo", undoingFleet, 250, 400],
    ["fleets of everything", richFleet, 250, 400],
    ["layers", layeredFleet, 1000, 1500],
    ["fleets that end early", endingFleet, 500, 400],
    ["loops that are joined", joinedFleet, 60, 1500],
    ["relays", relayFleet, 800, 400],
    ["teams", teamsFleet, 150, 150],
  ] as const)("agree with the exploration of every order on %s", (_, fleets, numRuns, bound) => {
    let compared = 0
    fc.assert(
      fc.property(fleets, (ir) => {
        const brute = explore(ir, { reduce: false, bound: hard ? 1500 : bound })
        if (brute.undecided) return
        const reduced = explore(ir)
        compared++
        expect(decidedIn(reduced, reduced)).toEqual(decidedIn(brute, reduced))
        if (!reduced.undecided) expect(reduced.deadRules).toEqual(brute.deadRules)
      }),
      { numRuns: numRuns * times, endOnFailure: false },
    )
    expect(compared).toBeGreaterThan((numRuns * times) / (hard ? 2 : 3))
  })
})

/** Whether all of its events come without a failure. */
const countsDones = (ir: Ir, id: string): boolean => {
  const rule = ir.rules.find((each) => each.id === id)
  return rule !== undefined && leavesOf(rule.join).length > 1
}

describe("the exploration", () => {
  it.each([
    ["in any fleet", tinyFleet, 100],
    ["in fleets that undo", tinyUndoing, 200],
  ] as const)("finds what the machine does when it is played in every way, no more and no less, %s", (_, fleets, numRuns) => {
    let compared = 0
    fc.assert(
      fc.property(fleets, (ir) => {
        const facts = explore(ir)
        if (facts.undecided) return
        const ways = everyWay(ir, [{ ok: true }, { ok: false }], 100)
        if (ways === undefined) return
        compared++
        const fired = new Set(ways.flatMap(({ events }) => [...firedIn(events)]))
        const starved = new Set(ways.flatMap((way) => ir.rules.filter((_, at) => holds(ir, way, at)).map(({ id }) => id)))
        const joins = facts.joins.filter(({ rule }) => countsDones(ir, rule))
        expect(joins.filter(({ verdict }) => verdict === "may-starve").map(({ rule }) => rule)).toEqual(
          joins.filter(({ rule, verdict }) => verdict !== "unsatisfiable" && starved.has(rule)).map(({ rule }) => rule),
        )
        for (const { rule, verdict } of joins) if (verdict === "unsatisfiable") expect(fired.has(rule)).toBe(false)
        const doubles = new Set(ways.flatMap(({ events }) => doubled(ir, events)))
        expect(facts.doubleActivations.map(({ session }) => session).sort()).toEqual([...doubles].sort())
      }),
      { numRuns: numRuns * times },
    )
    expect(compared).toBeGreaterThan(30 * times)
  })
})
