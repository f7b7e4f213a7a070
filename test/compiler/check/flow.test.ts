import { describe, expect, it } from "vitest"
import { compile } from "../../../compiler/index.ts"
import { fleetOf, problemsOf, problemsOfRoutes } from "./fleets.ts"

const codes = (routes: string, more?: string): ReadonlyArray<string> => problemsOf(fleetOf(routes, more))

describe("loops", () => {
  it.each([
    ["on a.done -> b\non b.done -> a", ["unbounded-loop on b.done -> a"]],
    ["on a.done -> b\non b.done -> a max 3", []],
    ["on a.failed -> retry a", ["unbounded-loop on a.failed -> retry a"]],
    ["on a.failed -> retry a max 2", []],
    ['on a.failed -> gate g "Again?"\non g.approved -> a', []],
    ["on a.done -> b max 2 then a", ["unbounded-loop on a.done -> b max 2 then a"]],
  ])("%s", (routes, expected) => expect(problemsOfRoutes(routes).filter((problem) => problem.startsWith("unbounded-loop"))).toEqual(expected))
})

describe("the end", () => {
  const beat = "on every(1h) -> b"
  it.each([
    [beat, "budget: {}", ["never-ends"]],
    ['on every(1h) -> notify "x"', "budget: {}", []],
    [beat, "budget: { wall: 2h }", []],
    [beat, "budget: { usd: 1 }", []],
    [`${beat}\non a.done -> complete`, "budget: {}", []],
    [`${beat}\non a.failed -> fail "no"`, "budget: {}", []],
    [`${beat}\non c.done -> complete`, "budget: {}", ["never-ends"]],
    [`${beat} max 3`, "budget: {}", []],
    ["on every(1h) when a.turns > 2 -> b", "budget: {}", []],
    ['on every(1h) -> gate ask "Go on?"', "", ["never-ends"]],
    ["on all(every(1h), a.failed) -> b", "budget: {}", []],
    ["on every(1h) -> b\non a.done -> c\non c.done -> a", "budget: { wall: 1h }", []],
  ])("%s with %s", (routes, more, expected) => expect(codes(routes, more).flatMap((problem) => problem.match(/^never-ends/) ?? [])).toEqual(expected))

  it("a loop without a bound is the one error, whatever else follows from it", () => {
    const text = fleetOf("on a.done -> b\non b.done -> a\non every(1h) -> c\non all(b.failed, d.done) -> c", "budget: { turns: 1 }")
    const found = compile({ file: "fleet.yaml", text, files: () => undefined }).diagnostics
    expect(found.filter(({ severity }) => severity === "error").map(({ code }) => code)).toEqual(["unbounded-loop"])
    expect(found.map(({ code }) => code)).toContain("unsatisfiable-join")
  })
})

describe("what nothing starts", () => {
  it.each([
    ["on a.done -> b", ["unreachable-session c", "unreachable-session d"]],
    ["on a.done -> b\non c.done -> d", ["unreachable-session c", "unreachable-session d"]],
    ["on a.done -> b\non any(b.done, c.done) -> [c, d] max 1", []],
  ])("%s", (routes, expected) => expect(codes(routes).filter((problem) => problem.startsWith("unreachable-session"))).toEqual(expected))

  it("says of every rule that it rests where the model alone routes", () => {
    expect(codes("on a.done -> b\non b.done -> c", "mode: llm").filter((code) => code.startsWith("dead-route"))).toHaveLength(2)
    expect(codes("on a.done -> b\non b.done -> c", "mode: hybrid").filter((code) => code.startsWith("dead-route"))).toEqual([])
  })

  it("leaves sessions to a router that is no rule", () => expect(codes("", "mode: llm")).toEqual([]))
})

describe("what undoes nothing", () => {
  const undoing = (routes: string, more = ""): ReadonlyArray<string> =>
    problemsOf(
      `fleet:\n  base_branch: main\n  budget: { usd: 9 }\n${more}  sessions:\n    a: { driver: claude, compensate: d }\n    b: { driver: claude }\n    c: { driver: claude }\n    d: { driver: claude }\n  start: a\n  routes: |\n    on a.done -> b\n    on b.done -> c\n${routes.replace(/^/gm, "    ")}\n`,
    )
  it.each([
    ["on c.failed -> undo a", []],
    ["on c.failed -> undo b", ["dead-route undo b"]],
    ['on c.failed -> { undo a; undo b; fail "no" }', ["dead-route undo b"]],
    ["on c.failed -> undo a\non a.compensated -> b max 1", []],
    ["on c.failed -> undo a\non b.compensated -> c max 1", ["dead-route b.compensated"]],
    ["on c.failed -> undo a\non any(a.compensated, b.compensated) -> c max 1", ["dead-route b.compensated"]],
    ["on c.failed -> undo a\non all(a.compensated, b.compensated) -> c max 1", ["dead-route b.compensated"]],
  ])("%s", (routes, expected) => expect(undoing(routes)).toEqual(expected))
  it("a compensation in the defaults is one", () => expect(undoing("on c.failed -> undo b", "  defaults: { compensate: d }\n")).toEqual([]))
})

describe("a gate that nothing limits", () => {
  const gates = (routes: string): ReadonlyArray<string> => codes(`on a.done -> [b, c]\n${routes}`).filter((problem) => !problem.startsWith("unreachable"))
  it.each([
    ['on b.done -> gate g "?"\non g.approved, g.rejected -> d\non g.expired -> fail "late"', ["dead-route g.expired"]],
    ['on b.done -> gate g "?" within 1h\non g.approved, g.rejected -> d\non g.expired -> fail "late"', []],
    ['on b.done -> gate g "?"\non c.done -> gate g "?" within 1h\non g.approved, g.rejected -> notify "x"\non g.expired -> fail "late"', []],
    ['on b.done -> gate g "?"\non g.approved -> d\non any(g.rejected, g.expired) -> fail "no"', ["dead-route g.expired"]],
  ])("never expires: %s", (routes, expected) => expect(gates(routes)).toEqual(expected))
})

describe("what nothing uses", () => {
  it.each([
    ["let x = 1\non a.done -> [b, c, d]", "", ["unused-let x"]],
    ["on a.done -> [b, c, d]", "inputs: { n: integer }", ["unused-input n"]],
    ['on a.done -> { gate g "?"; [b, c, d] }', "", ["unused-gate g"]],
  ])("%s", (routes, more, expected) => expect(codes(routes, more)).toEqual(expected))

  it("a suppression that is wrong takes nothing away, not even what an exploration finds", () => {
    const routes = "on a.done -> [b, c]\non b.done -> d\n# fleet-ignore double-activation\non c.done -> d"
    expect(codes(routes)).toEqual(["invalid-value fleet-ignore double-activation", "double-activation on c.done -> d"])
  })

  it("keeps a warning quiet for a reason", () => {
    expect(codes("# fleet-ignore unused-let: wanted soon\nlet x = 1\non a.done -> [b, c, d]")).toEqual([])
  })
})

it("keeps a session's budget inside the fleet's", () => {
  const text = "fleet:\n  base_branch: main\n  budget: { usd: 1, turns: 5 }\n  sessions:\n    a: { driver: claude, budget: { usd: 2, turns: 5 } }\n  start: a\n"
  expect(problemsOf(text)).toEqual(["budget-exceeds-parent 2"])
})

describe("sessions that two rules activate", () => {
  const doubles = (routes: string) => codes(`on fleet.started -> [b, c]\n${routes}`).filter((problem) => problem.startsWith("double-activation"))
  it("are told of", () => expect(doubles("on b.done -> d\non c.done -> d")).toEqual(["double-activation on c.done -> d"]))
  it("are not, where one rule says that it means each of its triggers", () => expect(doubles("on b.done, c.done -> d")).toEqual([]))
  it("are told of for another rule besides", () => expect(doubles("on b.done, c.done -> d\non a.done -> d")).toHaveLength(1))
})
