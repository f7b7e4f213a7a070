import { describe, expect, it } from "vitest"
import { diagnoseSoundness } from "../../../compiler/check/soundness/diagnose.ts"
import { explore } from "../../../compiler/check/soundness/explore.ts"
import type { Action, Case, EventPattern, Expr, Rule } from "../../../compiler/ir/model.ts"
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

  it("sees that the run ends before a join can hold", () => {
    const ir = fleet(
      { a: { ok: boolean }, c: null, e: null },
      ["a", "e"],
      [
        [atLeast(2, "a.done", "e.done"), [when(is("a", "ok"), upTo(1, send("a")))]],
        [any("a.started", "c.done"), { kind: "complete" }],
      ],
    )
    expect(verdicts(ir)["r1"]).toBe("unsatisfiable")
  })

  it("whose members start with the fleet, of which one cancels the other, never holds", () => {
    const ir = fleet(
      { b: null, d: null, e: null },
      ["b", "e"],
      [
        [race("e.done", "b.done"), { kind: "cancel", target: { kind: "others" } }],
        [all("b.done", "e.done"), send("d")],
      ],
    )
    expect(verdicts(ir)["r2"]).toBe("unsatisfiable")
  })

  const undo: Action = { kind: "undo", session: "a" }
  /** `a` is undone by `d`. */
  const undoing = (rules: ReadonlyArray<RuleShape>, instances = false) => {
    const ir = fleet({ a: { ok: boolean }, b: null, c: null, d: null, z: null }, ["a", "b"], rules)
    return { ...ir, sessions: ir.sessions.map((session) => (session.id === "a" ? { ...session, compensate: "d", instances } : session)) }
  }
  it.each<[string, ReadonlyArray<RuleShape>, string, string?]>([
    [
      "what undoes and what follows it",
      [
        [all("a.done", "b.done"), undo],
        ["d.done", send("c")],
        [all("c.done", "d.done"), send("z")],
      ],
      "satisfiable",
    ],
    [
      "what is undone and what undoes it",
      [
        [all("a.done", "b.done"), undo],
        [all("a.compensated", "d.done"), send("z")],
      ],
      "satisfiable",
    ],
    // b may be done first, and then there is nothing to undo
    [
      "an undoing that may come too early",
      [
        ["b.done", undo],
        [all("a.compensated", "b.done"), send("z")],
      ],
      "may-starve",
      "b done → a done → the join still waits for a to be undone",
    ],
    [
      "an undoing that a guard decides about",
      [
        ["a.done", [when(is("a", "ok"), undo)]],
        [all("a.compensated", "b.done"), send("z")],
      ],
      "may-starve",
      "b done → a done, ok = false → the join still waits for a to be undone",
    ],
    [
      "an undoing that follows a failure",
      [
        ["b.failed", undo],
        [all("a.compensated", "b.failed"), send("z")],
      ],
      "satisfiable",
    ],
    [
      "an undoing that nobody asks for",
      [
        ["b.done", send("c")],
        [all("a.compensated", "b.done"), send("z")],
      ],
      "unsatisfiable",
      "nothing undoes a",
    ],
    [
      "an undoing for each time it was done",
      [
        ["a.done", undo],
        ["d.done", upTo(1, send("a"))],
        [all("a.compensated", "b.done"), upTo(1, send("b"))],
      ],
      "satisfiable",
    ],
  ])("that wait for %s", (_, rules, verdict, scenario) => {
    const found = explore(undoing(rules)).joins.at(-1)
    expect(found).toMatchObject({ verdict, ...(scenario !== undefined && { scenario }) })
  })

  it("that wait for what undoes instances are not decided", () => {
    const facts = explore(
      undoing(
        [
          ["b.done", undo],
          ["d.done", send("c")],
          [all("c.done", "d.done"), { kind: "complete" }],
        ],
        true,
      ),
    )
    const span = { file: "f", start: 0, end: 1 }
    expect(facts.joins).toMatchObject([{ rule: "r3", verdict: "undecided" }])
    expect(diagnoseSoundness(facts, () => ({ rule: span, join: span }))[0]?.message).toContain("an undo leads to")
  })

  const over: Action = { kind: "complete" }
  it.each<[string, ReadonlyArray<RuleShape>]>([
    ["one of its members starts", [["c.started", over]]],
    ["what starts both of its members starts", [["a.started", over]]],
    [
      "either of its members has ended",
      [
        ["b.done", over],
        ["c.done", over],
      ],
    ],
    ["both have", [[all("b.done", "c.done"), over]]],
  ])("whose members run equally often never hold where the run ends when %s", (_, enders) => {
    const sessions = { a: null, b: null, c: null, z: null }
    const rules: ReadonlyArray<RuleShape> = [...enders, ["a.done", send("b", "c")], [all("b.done", "c.done"), send("z")]]
    expect(Object.values(verdicts(fleet(sessions, ["a"], rules))).at(-1)).toBe("unsatisfiable")
    const guarded = { ...sessions, a: { ok: boolean } }
    const unlikely: ReadonlyArray<RuleShape> = [["a.done", [when(is("a", "ok"), over)]], ...rules.slice(enders.length)]
    expect(Object.values(verdicts(fleet(guarded, ["a"], unlikely))).at(-1)).toBe("satisfiable")
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

/** The sessions of so many teams, numbered, and their rules. */
const teams = (count: number, names: ReadonlyArray<string>, rules: (i: number) => ReadonlyArray<RuleShape>) => {
  const numbers = Array.from({ length: count }, (_, i) => i)
  const sessions = numbers.flatMap((i) => names.map((name) => [`${name}${i}`, { ok: boolean, score: { kind: "integer" } as const }] as const))
  return fleet(Object.fromEntries([...sessions, [`${names[0]}${count}`, null]]), [`${names[0]}0`], numbers.flatMap(rules))
}

const fleetStarted: EventPattern = { source: "fleet" }
const at = (gate: string, event: "approved" | "rejected" | "expired"): EventPattern => ({ source: "gate", gate, event })
const opens = (name: string): Action => ({
  kind: "gate",
  gate: name,
  prompt: { type: { kind: "string" }, expr: { op: "literal", kind: "string", value: "?" } },
  withinMs: 1000,
})

describe("size", () => {
  const next = (name: string, i: number) => send(`${name}${i + 1}`)
  /** Shapes of fleets with a thousand sessions; how many states may be explored for all of it. */
  it.each<[string, ReturnType<typeof fleet>, number]>([
    ["a chain", teams(1000, ["a"], (i) => [[`a${i}.done`, next("a", i)]]), 0],
    [
      "diamonds, one after the other",
      teams(250, ["a", "b", "c", "d"], (i) => [
        [`a${i}.done`, send(`b${i}`, `c${i}`)],
        [all(`b${i}.done`, `c${i}.done`), send(`d${i}`)],
        [`d${i}.done`, next("a", i)],
      ]),
      0,
    ],
    [
      "review loops, one after the other",
      teams(333, ["coder", "review", "fix"], (i) => [
        [`coder${i}.done`, send(`review${i}`)],
        [`review${i}.done`, [when(is(`review${i}`, "ok"), next("coder", i)), { action: upTo(5, send(`fix${i}`), { kind: "complete" }) }]],
        [`fix${i}.done`, upTo(5, send(`review${i}`))],
      ]),
      0,
    ],
    [
      "a fan-out to hundreds, all of them joined",
      teams(1, ["a", "z", ...Array.from({ length: 997 }, (_, i) => `w${i}x`)], () => [
        ["a0.done", send(...Array.from({ length: 997 }, (_, i) => `w${i}x0`))],
        [all(...Array.from({ length: 997 }, (_, i) => `w${i}x0.done`)), send("z0")],
      ]),
      0,
    ],
    [
      "the first of two, in every team",
      teams(250, ["a", "b", "c", "d"], (i) => [
        [`a${i}.done`, send(`b${i}`, `c${i}`)],
        [any(`b${i}.done`, `c${i}.done`), send(`d${i}`)],
        [`d${i}.done`, next("a", i)],
      ]),
      9000,
    ],
    [
      "reviewed work of two, again and again, in every team",
      teams(250, ["a", "b", "c", "d"], (i) => [
        [`a${i}.done`, send(`b${i}`, `c${i}`)],
        [all(`b${i}.done`, `c${i}.done`), send(`d${i}`)],
        [`d${i}.done`, [when(is(`d${i}`, "ok"), next("a", i)), { action: upTo(3, send(`b${i}`, `c${i}`), { kind: "complete" }) }]],
      ]),
      250 * 120,
    ],
    [
      "reviewed work of two that goes on to the next two at once",
      teams(330, ["b", "c", "d"], (i) => [
        [all(`b${i}.done`, `c${i}.done`), send(`d${i}`)],
        [`d${i}.done`, [when(is(`d${i}`, "ok"), send(...(i === 329 ? ["b330"] : [`b${i + 1}`, `c${i + 1}`]))), { action: upTo(3, send(`b${i}`, `c${i}`)) }]],
        ...(i === 0 ? [[fleetStarted, send("c0")] as const] : []),
      ]),
      330 * 120,
    ],
    [
      "the winner of a race that is reviewed, in every team",
      teams(250, ["a", "b", "c", "d"], (i) => [
        [`a${i}.done`, send(`b${i}`, `c${i}`)],
        [race(`b${i}.done`, `c${i}.done`), send(`d${i}`)],
        [`d${i}.done`, [when(is(`d${i}`, "ok"), next("a", i)), { action: upTo(3, send(`b${i}`, `c${i}`), { kind: "complete" }) }]],
      ]),
      250 * 200,
    ],
    [
      "work that people approve or send back, in every team",
      teams(330, ["a", "b", "c"], (i) => [
        [`a${i}.done`, send(`b${i}`, `c${i}`)],
        [all(`b${i}.done`, `c${i}.done`), opens(`g${i}`)],
        [at(`g${i}`, "approved"), next("a", i)],
        [at(`g${i}`, "rejected"), upTo(2, send(`b${i}`, `c${i}`), { kind: "complete" })],
        [at(`g${i}`, "expired"), { kind: "complete" }],
      ]),
      330 * 120,
    ],
    [
      "diamonds within diamonds where the first says so",
      teams(140, ["a", "b", "c", "d", "e", "f", "g"], (i) => [
        [`a${i}.done`, [when(is(`a${i}`, "ok"), send(`b${i}`, `c${i}`)), { action: send(`g${i}`) }]],
        [`b${i}.done`, send(`d${i}`, `e${i}`)],
        [all(`d${i}.done`, `e${i}.done`), send(`f${i}`)],
        [all(`f${i}.done`, `c${i}.done`), send(`g${i}`)],
        [`g${i}.done`, next("a", i)],
      ]),
      140 * 60,
    ],
    [
      "what fails and is tried again, in every team",
      teams(250, ["a", "b", "c", "h"], (i) => [
        [`a${i}.done`, send(`b${i}`, `c${i}`)],
        [all(`b${i}.done`, `c${i}.done`), next("a", i)],
        [`b${i}.failed`, upTo(2, send(`b${i}`))],
        [any(`c${i}.failed`, `b${i}.failed`), send(`h${i}`)],
        [`h${i}.done`, upTo(1, send(`c${i}`))],
      ]),
      250 * 200,
    ],
    [
      "hundreds of review loops at once, all of them joined",
      teams(1, ["a", "z", ...Array.from({ length: 330 }, (_, i) => [`w${i}x`, `r${i}x`, `d${i}x`]).flat()], () => [
        ["a0.done", send(...Array.from({ length: 330 }, (_, i) => `w${i}x0`))],
        ...Array.from({ length: 330 }, (_, i): ReadonlyArray<RuleShape> => [
          [`w${i}x0.done`, send(`r${i}x0`)],
          [`r${i}x0.done`, [when(is(`r${i}x0`, "ok"), send(`d${i}x0`)), { action: upTo(3, send(`w${i}x0`), send(`d${i}x0`)) }]],
        ]).flat(),
        [all(...Array.from({ length: 330 }, (_, i) => `d${i}x0.done`)), send("z0")],
      ]),
      330 * 60,
    ],
    [
      "hundreds of review loops at once, one of which may end it all",
      teams(1, ["a", "z", ...Array.from({ length: 150 }, (_, i) => [`w${i}x`, `r${i}x`, `d${i}x`]).flat()], () => [
        ["a0.done", send(...Array.from({ length: 150 }, (_, i) => `w${i}x0`))],
        ...Array.from({ length: 150 }, (_, i): ReadonlyArray<RuleShape> => [
          [`w${i}x0.done`, send(`r${i}x0`)],
          [`r${i}x0.done`, [when(is(`r${i}x0`, "ok"), send(`d${i}x0`)), { action: upTo(3, send(`w${i}x0`), { kind: "complete" }) }]],
        ]).flat(),
        [all(...Array.from({ length: 150 }, (_, i) => `d${i}x0.done`)), send("z0")],
        ["z0.done", { kind: "complete" }],
      ]),
      150 * 40,
    ],
  ])("decides %s", (_, ir, most) => {
    const { undecided, states, joins } = explore(ir)
    expect(undecided).toBe(false)
    expect(joins.filter(({ verdict }) => verdict === "may-starve")).toEqual([])
    expect(states).toBeLessThanOrEqual(most)
  })

  it("explores no more states than its bound, whatever the fleet", () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"]
    const rules = names.map((name, i): RuleShape => [
      race(`${name}.done`, `${names[(i + 5) % 12]}.settled`),
      upTo(4, send(names[(i + 1) % 12] ?? "a", names[(i + 7) % 12] ?? "a")),
    ])
    const joins = names.map((name, i): RuleShape => [all(`${name}.done`, `${names[(i + 4) % 12]}.done`), upTo(3, send(names[(i + 2) % 12] ?? "a"))])
    const facts = explore(fleet(Object.fromEntries(names.map((name) => [name, null])), ["a", "e", "i"], [...rules, ...joins]), { bound: 150 })
    expect(facts.undecided).toBe(true)
    expect(facts.states).toBeLessThan(3000)
  })
})

describe("what was put out", () => {
  it("is that of the activation whose token fired the rule, not the latest", () => {
    // the token of the first round waits for b, and the join asks about the first output though a has put out another
    const ir = fleet(
      { a: { ok: boolean }, b: null, c: null, d: null, z: null },
      ["a"],
      [
        ["a.done", [when(is("a", "ok"), upTo(1, send("a")))]],
        ["a.done", [when(is("a", "ok"), upTo(1, send("b")))]],
        [all("a.done", "b.done"), [when(is("a", "ok"), { kind: "sequence", actions: [send("c"), send("d")] }), { action: send("c") }]],
        [all("c.done", "d.done"), send("z")],
      ],
    )
    expect(verdicts(ir)["r4"]).toBe("satisfiable")
  })

  const score: Expr = { op: "member", object: { op: "session", session: "a", property: "output" }, field: "score", safe: false }
  const text: Expr = { op: "session", session: "a", property: "text" }
  const guard = (expr: Expr) => ({ type: boolean, expr })
  const literal = (value: string | number): Expr => ({ op: "literal", kind: typeof value === "string" ? "string" : "integer", value })
  const compared = (operator: ">" | "<=", value: number) => guard({ op: "binary", operator, left: score, right: literal(value) })
  const contains = (word: string) => guard({ op: "call", function: "contains", arguments: [text, literal(word)] })
  const turns = (count: number) => guard({ op: "binary", operator: ">", left: { op: "session", session: "a", property: "turns" }, right: literal(count) })
  it.each<[string, NonNullable<Case["guard"]>, NonNullable<Case["guard"]>, string]>([
    ["a number is above a limit or it is not", compared(">", 5), compared("<=", 5), "unsatisfiable"],
    ["above one limit, not above another", compared(">", 5), compared("<=", 7), "may-starve"],
    ["one limit said in two ways", compared(">", 5), guard({ op: "not", operand: compared("<=", 5).expr }), "satisfiable"],
    ["a text with one word and not the other", contains("risky"), contains("large"), "may-starve"],
    ["a text that holds a word holds its parts", contains("risk"), guard({ op: "not", operand: contains("risky").expr }), "may-starve"],
    ["a text cannot hold a word without its parts: the join only waits", contains("risky"), guard({ op: "not", operand: contains("risk").expr }), "may-starve"],
    ["what only a run can count", turns(1), turns(2), "undecided"],
  ])("%s", (_, one, two, verdict) => {
    const ir = fleet(
      { a: { score: { kind: "integer" } }, b: null, c: null, z: null },
      ["a"],
      [
        ["a.done", [when(one, send("b"))]],
        ["a.done", [when(two, send("c"))]],
        [all("b.done", "c.done"), send("z")],
      ],
    )
    expect(verdicts(ir)).toEqual({ r3: verdict })
  })
})

describe("what has not been put out", () => {
  const way: Expr = { op: "member", object: { op: "session", session: "b", property: "output" }, field: "way", safe: true }
  const isWay = (value: string, otherwise?: string): NonNullable<Case["guard"]> => {
    const literal = (text: string): Expr => ({ op: "literal", kind: "string", value: text })
    const left: Expr = otherwise === undefined ? way : { op: "binary", operator: "??", left: way, right: literal(otherwise) }
    return { type: boolean, expr: { op: "binary", operator: "==", left, right: literal(value) } }
  }
  /** Nobody has asked b before e is done. */
  const relay = (guard: NonNullable<Case["guard"]>) =>
    fleet(
      { b: { way: { kind: "string" } }, c: null, d: null, e: null },
      ["d"],
      [
        ["d.done", upTo(2, send("e"))],
        ["e.done", upTo(2, send("b"))],
        ["d.done", [when(guard, upTo(1, send("c"))), { action: { kind: "complete" } }]],
        ["e.done", [when(guard, upTo(1, send("c"))), { action: upTo(1, send("b")) }]],
      ],
    )
  it.each<[string, NonNullable<Case["guard"]>, ReadonlyArray<string>]>([
    ["is no value", isWay("y"), []],
    ["is the default", isWay("y", "y"), ["c"]],
    ["is not another value", isWay("y", "x"), []],
  ])("%s", (_, guard, doubles) => {
    expect(explore(relay(guard)).doubleActivations.map(({ session }) => session)).toEqual(doubles)
  })
  it("may be of any value once it is there, whatever it is by default", () => {
    const ir = fleet(
      { a: null, b: { way: { kind: "string" } }, c: null, z: null },
      ["b", "a"],
      [
        ["b.done", [when(isWay("y", "x"), send("c"))]],
        [all("a.done", "c.done"), send("z")],
      ],
    )
    expect(explore(ir).joins[0]?.verdict).toBe("may-starve")
  })
})

describe("never ends", () => {
  const gate = (name: string): Action => ({
    kind: "gate",
    gate: name,
    prompt: { type: { kind: "string" }, expr: { op: "literal", kind: "string", value: "?" } },
  })
  const answered = (name: string, event: "approved" | "rejected"): EventPattern => ({ source: "gate", gate: name, event })
  const asks = (rejected: Action) =>
    fleet(
      { a: null, b: null },
      ["a"],
      [
        ["a.done", gate("ask")],
        [answered("ask", "approved"), gate("again")],
        [answered("ask", "rejected"), rejected],
        [answered("again", "approved"), gate("ask")],
        [answered("again", "rejected"), gate("ask")],
      ],
    )
  it("where every answer at a gate opens another", () => {
    expect(explore(asks(gate("again"))).neverEnds).toEqual({ rule: "r5", scenario: "gate again and gate ask: whatever people answer, they are asked again" })
  })
  it.each<[string, Action]>([
    ["where an answer leads out", { kind: "notify", text: { type: { kind: "string" }, expr: { op: "literal", kind: "string", value: "!" } } }],
    ["where an answer starts what ends", send("b")],
    ["where an answer says that it is over", { kind: "complete" }],
  ])("is not told %s", (_, way) => {
    const facts = explore(asks(way))
    expect([facts.neverEnds, facts.undecidedEnd]).toEqual([undefined, undefined])
  })
})

describe("fan-outs", () => {
  const counted = (list: Expr, count: number) => {
    const each: Action = { kind: "for", variable: "t", list: { type: { kind: "list", item: { kind: "string" } }, expr: list }, send: send("w") }
    const ir = fleet({ a: { tasks: { kind: "list", item: { kind: "string" } } }, w: null, z: null }, ["a"], [["a.done", each]])
    const waits: Rule = {
      id: "r2",
      join: { kind: "instances", leaf: 0, event: { source: "session", session: "w", event: "done" }, want: { kind: "atLeast", count, race: false } },
      cases: [{ action: send("z") }],
    }
    return { ...ir, rules: [...ir.rules, waits] }
  }
  const tasks: Expr = { op: "member", object: { op: "session", session: "a", property: "output" }, field: "tasks", safe: false }
  const items = (count: number): Expr => ({ op: "list", items: Array.from({ length: count }, () => ({ op: "literal", kind: "string", value: "x" }) as const) })
  it("may be too short for what counts them", () => {
    expect(explore(counted(tasks, 2)).joins).toMatchObject([
      { verdict: "may-starve", scenario: "a done, len(tasks) = 1 → w done → the join still waits for more of w" },
    ])
  })
  it("of a list that is written out are as long as it is", () => {
    expect([explore(counted(items(2), 2)), explore(counted(items(1), 2))].map(({ joins }) => joins[0]?.verdict)).toEqual(["satisfiable", "unsatisfiable"])
  })
})

describe("loops", () => {
  const loop = (max: number) =>
    fleet(
      { a: { ok: boolean }, b: null, c: null, z: null },
      ["a", "c"],
      [
        ["a.done", [when(is("a", "ok"), { kind: "complete" }), { action: upTo(max, send("a"), send("b")) }]],
        [all("b.done", "c.done"), send("z")],
      ],
    )
  it("are counted as they are bounded: the scenario takes as many rounds as a run", () => {
    const [fact] = explore(loop(4)).joins
    expect(fact?.verdict).toBe("satisfiable")
    const starves = fleet(
      { a: null, b: null, c: { ok: boolean }, z: null },
      ["a"],
      [
        ["a.done", upTo(4, send("a"), send("b", "c"))],
        ["c.done", [when(is("c", "ok"), send("z"))]],
        [all("b.done", "z.done"), { kind: "complete" }],
      ],
    )
    expect(explore(starves).joins[0]?.scenario).toBe("a done → a done → a done → a done → a done → c done, ok = false → b done → the join still waits for z")
  })
  it("that are too long to be counted are decided where the number of rounds is of no matter", () => {
    const ir = fleet(
      { a: null, b: null, r: { ok: boolean } },
      ["a", "b"],
      [
        [all("a.done", "b.done"), send("r")],
        ["r.done", [when(is("r", "ok"), { kind: "complete" }), { action: upTo(100_000, send("a", "b")) }]],
      ],
    )
    expect(explore(ir).joins).toMatchObject([{ verdict: "satisfiable" }])
  })
})
