/** The checker's word against the machine: what it calls impossible never happens, and what it tells can be made to happen. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Action, Ir } from "#ir"
import { explore } from "../../../compiler/check/soundness/explore.ts"
import type { Course } from "../../../compiler/check/soundness/facts.ts"
import { readNet } from "../../../compiler/check/soundness/net.ts"
import { anyScript, scriptOf } from "../../../compiler/check/soundness/script.ts"
import { times } from "./how-hard.ts"
import {
  anyFleet,
  askingFleet,
  cancellingFleet,
  certainFleet,
  layeredFleet,
  output,
  relayFleet,
  richFleet,
  tasks,
  teamsFleet,
  undoingFleet,
} from "./random-fleets.ts"
import { completed, doubled, ended, firedIn, holds, stuck, type Events } from "./played.ts"
import { playBy, type Replayed } from "./replay.ts"
import { runnable, simulateScenario, type Simulated } from "./simulated.ts"
import { all, any, atLeast, fleet, is, race, send, upTo, when, type RuleShape } from "./soundness-net.ts"

const fallback = { ok: true, way: "x" }

/** A way to play: which of the live sessions ends next, how, and what it puts out. */
const ways = (ends: ReadonlyArray<"done" | "failed" | "cancelled">) =>
  fc.infiniteStream(fc.record({ next: fc.nat(20), many: fc.nat(2), ok: fc.boolean(), way: fc.constantFrom("x", "y"), ends: fc.constantFrom(...ends) }))
type Way = ReturnType<typeof ways> extends fc.Arbitrary<infer A> ? A : never

/** How many subtasks an agent gives. */
const subtasksOf = (many: number): string => `\n\`\`\`fleet-subtasks\n${JSON.stringify(Array.from({ length: many }, () => "part"))}\n\`\`\`\n`

const playAtRandom = (ir: Ir, picks: Way, room?: { readonly parallel: number }): Replayed => {
  const fans = new Set(ir.sessions.flatMap(({ id, output: said }) => (said?.type.kind === "record" && "tasks" in said.type.fields ? [id] : [])))
  return playBy(
    ir,
    (live, opening, outside) => {
      const { next, many, ok, way, ends } = picks.next().value
      const ready = [...live, ...opening, ...outside]
      const one = ready[next % ready.length]
      if (typeof one !== "string") return one
      const output = { ok, way, ...(fans.has(one) && { tasks: Array.from({ length: many }, () => "x") }) }
      return { session: one, output, ...(fans.size > 0 && { text: subtasksOf(Math.max(1, many)) }), ...(ends !== "done" && { ends }) }
    },
    room,
  )
}

/** Fleets, and how many of them are tried. */
const kinds = [
  ["any fleet", certainFleet, 200 * times],
  ["layers", layeredFleet, 200 * times],
  ["fleets that cancel", cancellingFleet, 200 * times],
  ["fleets that ask for what may not be there", anyFleet, 200 * times],
  ["relays", relayFleet, 200 * times],
  ["fleets that undo", undoingFleet, 200 * times],
  ["fleets of everything", richFleet, 200 * times],
  ["teams", teamsFleet, 50 * times],
] as const

describe("what the checker calls impossible never happens", () => {
  it.each(kinds)("in %s", (_, fleets, numRuns) => {
    fc.assert(
      fc.property(fleets, fc.array(ways(["done"]), { minLength: 3, maxLength: 3 }), (ir, plays) => {
        const facts = explore(ir)
        const starving = new Set(facts.joins.filter(({ verdict }) => verdict !== "satisfiable").map(({ rule }) => rule))
        const doubles = new Set([...facts.doubleActivations, ...facts.undecidedSessions].map(({ session }) => session))
        for (const [at, picks] of plays.entries()) {
          // whoever may start first: as many as there are, two at once, one after the other
          const played = playAtRandom(ir, picks, at === 0 ? undefined : { parallel: at })
          expect(played.state.phase).toBe("ended")
          const fired = firedIn(played.events)
          for (const { rule, verdict } of facts.joins) if (verdict === "unsatisfiable") expect(fired.has(rule)).toBe(false)
          for (const rule of facts.deadRules) expect(fired.has(rule)).toBe(false)
          // complete cuts everything short
          if (ended(played.events)?.status === "succeeded" && !completed(played.events))
            expect(stuck(ir, played).filter((rule) => !starving.has(rule))).toEqual([])
          expect(doubled(ir, played.events).filter((session) => !doubles.has(session))).toEqual([])
        }
      }),
      { numRuns },
    )
  })

  it.each(kinds)("where sessions fail and people cancel, in %s", (_, fleets, numRuns) => {
    fc.assert(
      fc.property(fleets, fc.array(ways(["done", "done", "failed", "cancelled"]), { minLength: 3, maxLength: 3 }), (ir, plays) => {
        const facts = explore(ir)
        for (const [at, picks] of plays.entries()) {
          const played = playAtRandom(ir, picks, at === 0 ? undefined : { parallel: at })
          expect(played.state.phase).toBe("ended")
          const fired = firedIn(played.events)
          for (const { rule, verdict } of facts.joins) if (verdict === "unsatisfiable") expect(fired.has(rule)).toBe(false)
          for (const rule of facts.deadRules) expect(fired.has(rule)).toBe(false)
        }
      }),
      { numRuns },
    )
  })
})

/** A scenario as a file, run by the engine. */
const follow = async (ir: Ir, course: Course | undefined): Promise<Simulated> => {
  const script = course === undefined ? anyScript(readNet(ir)) : scriptOf(readNet(ir), course)
  if (script === undefined) throw new Error("no script tells this scenario")
  return simulateScenario(ir, script, { ...runnable(ir), limits: ir.limits })
}

describe("what the checker tells happens in `simulate`, by a script made of it", () => {
  it.each([
    ...kinds.map(([name, fleets, numRuns]) => [name, fleets, Math.ceil(numRuns / 4), {}] as const),
    // what leads to a part of a fleet, and what happens in it
    ["teams, part by part", teamsFleet, 15 * times, { whole: 0 }],
  ] as const)("in %s, however few may work at once", async (_, fleets, numRuns, options) => {
    let followed = 0
    await fc.assert(
      fc.asyncProperty(fleets, fc.constantFrom(1000, 1, 2), async (asMany, parallel) => {
        const ir = { ...asMany, limits: { parallel } }
        const facts = explore(ir, options)
        for (const { rule, verdict, course, scenario } of facts.joins) {
          if (verdict === "unsatisfiable") {
            // how it comes to wait, or any execution: it never fires
            const { events, state } = await follow(ir, course)
            expect(state.phase, scenario).toBe("ended")
            expect(firedIn(events)).not.toContain(rule)
            followed++
          }
          if (course === undefined) continue
          const simulated = await follow(ir, course)
          expect(simulated.state.phase, scenario).toBe("ended")
          expect(
            holds(
              ir,
              simulated,
              ir.rules.findIndex(({ id }) => id === rule),
            ),
            `${scenario}\n${simulated.text}`,
          ).toBe(true)
          followed++
        }
        for (const { session, course, scenario } of facts.doubleActivations) {
          const simulated = await follow(ir, course)
          expect(doubled(ir, simulated.events), `${scenario}\n${simulated.text}`).toContain(session)
          followed++
        }
      }),
      { numRuns },
    )
    expect(followed).toBeGreaterThan(3)
  })

  it("of fleets that never end, however people answer, and of no others", async () => {
    let followed = 0
    await fc.assert(
      fc.asyncProperty(askingFleet, fc.infiniteStream(fc.nat(20)), async (ir, picks) => {
        const { neverEnds, undecidedEnd } = explore(ir)
        if (undecidedEnd !== undefined) return
        const ends = Array.from({ length: 10 }, () => {
          const played = playBy(ir, (live, opening, outside) => {
            const ways = [...[...live, ...opening].map((session) => ({ session, output: fallback })), ...outside]
            return ways[picks.next().value % ways.length]
          })
          return ended(played.events) !== undefined
        })
        if (neverEnds === undefined) {
          expect(ends).toContain(true)
          return
        }
        expect(ends).not.toContain(true)
        const { goesOn, text } = await follow(ir, undefined)
        expect(goesOn, text).toBe(true)
        followed++
      }),
      { numRuns: 100 * times },
    )
    expect(followed).toBeGreaterThan(10 * times)
  })

  it("at the end of a fleet that is too large to be explored as a whole", async () => {
    const numbers = Array.from({ length: 40 }, (_, i) => i)
    const ir = fleet(
      Object.fromEntries([...numbers.flatMap((i) => [`a${i}`, `b${i}`, `c${i}`, `d${i}`]), "a40", "x", "y", "z"].map((id) => [id, output])),
      ["a0"],
      [
        ...numbers.flatMap((i): ReadonlyArray<RuleShape> => [
          [`a${i}.done`, send(`b${i}`, `c${i}`)],
          [i % 2 === 0 ? race(`b${i}.done`, `c${i}.done`) : all(`b${i}.done`, `c${i}.done`), send(`d${i}`)],
          [`d${i}.done`, [when(is(`d${i}`, "ok"), send(`a${i + 1}`)), { action: upTo(2, send(`b${i}`, `c${i}`), { kind: "complete" }) }]],
        ]),
        ["a40.done", send("x")],
        ["a40.done", [when(is("a40", "way", "x"), send("y"))]],
        [all("x.done", "y.done"), send("z")],
      ],
    )
    const found = explore(ir).joins.find(({ verdict }) => verdict === "may-starve")
    expect(found?.scenario).toBe("… → a40 done, way = y → x done → the join still waits for y")
    expect(found?.course?.moves.length).toBeGreaterThan(40 * 3)
    const followed = await follow(ir, found?.course)
    expect(holds(ir, followed, ir.rules.length - 1)).toBe(true)
    expect(firedIn(followed.events).size).toBe(40 * 3 + 1)
  })

  it("rules hear that a loser was cancelled after those that fire with the winner", () => {
    const ir = fleet(
      { a: output, b: output, c: output, e: output },
      ["a"],
      [
        ["a.done", upTo(1, send("c", "e"))],
        ["c.cancelled", upTo(1, send("b"))],
        [race("c.done", "e.done"), upTo(1, send("c"))],
        [all("e.done", "a.done"), [when(is("e", "way", "x"), upTo(1, send("a")))]],
      ],
    )
    const played = playBy(ir, (live, opening) => {
      const session = opening[0] ?? live.find((id) => id === "e") ?? live[0]
      return session === undefined ? undefined : { session, output: fallback }
    })
    expect(told(played.events)).toEqual(["r1 a -> c,e", "r3 e -> c", "r4 e,a -> a", "r2 c -> b", "succeeded"])
    expect(explore(ir).deadRules).toEqual([])
  })

  it("each of two fan-outs that begin at once with nothing to do is a round", () => {
    const perTask: Action = {
      kind: "for",
      variable: "t",
      list: { type: tasks.tasks, expr: { op: "member", object: { op: "session", session: "b", property: "output" }, field: "tasks", safe: false } },
      send: upTo(1, send("w")),
    }
    const shape = fleet(
      { a: tasks, b: tasks, c: tasks, w: output },
      ["b", "a"],
      [
        [all({ session: "w", want: "all" }, "a.done"), upTo(1, send("b", "c"))],
        ["b.done", perTask],
        ["b.done", upTo(1, send("a"))],
        ["b.done", { ...perTask, send: upTo(1, send("w")), limit: 2 }],
      ],
    )
    const ir = { ...shape, sessions: shape.sessions.map((each) => ({ ...each, instances: each.id === "w" })) }
    expect(explore(ir).joins.map(({ rule, verdict }) => `${rule} ${verdict}`)).toEqual(["r1 satisfiable"])
    const played = playBy(ir, (live, opening) => {
      const session = opening[0] ?? live.find((id) => id === "b") ?? live[0]
      return session === undefined ? undefined : { session, output: { ...fallback, tasks: [] } }
    })
    expect(ended(played.events)?.status).toBe("succeeded")
    expect(stuck(ir, played)).toEqual([])
  })

  it.each([0, 1])("how many fan-outs of %d were too small for a join that fires without them is not followed", (size) => {
    const some = (count: number): Action => ({
      kind: "for",
      variable: "t",
      list: { type: tasks.tasks, expr: { op: "list", items: Array.from({ length: count }, () => ({ op: "literal", kind: "string", value: "x" })) } },
      send: upTo(1, send("w")),
    })
    const shape = fleet(
      { a: output, b: output, c: output, d: output, e: output, k: output, p: output, z: output, w: output },
      ["b"],
      [
        ["b.done", some(size)],
        ["b.done", some(size)],
        [{ session: "w", want: "all" }, upTo(1, send("k"), upTo(1, send("a")))],
        ["a.done", upTo(1, send("a"), upTo(1, send("p")))],
        ["p.done", some(2)],
        [any({ session: "w", want: 2 }, "a.done"), send("c")],
        ["c.done", upTo(2, send("d"), upTo(1, send("e")))],
        [all("e.done", "b.done"), send("z")],
      ],
    )
    const ir = { ...shape, sessions: shape.sessions.map((each) => ({ ...each, instances: each.id === "w" })) }
    const played = playBy(ir, (live, opening) => {
      const session = opening[0] ?? live[0]
      return session === undefined ? undefined : { session, output: fallback }
    })
    expect(firedIn(played.events)).toContain("r8")
    expect(explore(ir).joins.find(({ rule }) => rule === "r8")?.verdict).toBe("undecided")
  })

  it("by a session that lost a race and is sent to again", async () => {
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
    const { course } = explore(ir).joins.find(({ rule }) => rule === "r2") ?? {}
    const followed = await follow(ir, course)
    expect(told(followed.events)).toEqual(["r3 e -> a", "r1 a -> b", "r2 b,e -> b", "r4 b,a -> b", "succeeded"])
    expect(holds(ir, followed, 1)).toBe(true)
  })
})

const told = (events: Events): ReadonlyArray<string> =>
  events.flatMap((event) =>
    event.type === "route.fired" ? [`${event.rule} ${event.from.join()} -> ${event.to.join()}`] : event.type === "run.ended" ? [event.status] : [],
  )
