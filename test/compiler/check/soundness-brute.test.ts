import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { explore } from "../../../compiler/check/soundness/explore.ts"
import { all, any, atLeast, boolean, event, fleet, is, oneOf, race, send, upTo, when, type RuleShape } from "./soundness-net.ts"

const names = ["a", "b", "c", "d", "e"] as const
const name = fc.constantFrom(...names)
const word = fc.tuple(name, fc.constantFrom("done", "done", "done", "settled", "started", "failed")).map(([session, what]) => event(`${session}.${what}`))
const leaves = (from: number) => fc.uniqueArray(word, { minLength: from, maxLength: 3, selector: (each) => (each.source === "session" ? each.session : "") })
const shape: fc.Arbitrary<RuleShape[0]> = fc.oneof(
  { weight: 4, arbitrary: word },
  { weight: 3, arbitrary: leaves(2).map((of) => all(...of)) },
  leaves(2).map((of) => any(...of)),
  leaves(2).map((of) => race(...of)),
  leaves(2).map((of) => atLeast(2, ...of)),
)
const target = fc.uniqueArray(name, { minLength: 1, maxLength: 2 })
/** Every send is bounded, so that brute force ends. */
const bounded = target.map((to) => upTo(1, send(...to)))
const action = fc.oneof({ weight: 6, arbitrary: bounded }, fc.constant({ kind: "complete" } as const))
const guard = fc.oneof(name.map((session) => is(session, "ok")), fc.tuple(name, fc.constantFrom("x", "y")).map(([session, value]) => is(session, "way", value)))
const rule: fc.Arbitrary<RuleShape> = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(shape, action) },
  fc.tuple(shape, guard, action).map(([join, asked, act]): RuleShape => [join, [when(asked, act)]]),
  fc.tuple(shape, guard, action, action).map(([join, asked, yes, no]): RuleShape => [join, [when(asked, yes), { action: no }]]),
)
const out = { ok: boolean, way: oneOf("x", "y") }
const anyFleet = fc.tuple(fc.uniqueArray(name, { minLength: 1, maxLength: 2 }), fc.array(rule, { minLength: 1, maxLength: 5 }))
  .map(([start, rules]) => fleet({ a: out, b: out, c: out, d: out, e: out }, start, rules))

/** Chains and diamonds without counters, where the shape alone decides: each session is started by earlier ones only. */
const layered = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }), fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 6 }).map((picks) => {
  const ids = ["s0", "s1", ...picks.map((_, i) => `s${i + 2}`)]
  const rules = picks.map(([left, right, joined, asked], i): RuleShape => {
    const [one, two] = [`s${left % (i + 2)}`, `s${right % (i + 2)}`]
    const act = send(`s${i + 2}`)
    return [joined && one !== two ? all(`${one}.done`, `${two}.done`) : `${one}.done`, asked ? [when(is(one, "ok"), act)] : act]
  })
  return fleet(Object.fromEntries(ids.map((id) => [id, out])), ["s0", "s1"], rules)
})

/** Sessions that hand the work around, now and then by two rules or in a counter's other way. */
const handed = fc.tuple(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), fc.array(fc.tuple(name, guard, name, name, fc.integer({ min: 0, max: 5 })), { maxLength: 3 })).map(([order, more]) => {
  const along = order.slice(1).map((to, i): RuleShape => [`${order[i]}.done`, upTo(2, send(to))])
  const around = more.map(([from, asked, yes, no, way]): RuleShape => [
    `${from}.done`,
    [when(asked, way === 0 ? upTo(1, send(yes), send(no)) : upTo(1, send(yes))), ...(way < 3 ? [{ action: way === 1 ? upTo(1, send(no)) : ({ kind: "complete" } as const) }] : [])],
  ])
  return fleet({ a: out, b: out, c: out, d: out, e: out }, [order[0] ?? "a"], [...along, ...around])
})

const verdictsOf = ({ joins, doubleActivations, deadRules }: ReturnType<typeof explore>) => ({
  joins: joins.map(({ rule: id, verdict }) => [id, verdict]),
  doubles: doubleActivations.map(({ session }) => session).sort(),
  deadRules,
})

describe("the reductions", () => {
  it.each([["any fleet", anyFleet], ["layers", layered], ["relays", handed]] as const)("agree with brute force on %s", (_, fleets) => {
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
