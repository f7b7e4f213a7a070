import { describe, expect, it } from "vitest"
import { diagnoseSoundness } from "../../../compiler/check/soundness/diagnose.ts"
import { explore } from "../../../compiler/check/soundness/explore.ts"
import { all, any, atLeast, boolean, fleet, is, oneOf, race, send, upTo, when, type RuleShape } from "./soundness-net.ts"

const verdicts = (ir: Parameters<typeof explore>[0]) => Object.fromEntries(explore(ir).joins.map(({ rule, verdict }) => [rule, verdict]))

describe("joins", () => {
  it("knows that two values of one enum exclude each other", () => {
    const ir = fleet(
      { a: { go: oneOf("left", "right") }, l: null, r: null, z: null },
      ["a"],
      [
        ["a.done", [when(is("a", "go", "left"), send("l")), when(is("a", "go", "right"), send("r"))]],
        [all("l.done", "r.done"), send("z")],
      ],
    )
    const facts = explore(ir)
    expect(facts.joins).toMatchObject([{ rule: "r2", verdict: "unsatisfiable", scenario: "a done, go = left → l done → the join still waits for r" }])
  })

  it("keeps the answer of a guard for the rules that ask the same", () => {
    const rules: ReadonlyArray<RuleShape> = [
      ["a.done", [when(is("a", "go", "left"), send("l"))]],
      ["a.done", [when(is("a", "go", "right"), send("r"))]],
      [all("l.done", "r.done"), send("z")],
    ]
    expect(verdicts(fleet({ a: { go: oneOf("left", "right") }, l: null, r: null, z: null }, ["a"], rules))).toEqual({ r3: "unsatisfiable" })
  })

  it("finds the execution without a failure that leaves a join waiting", () => {
    const ir = fleet(
      { a: { risky: boolean }, b: null, c: null, z: null },
      ["a"],
      [
        ["a.done", send("c")],
        ["a.done", [when(is("a", "risky"), send("b"))]],
        [all("b.done", "c.done"), send("z")],
      ],
    )
    expect(explore(ir).joins).toMatchObject([{ rule: "r3", verdict: "may-starve", scenario: "a done, risky = false → c done → the join still waits for b" }])
  })

  it.each<[string, ReadonlyArray<RuleShape>, string]>([
    ["plain", [[all("a.done", "b.done"), send("c")]], "satisfiable"],
    ["settled", [[all("a.settled", "b.settled"), send("c")]], "satisfiable"],
    ["failed beside done", [[all("a.failed", "b.done"), send("c")]], "satisfiable"],
    ["n of", [[atLeast(1, "a.done", "b.done"), send("c")]], "satisfiable"],
    ["race", [[race("a.done", "b.done"), send("c")]], "satisfiable"],
    ["a member that nobody starts", [[all("a.done", "c.done"), send("b")]], "unsatisfiable"],
  ])("%s", (_, rules, verdict) => {
    expect(verdicts(fleet({ a: null, b: null, c: null }, ["a", "b"], rules))).toEqual({ r1: verdict })
  })

  it("sees that only one side of a join goes another round", () => {
    const ir = fleet(
      { a: null, b: null, r: { ok: boolean } },
      ["a", "b"],
      [
        [all("a.done", "b.done"), send("r")],
        ["r.done", [when(is("r", "ok"), { kind: "complete" }), { action: upTo(3, send("a")) }]],
      ],
    )
    expect(verdicts(ir)).toEqual({ r1: "may-starve" })
  })

  it("takes a bounded loop around a join for sound", () => {
    const ir = fleet(
      { a: null, b: null, r: { ok: boolean } },
      ["a", "b"],
      [
        [all("a.done", "b.done"), send("r")],
        ["r.done", [when(is("r", "ok"), { kind: "complete" }), { action: upTo(3, send("a", "b")) }]],
      ],
    )
    const facts = explore(ir)
    expect(facts.joins.map(({ verdict }) => verdict)).toEqual(["satisfiable"])
    expect(facts.doubleActivations).toEqual([])
  })

  it("names the dead join as the cause of those behind it", () => {
    const ir = fleet(
      { a: { go: boolean }, l: null, r: null, z: null, y: null },
      ["a"],
      [
        ["a.done", [when(is("a", "go"), send("l")), { action: send("r") }]],
        [all("l.done", "r.done"), send("z")],
        [all("z.done", "a.done"), send("y")],
        ["z.done", send("y")],
      ],
    )
    const facts = explore(ir)
    expect(facts.joins.map(({ verdict, because }) => [verdict, because])).toEqual([
      ["unsatisfiable", undefined],
      ["unsatisfiable", "r2"],
    ])
    expect(facts.deadRules).toEqual(["r4"])
    const span = { file: "f", start: 0, end: 1 }
    expect(diagnoseSoundness(facts, () => ({ rule: span, join: span })).map(({ code, severity }) => [code, severity])).toEqual([
      ["unsatisfiable-join", "error"],
      ["unsatisfiable-join", "warning"],
      ["dead-route", "warning"],
    ])
  })

  it("says undecided past the bound", () => {
    const names = Array.from({ length: 12 }, (_, i) => `s${i}`)
    const ir = fleet({ ...Object.fromEntries(names.map((name) => [name, { ok: boolean }])), t: null, u: null }, names, [
      ...names.map((name): RuleShape => [`${name}.done`, [when(is(name, "ok"), send("t"))]]),
      [all("t.done", "u.failed", "s0.done"), send("u")],
      ["s0.done", [when(is("s0", "ok"), send("u"))]],
    ])
    expect(explore(ir, { bound: 50 }).undecided).toBe(true)
  })
})

describe("double activation", () => {
  const doubles = (ir: Parameters<typeof explore>[0]) => explore(ir).doubleActivations.map(({ session, rules }) => [session, ...rules])

  it("is two rules that may start one session at once", () => {
    const ir = fleet(
      { a: null, b: null, c: null },
      ["a", "b"],
      [
        ["a.done", send("c")],
        ["b.done", send("c")],
      ],
    )
    expect(doubles(ir)).toEqual([["c", "r1", "r2"]])
  })
  it("is not a review loop", () => {
    const ir = fleet(
      { coder: null, reviewer: { verdict: oneOf("approve", "changes") } },
      ["coder"],
      [
        ["coder.done", send("reviewer")],
        [
          "reviewer.done",
          [
            when(is("reviewer", "verdict", "approve"), { kind: "complete" }),
            when(
              is("reviewer", "verdict", "changes"),
              upTo(3, send("coder"), { kind: "fail", reason: { type: { kind: "string" }, expr: { op: "literal", kind: "string", value: "x" } } }),
            ),
          ],
        ],
      ],
    )
    expect(explore(ir)).toEqual({ joins: [], doubleActivations: [], undecidedSessions: [], deadRules: [], undecided: false, states: 0 })
  })
  it("is not the same rule again, nor two cases of which one holds", () => {
    const ir = fleet(
      { a: { ok: boolean }, b: null, c: null },
      ["a", "b"],
      [
        ["a.done", [when(is("a", "ok"), send("c"))]],
        ["a.done", [when({ type: boolean, expr: { op: "not", operand: is("a", "ok").expr } }, send("c"))]],
        [any("a.done", "b.done"), { kind: "complete" }],
      ],
    )
    expect(doubles(ir)).toEqual([])
  })
})

describe("relays", () => {
  it("are not explored: a long row of review loops is decided by its shape", () => {
    const teams = Array.from({ length: 200 }, (_, i) => i)
    const sessions = Object.fromEntries(
      teams.flatMap((i) => [
        [`work${i}`, null],
        [`review${i}`, { ok: boolean }],
        [`fix${i}`, null],
      ]),
    )
    const rules = teams.flatMap((i): ReadonlyArray<RuleShape> => [
      [`work${i}.done`, send(`review${i}`)],
      [`review${i}.done`, [when(is(`review${i}`, "ok"), send(`work${i + 1}`)), { action: upTo(3, send(`fix${i}`), { kind: "complete" }) }]],
      [`fix${i}.done`, upTo(3, send(`review${i}`))],
    ])
    const facts = explore(fleet({ ...sessions, work200: null }, ["work0"], rules))
    expect([facts.doubleActivations, facts.undecided]).toEqual([[], false])
  })
  it("do not hide that two rules start one session", () => {
    const ir = fleet(
      { a: { ok: boolean, way: oneOf("x", "y") }, b: null, c: null },
      ["c"],
      [
        ["c.done", upTo(2, send("a"))],
        ["a.done", [when(is("a", "way", "x"), upTo(1, send("b"))), { action: { kind: "complete" } }]],
        ["a.done", [when(is("a", "ok"), upTo(2, send("a", "b"))), { action: { kind: "complete" } }]],
      ],
    )
    expect([explore(ir), explore(ir, { reduce: false })].map(({ doubleActivations }) => doubleActivations.map(({ session }) => session))).toEqual([
      ["b"],
      ["b"],
    ])
  })
})

describe("size", () => {
  it("decides a thousand sessions", () => {
    const names = Array.from({ length: 1000 }, (_, i) => `s${i}`)
    const sessions = Object.fromEntries(names.map((name) => [name, { ok: boolean }]))
    const chain = names.slice(1).map((name, i): RuleShape => [`s${i}.done`, send(name)])
    const layered = names.slice(0, 960).flatMap((_, i): ReadonlyArray<RuleShape> =>
      i % 4 === 0
        ? [
            [`s${i}.done`, send(`s${i + 1}`, `s${i + 2}`)],
            [all(`s${i + 1}.done`, `s${i + 2}.done`), send(`s${i + 4}`)],
          ]
        : [],
    )
    const wide = names.slice(1).map((name): RuleShape => ["s0.done", [when(is("s0", "ok"), send(name))]])
    for (const rules of [chain, layered, wide]) expect(explore(fleet(sessions, ["s0"], rules)).undecided).toBe(false)
  })
})
