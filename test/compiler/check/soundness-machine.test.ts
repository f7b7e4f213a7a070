/** The checker's word against the machine: what it calls impossible never happens, and what it tells can be made to happen. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { leavesOf, type Ir, type Rule } from "#ir"
import { explore } from "../../../compiler/check/soundness/explore.ts"
import type { Move } from "../../../compiler/check/soundness/facts.ts"
import { play } from "../../runtime/machine/play.ts"
import { certainFleet, layeredFleet, output } from "./random-fleets.ts"
import { playBy, replay, runnable, type Replayed } from "./replay.ts"
import { all, atLeast, fleet, is, race, send, upTo, when } from "./soundness-net.ts"

const fallback = { ok: true, way: "x" }

/** A way to play: which of the live sessions ends next, and what it puts out. */
const way = fc.infiniteStream(fc.record({ next: fc.nat(20), ok: fc.boolean(), way: fc.constantFrom("x", "y") }))
type Way = typeof way extends fc.Arbitrary<infer A> ? A : never

const playAtRandom = (ir: Ir, picks: Way): Replayed =>
  playBy(ir, (live, opening) => {
    const pick = picks.next().value
    const ready = [...live, ...opening]
    const session = ready[pick.next % ready.length]
    return session === undefined ? undefined : { session, output: { ok: pick.ok, way: pick.way } }
  })

const ended = ({ events }: Replayed) => events.find((event) => event.type === "run.ended")
const wasCancelled = ({ events }: Replayed): boolean => events.some((event) => event.type === "session.cancelled")

/** Rules whose join holds a part of what it waits for when nothing is left to come. */
const stuck = (ir: Ir, { state }: Replayed): ReadonlyArray<string> =>
  ir.rules.filter((rule, at) => isOfDones(rule) && state.joins.get(at)?.leaves.some(({ tokens }) => tokens.length > 0) === true).map(({ id }) => id)

/** Joins of what may also never come without a failure are the failures' business. */
const isOfDones = ({ join }: Rule): boolean =>
  leavesOf(join).length > 1 && leavesOf(join).every((leaf) => leaf?.event.source === "session" && ["done", "settled", "started"].includes(leaf.event.event))

/** Sessions that two different rules had activated at once. */
const doubled = ({ start }: Ir, { events }: Replayed): ReadonlyArray<string> => {
  const live = new Map<string, ReadonlyArray<string>>(start.map((session) => [session, ["start"]]))
  const found: Array<string> = []
  for (const event of events) {
    if (event.type === "route.fired")
      for (const session of event.to) {
        const waiting = live.get(session) ?? []
        if (waiting.some((rule) => rule !== event.rule && rule !== "start")) found.push(session)
        live.set(session, [...waiting, event.rule])
      }
    if (event.type === "session.done" || event.type === "session.failed" || event.type === "session.cancelled")
      live.set(event.session, (live.get(event.session) ?? []).slice(1))
  }
  return found
}

describe("what the checker calls impossible never happens", () => {
  it.each([
    ["any fleet", certainFleet],
    ["layers", layeredFleet],
  ] as const)("in %s", (_, fleets) => {
    fc.assert(
      fc.property(fleets, way, (ir, picks) => {
        const facts = explore(ir, { bound: 2000 })
        const played = playAtRandom(ir, picks)
        expect(played.state.phase).toBe("ended")
        const fired = new Set(played.events.flatMap((event) => (event.type === "route.fired" ? [event.rule] : [])))
        for (const { rule, verdict } of facts.joins) if (verdict === "unsatisfiable") expect(fired.has(rule)).toBe(false)
        for (const rule of facts.deadRules) expect(fired.has(rule)).toBe(false)
        const starving = new Set(facts.joins.filter(({ verdict }) => verdict !== "satisfiable").map(({ rule }) => rule))
        // complete cuts everything short, and what was cancelled was taken away on purpose
        if (ended(played)?.status === "succeeded" && !wasCancelled(played) && !completed(played))
          expect(stuck(ir, played).filter((rule) => !starving.has(rule))).toEqual([])
        const doubles = new Set([...facts.doubleActivations, ...facts.undecidedSessions].map(({ session }) => session))
        if (!wasCancelled(played)) expect(doubled(ir, played).filter((session) => !doubles.has(session))).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})

const completed = ({ events }: Replayed): boolean => events.some((event) => event.type === "route.fired" && event.action === "complete")

describe("what the checker tells can be made to happen", () => {
  it.each([
    ["any fleet", certainFleet],
    ["layers", layeredFleet],
  ] as const)("in %s", (_, fleets) => {
    let replayed = 0
    fc.assert(
      fc.property(fleets, (ir) => {
        const facts = explore(ir, { bound: 2000 })
        for (const { rule, verdict, moves, scenario } of facts.joins) {
          if (verdict !== "may-starve" || moves === undefined || asksTwice(moves)) continue
          const followed = replay(ir, moves, fallback)
          expect(followed.followed, scenario).toBe(true)
          expect(followed.state.phase, scenario).toBe("ended")
          if (!completed(followed)) expect(stuckAny(ir, followed), scenario).toContain(rule)
          replayed++
          // as a script, at its own times, it is the same run; a script cannot say how long an agent takes to start
          if (ir.rules.some(hearsStart)) continue
          const scripted = play(runnable(ir), { sessions: followed.script })
          expect(told(scripted.events)).toEqual(told(followed.events))
        }
        for (const { session, moves, scenario } of facts.doubleActivations) {
          if (asksTwice(moves)) continue
          expect(doubled(ir, replay(ir, moves, fallback)), scenario).toContain(session)
          replayed++
        }
      }),
      { numRuns: 300 },
    )
    expect(replayed).toBeGreaterThan(40)
  })

  it("rules hear that a loser was cancelled after those that fire with the winner", () => {
    const ir = fleet(
      { a: output, b: output, c: output, e: output },
      ["a"],
      [
        [race("c.settled", "a.done"), upTo(1, send("c", "e"))],
        [race("c.done", "e.done"), upTo(1, send("c"))],
        [all("e.done", "a.done"), [when(is("e", "way", "x"), upTo(1, send("a")))]],
      ],
    )
    // c, cancelled as r2 fires, settles: r1 hears it when r3 has sent to a, which loses
    const played = playBy(ir, ([session], [opening]) =>
      (opening ?? session) === undefined ? undefined : { session: opening ?? session ?? "", output: fallback },
    )
    expect(told(played.events)).toEqual(["r1 a -> c,e", "r2 e -> c", "r3 e,a -> a", "succeeded"])
    expect(explore(ir, { bound: 2000 }).joins.find(({ rule }) => rule === "r3")?.verdict).toBe("satisfiable")
  })

  it("by a session that lost a race and is sent to again", () => {
    const ir = fleet(
      { a: output, b: output, e: output },
      ["b", "e"],
      [
        ["a.done", [when(is("a", "way", "x"), upTo(1, send("a"))), { action: upTo(1, send("b")) }]],
        [all("b.done", "e.done"), upTo(1, send("b"))],
        [race("e.done", "b.done"), upTo(1, send("a"))],
        [atLeast(2, "b.done", "a.done"), upTo(1, send("b"))],
      ],
    )
    const { moves } = explore(ir, { bound: 2000 }).joins.find(({ rule }) => rule === "r2") ?? {}
    const followed = replay(ir, moves ?? [], fallback)
    expect(told(followed.events)).toEqual(["r3 e -> a", "r1 a -> b", "r2 b,e -> b", "r4 b,a -> b", "succeeded"])
    expect(followed.followed).toBe(true)
    expect(stuckAny(ir, followed)).toContain("r2")
    expect(told(play(runnable(ir), { sessions: followed.script }).events)).toEqual(told(followed.events))
  })
})

/**
 * The exploration knows the latest output of a session only. A token that waits from an earlier round carries an older one, so a scenario
 * in which a session ends twice and is asked about may be told though that guard would turn out otherwise.
 */
const asksTwice = (moves: ReadonlyArray<Move>): boolean =>
  moves.some(
    ({ place, event }, at) =>
      event === "done" &&
      moves.findIndex((move) => move.place === place && move.event === "done") < at &&
      moves.some(({ answers }) => answers.some(([key]) => key.startsWith(`s:${place}.`))),
  )

const hearsStart = ({ join }: Rule): boolean => leavesOf(join).some((leaf) => leaf?.event.source === "session" && leaf.event.event === "started")

const stuckAny = (ir: Ir, { state }: Replayed): ReadonlyArray<string> =>
  ir.rules.filter((_, at) => state.joins.get(at)?.leaves.some(({ tokens }) => tokens.length > 0) === true).map(({ id }) => id)

const told = (events: Replayed["events"]): ReadonlyArray<string> =>
  events.flatMap((event) =>
    event.type === "route.fired" ? [`${event.rule} ${event.from.join()} -> ${event.to.join()}`] : event.type === "run.ended" ? [event.status] : [],
  )
