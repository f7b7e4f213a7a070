import { describe, expect, it } from "vitest"
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

describe("what nothing starts", () => {
  it.each([
    ["on a.done -> b", ["unreachable-session c", "unreachable-session d"]],
    ["on a.done -> b\non c.done -> d", ["unreachable-session c", "unreachable-session d"]],
    ["on a.done -> b\non any(b.done, c.done) -> [c, d] max 1", []],
  ])("%s", (routes, expected) => expect(codes(routes).filter((problem) => problem.startsWith("unreachable-session"))).toEqual(expected))

  it("leaves sessions to a router that is no rule", () => expect(codes("", "mode: llm")).toEqual([]))
})

describe("what nothing uses", () => {
  it.each([
    ["let x = 1\non a.done -> [b, c, d]", "", ["unused-let x"]],
    ["on a.done -> [b, c, d]", "inputs: { n: integer }", ["unused-input n"]],
    ['on a.done -> { gate g "?"; [b, c, d] }', "", ["unused-gate g"]],
  ])("%s", (routes, more, expected) => expect(codes(routes, more)).toEqual(expected))

  it("keeps a warning quiet for a reason", () => {
    expect(codes("# fleet-ignore unused-let: wanted soon\nlet x = 1\non a.done -> [b, c, d]")).toEqual([])
  })
})

it("keeps a session's budget inside the fleet's", () => {
  const text = "fleet:\n  base_branch: main\n  budget: { usd: 1, turns: 5 }\n  sessions:\n    a: { driver: claude, budget: { usd: 2, turns: 5 } }\n  start: a\n"
  expect(problemsOf(text)).toEqual(["budget-exceeds-parent 2"])
})
