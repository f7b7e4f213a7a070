import { describe, expect, it } from "vitest"
import { problemsOf, problemsOfRoutes } from "./fleets.ts"

describe("types of expressions", () => {
  it.each([
    ['on a.done when a.output.verdict == "reject" -> b', ['type-mismatch "reject"']],
    ["on a.done when a.output.score -> b", ["guard-not-boolean a.output.score"]],
    ["on a.done when a.output.scoer > 1 -> b", ["unknown-field scoer"]],
    ['on a.done -> b with "${a.output.note}"', ["maybe-absent a.output.note"]],
    ['on a.done -> b with "${a.output.note ?? "none"}"', []],
    ['on a.done when a.output.note != null -> b with "${a.output.note}"', []],
    ['on a.done -> b with "${a.output.tasks}"', ["not-printable a.output.tasks"]],
    ["on a.done -> for t in a.output.score -> b", ["not-a-list a.output.score"]],
    ['on a.done -> for t in a.output.tasks -> b with "${t.title}"', ["unknown-field title"]],
    ["on a.done when len(a.text, 2) > 1 -> b", ["wrong-arguments len(a.text, 2)"]],
    ["on c.done when c.output.x == 1 -> d\non a.done -> c", ["unknown-field output"]],
  ])("%s", (routes, expected) => expect(problemsOfRoutes(routes)).toEqual(expected))

  it("checks the default of an input", () => {
    const routes = 'on a.done -> b with "${inputs.n}"'
    expect(problemsOfRoutes(routes, "inputs: { n: { type: integer, default: many } }")).toEqual(["type-mismatch many"])
  })

  it("wants a plugin's configuration to be constant", () => {
    const routes = (depth: string): string => `on a.done -> use router { queue: "x", depth: ${depth} }`
    expect(problemsOfRoutes(routes("[-3, 4]"), "plugins: [./router.ts]")).toEqual([])
    expect(problemsOfRoutes(routes("a.turns"), "plugins: [./router.ts]")).toEqual(['plugin-config-invalid { queue: "x", depth: a.turns }'])
  })

  it("reads a schema from a file", () => {
    const text = "fleet:\n  base_branch: main\n  sessions:\n    a: { driver: claude, output: { $ref: ./v.json } }\n    b: { driver: claude }\n  start: a\n  routes: |\n    on a.done when a.output.n == \"x\" -> b\n"
    expect(problemsOf(text, { "./v.json": '{ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] }' })).toEqual(['type-mismatch "x"'])
    expect(problemsOf(text)).toEqual(["invalid-type { $ref: ./v.json }"])
  })
})

describe("what has certainly finished", () => {
  const use = 'with "${b.output.ok}"'
  it.each([
    [`on a.done -> b\non b.done -> c\non c.done -> d ${use}`, []],
    [`on a.done -> b\non b.done -> c\non c.started -> d ${use}`, []],
    [`on a.done -> b\non b.settled -> d ${use}`, ["maybe-absent b.output.ok"]],
    [`on a.done -> [b, c]\non all(b.done, c.done) -> d ${use}`, []],
    [`on a.done -> [b, c]\non any(b.done, c.done) -> d ${use}`, ["maybe-absent b.output.ok"]],
    [`on a.done -> b\non b.done, a.failed -> d ${use}`, ["maybe-absent b.output.ok"]],
    [`on a.done -> b\non b.done -> gate g "?"\non g.approved -> d ${use}`, []],
    [`on a.done -> b\non b.failed, b.done -> gate g "?"\non g.approved -> d ${use}`, ["maybe-absent b.output.ok"]],
    [`let k = b.output.ok\non a.done -> b\non b.done -> c with "\${k}"\non b.failed -> d with "\${k}"`, ["maybe-absent k"]],
  ])("%s", (routes, expected) => expect(problemsOfRoutes(routes).filter((problem) => problem.startsWith("maybe-absent"))).toEqual(expected))
})

describe("cases", () => {
  it.each([
    ['when a.output.verdict == "approve" -> complete\nwhen a.output.verdict == "changes" -> b', []],
    ['when a.output.verdict == "approve" -> complete', ["non-exhaustive-cases on a.done"]],
    ['when a.output.verdict == "approve" -> complete\notherwise -> b', []],
    ["when a.output.score > 3 -> complete\nwhen a.output.score < 3 -> b", ["non-exhaustive-cases on a.done"]],
    ["when a.output.score > 3 -> complete\nwhen a.output.score <= 3 -> b", []],
    ['when a.output.verdict in ["approve", "changes"] -> complete', []],
  ])("%s", (cases, expected) => expect(problemsOfRoutes(`on a.done {\n${cases}\n}`)).toEqual(expected))
})

describe("instances", () => {
  const fan = "on a.done -> for t in a.output.tasks -> b\n"
  it.each([
    ["on b.done -> c", ["ambiguous-instances b.done"]],
    ["on all(b.done) -> c", []],
    ["on each(b.done) when b.output.ok -> c", []],
    ["on all(b.done) when b.output.ok -> c", ["ambiguous-instances b.output"]],
    ["on all(b.done) when len(b.outputs) > 1 -> c", []],
    ["on b.failed(rate_limit) -> retry b max 2", []],
  ])("%s", (rule, expected) => expect(problemsOfRoutes(fan + rule)).toEqual(expected))
})
