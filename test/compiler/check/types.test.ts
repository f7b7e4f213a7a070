import { describe, expect, it } from "vitest"
import { compile } from "../../../compiler/index.ts"
import { fleetOf, problemsOf, problemsOfRoutes } from "./fleets.ts"

describe("types of expressions", () => {
  it.each([
    ['on a.done when a.output.verdict == "reject" -> b', ['type-mismatch "reject"']],
    ["on a.done when a.output.score -> b", ["guard-not-boolean a.output.score"]],
    ["on a.done when a.output.note -> b", ["guard-not-boolean a.output.note"]],
    ["on a.done when contains([1, 2], a.output.score) -> b", []],
    ['on a.done when contains([1, 2], "x") -> b', ['wrong-arguments "x"']],
    ["on a.done when a.output.scoer > 1 -> b", ["unknown-field scoer"]],
    ['on a.done -> b with "${a.output.note}"', ["maybe-absent a.output.note"]],
    ['on a.done -> b with "${a.output.note ?? "none"}"', []],
    ['on a.done when a.output.note != null -> b with "${a.output.note}"', []],
    ['on a.done -> b with "${a.output.tasks}"', ["not-printable a.output.tasks"]],
    ["on a.done -> for t in a.output.score -> b", ["not-a-list a.output.score"]],
    ['on a.done -> for t in a.output.tasks -> b with "${t.title}"', ["unknown-field title"]],
    ["on a.done when len(a.text, 2) > 1 -> b", ["wrong-arguments len(a.text, 2)"]],
    ["on c.done when c.output.x == 1 -> d\non a.done -> c", ["unknown-field output"]],
    ["on a.done when a.output.note != null and len(a.output.note) > 2 -> b", []],
    ['on a.done when a.output.note == null or a.output.note == "x" -> b', []],
    ['on a.done when a.output.note in ["x", "y"] -> b with "${a.output.note}"', []],
    ['on a.done when not (a.output.note in ["x", "y"]) -> b with "${a.output.note}"', ["maybe-absent a.output.note"]],
    ['on a.done when a.output.note in ["x", null] -> b with "${a.output.note}"', ["maybe-absent a.output.note"]],
    ['on a.settled when a.status in ["done", "failed"] -> b with "${len(a.output.tasks)}"', ["maybe-absent a.output.tasks"]],
    ['on a.done when not (a.output.note == null) -> b with "${a.output.note}"', []],
    ['on a.done {\nwhen a.output.note == null -> b\notherwise -> c with "${a.output.note}"\n}', []],
    ['on a.done {\nwhen a.output.note != null -> b\notherwise -> c with "${a.output.note}"\n}', ["maybe-absent a.output.note"]],
    ["on a.done -> b\non b.settled when b.output?.ok ?? false -> c", []],
    ['on a.done -> b with "${b.output.ok}"', ["maybe-absent b.output.ok"]],
    ['on a.settled when a.status == "done" -> b with "${len(a.output.tasks)}"', []],
    ['on a.settled {\nwhen a.status != "done" -> b\notherwise -> c with "${len(a.output.tasks)}"\n}', []],
    ['on a.settled when a.status == "failed" -> b with "${a.error.kind}"', []],
    ['on a.settled when a.status != "done" -> b with "${len(a.output.tasks)}"', ["maybe-absent a.output.tasks"]],
    ['on a.settled when a.status == "failed" -> b with "${len(a.output.tasks)}"', ["maybe-absent a.output.tasks"]],
    ['on a.settled when a.status == "done" -> b with "${a.output.note}"', ["maybe-absent a.output.note"]],
    ['on a.failed -> b with "${a.error.message}"', []],
    ['on a.done -> b with "${a.error.message}"', ["maybe-absent a.error.message"]],
    ['on a.settled -> b with "${a.error?.message ?? "fine"}"', []],
    ["on a.done when a.output.score in [1, 2] -> b", []],
    ['on a.done when a.output.score in ["x"] -> b', ["type-mismatch a.output.score"]],
    ['on a.done when "approve" == a.output.verdict -> b', []],
    ['on a.done when a.output.score > "x" -> b', ['type-mismatch "x"']],
    ["on a.done when a.cost > 5 -> b", ["type-mismatch 5"]],
    ["on a.done when a.cost > $5 -> b", []],
    ["on a.done when fleet.elapsed > $5 -> b", ["type-mismatch $5"]],
    ['on a.done -> b with "${a.output.tasks[0]}"', ["maybe-absent a.output.tasks[0]"]],
    ['on a.done -> b with "${first(a.output.tasks) ?? ""}"', []],
    ["let k = a.output.score + 1\non a.done when k > 2 -> b", []],
    ['let k = a.output.score + "x"\non a.done when k > 2 -> b', ['type-mismatch a.output.score + "x"']],
    ['on a.done -> for t in a.output.tasks -> b with "${t + 1}"', ["type-mismatch t + 1"]],
    ["on a.done when a.text matches /(x+)\\1/ -> b", ["unsafe-regex \\1"]],
    ["let r = { x: 1, y: 2, x: 3 }\non a.done when r.x == a.output.score -> b", ["duplicate-key x"]],
    ["on 0 of (a.done, b.done) -> c", ["invalid-value 0"]],
    ["on a.done -> b max 0", ["invalid-value 0"]],
    ["on a.done -> for t in a.output.tasks -> b limit 0", ["invalid-value 0"]],
    ["on 2 of (a.done) -> c", ["unsatisfiable-join 2 of (a.done)"]],
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
    const text =
      'fleet:\n  base_branch: main\n  sessions:\n    a: { driver: claude, output: { $ref: ./v.json } }\n    b: { driver: claude }\n  start: a\n  routes: |\n    on a.done when a.output.n == "x" -> b\n'
    expect(problemsOf(text, { "./v.json": '{ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] }' })).toEqual([
      'type-mismatch "x"',
    ])
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

describe("what a run that succeeds has certainly finished", () => {
  const given = (routes: string, outputs: string): ReadonlyArray<string> =>
    problemsOf(
      `fleet:\n  base_branch: main\n  budget: { usd: 9 }\n  sessions:\n    a: { driver: claude, output: { verdict: approve | changes, tasks: [string] } }\n    b: { driver: claude, output: { v: string, note: string? } }\n    c: { driver: claude, output: { v: string } }\n    d: { driver: claude, output: { v: string } }\n  start: a\n  outputs: { x: "${outputs}" }\n  routes: |\n${routes.replace(/^(?=.)/gm, "    ")}\n`,
    ).filter((problem) => !problem.startsWith("unreachable-session"))
  const absent = ["maybe-absent b.output.v"]
  it.each([
    ["", "a.output.verdict", []],
    ["on a.failed -> b", "b.output.v", absent],
    ["on a.failed -> b", "a.output.verdict", ["maybe-absent a.output.verdict"]],
    ["on a.failed -> b", "b.output?.v", []],
    ["on a.failed -> b", "b.output.v ?? 'none'".replaceAll("'", '\\"'), []],
    ["on a.failed -> b", "b.output", ["maybe-absent b.output"]],
    ["on a.failed -> b", "{ one: [b.output.v] }", absent],
    ["on a.failed -> retry a max 2", "a.output.verdict", []],
    ["on a.failed -> retry a max 2 then complete", "a.output.verdict", ["maybe-absent a.output.verdict"]],
    ['on a.failed -> { notify "oh"; fail "no" }', "a.output.verdict", []],
    ["on a.done -> b\non b.done -> c", "c.output.v", []],
    ["on a.done -> b\non b.done -> c", "b.output.note", []],
    ["on a.done -> b\non b.failed -> c", "b.output.v", absent],
    ["on a.done -> b\non b.failed -> c\non c.done -> b max 1", "b.output.v", []],
    ["on a.done -> b\non a.done -> complete", "b.output.v", absent],
    ["on a.done -> b\non b.done -> complete", "b.output.v", []],
    ['on a.done when a.output.verdict == "approve" -> b', "b.output.v", absent],
    ['on a.done {\nwhen a.output.verdict == "approve" -> b\notherwise -> c\n}', "b.output.v", absent],
    ['on a.done {\nwhen a.output.verdict == "approve" -> b\notherwise -> c\n}\non c.done -> b', "b.output.v", []],
    ['on a.done {\nwhen a.output.verdict == "approve" -> b\notherwise -> a max 3 then fail "no"\n}', "b.output.v", []],
    ['on a.done {\nwhen a.output.verdict == "approve" -> b\nwhen a.output.verdict == "changes" -> fail "no"\n}', "b.output.v", []],
    ['on a.done -> gate g "?"\non g.approved -> b\non g.rejected -> c', "b.output.v", absent],
    ['on a.done -> gate g "?"\non g.approved -> b\non g.rejected -> fail "no"', "b.output.v", []],
    ['on a.done -> gate g "?" within 1h\non g.approved -> b\non g.rejected -> fail "no"', "b.output.v", absent],
    ["on a.done -> [b, c]\non all(b.done, c.done) -> d", "d.output.v", []],
    ["on a.done -> [b, c]\non any(b.done, c.done) -> d", "d.output.v", []],
    ["on a.done -> [b, c]\non race(b.done, c.done) -> d", "d.output.v", []],
    ["on a.done -> [b, c]\non race(b.done, c.done) -> d", "b.output.v", absent],
    ["on a.done -> [b, c]\non c.done -> cancel others", "b.output.v", absent],
    ["on a.done -> [b, c]\non c.done -> cancel b", "b.output.v", absent],
    ['on a.done -> [b, c]\non all(b.done, c.done) within 1h otherwise -> notify "late" -> d', "d.output.v", ["maybe-absent d.output.v"]],
    ["on a.done -> for t in a.output.tasks -> c\non all(c.done) -> b", "b.output.v", []],
    ["on a.done -> for t in a.output.tasks -> c\non any(c.done) -> b", "b.output.v", absent],
    ["on a.done -> for t in a.output.tasks -> c\non each(c.done) -> b max 9", "b.output.v", absent],
    ["on a.done -> use llm", "b.output.v", []],
    ['on a.done {\nwhen a.output.verdict == "approve" -> b\notherwise -> c\n}\non c.done -> a max 3', "b.output.v", absent],
    ['on a.done {\nwhen a.output.verdict == "approve" -> b\notherwise -> c\n}\non c.done -> a max 3 then fail "no"', "b.output.v", []],
    ['on a.done {\nwhen a.output.verdict == "approve" -> b\notherwise -> c\n}\non c.done -> a max 3', "a.output.verdict", []],
    ['on a.done -> b\non a.failed -> gate g "?"\non g.approved -> a max 1\non g.rejected -> fail "no"', "b.output.v", absent],
    ['on a.done -> b\non a.failed -> gate g "?"\non g.approved -> a\non g.rejected -> fail "no"', "b.output.v", []],
    ["on a.done -> b max 1", "b.output.v", []],
    ["on a.done -> for t in a.output.tasks -> c\non all(c.done) -> b", "c.output.v", ["ambiguous-instances c.output"]],
    ["on a.done -> for t in a.output.tasks -> c\non all(c.done) -> b", "len(c.outputs)", []],
  ])("%s: %s", (routes, outputs, expected) => expect(given(routes, outputs)).toEqual(expected))
})

describe("cases", () => {
  it.each([
    ['when a.output.verdict == "approve" -> complete\nwhen a.output.verdict == "changes" -> b', []],
    ['when a.output.verdict == "approve" -> complete', ["non-exhaustive-cases on a.done"]],
    ['when a.output.verdict == "approve" -> complete\notherwise -> b', []],
    ["when a.output.score > 3 -> complete\nwhen a.output.score < 3 -> b", ["non-exhaustive-cases on a.done"]],
    ["when a.output.score > 3 -> complete\nwhen a.output.score <= 3 -> b", []],
    ['when a.output.verdict in ["approve", "changes"] -> complete', []],
    ["otherwise -> b\nwhen a.output.score > 1 -> c", ["unreachable-case when a.output.score > 1 -> c"]],
    ["when a.output.score > 1 -> b\nwhen a.output.score > 5 -> c\notherwise -> d", ["unreachable-case when a.output.score > 5 -> c"]],
    ["when a.output.score > 5 -> b\nwhen a.output.score > 1 -> c\notherwise -> d", []],
    ['when a.output.verdict == "approve" -> b\nwhen a.output.verdict == "changes" -> c\notherwise -> d', ["unreachable-case otherwise -> d"]],
    ["when a.output.score > 3 and a.output.score < 2 -> b\notherwise -> d", ["unreachable-case when a.output.score > 3 and a.output.score < 2 -> b"]],
    ['when contains(a.text, "x") -> b\nwhen contains(a.text, "x") -> c\notherwise -> d', ['unreachable-case when contains(a.text, "x") -> c']],
    ['when contains(a.text, "x") -> b\nwhen contains(a.text, "y") -> c\notherwise -> d', []],
    ["when len(a.text) > 100 -> b\notherwise -> d", []],
    ["when a.cost > $1 and a.cost < $2 -> b\notherwise -> d", []],
    ["when a.cost > $1 -> b\nwhen a.cost <= $1 -> d", []],
  ])("%s", (cases, expected) => expect(problemsOfRoutes(`on a.done {\n${cases}\n}`)).toEqual(expected))
})

describe("a condition of a route", () => {
  it.each([
    ["1 > 2", ["dead-route on a.done when 1 > 2 -> b"]],
    ["true", []],
    ["a.output.score > 3 and a.output.score < 2", ["dead-route on a.done when a.output.score > 3 and a.output.score < 2 -> b"]],
    ['not (a.output.verdict in ["approve", "changes"])', ['dead-route on a.done when not (a.output.verdict in ["approve", "changes"]) -> b']],
    ["a.output.note == null", []],
    ['contains(a.text, "x")', []],
    ["a.cost > $1", []],
  ])("that never holds is told: %s", (guard, expected) => expect(problemsOfRoutes(`on a.done when ${guard} -> b`)).toEqual(expected))
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
    ["on b.settled -> c", ["ambiguous-instances b.settled"]],
    ["on all(b.done, a.done) -> c", []],
    ["on 2 of (b.done) -> c", ["join-may-starve 2 of (b.done)"]],
    ["on race(b.done) -> c", []],
    ["on a.done -> b", ["ambiguous-instances b"]],
    ["on a.failed -> [b, c]", ["ambiguous-instances b"]],
    ["on a.failed -> c\non c.done -> retry b max 1", ["ambiguous-instances b"]],
    ['on [b.done] -> c with "${b.text}"', ["ambiguous-instances b.text"]],
  ])("%s", (rule, expected) => expect(problemsOfRoutes(fan + rule)).toEqual(expected))
})

it("a value near to one of an enum is meant to be it", () => {
  const text = fleetOf('on a.done when a.output.verdict == "aprove" -> b')
  const [found] = compile({ file: "f.yaml", text, files: () => undefined }).diagnostics.filter(({ code }) => code === "type-mismatch")
  expect(found).toMatchObject({ help: 'did you mean "approve"?', fix: { edits: [{ text: '"approve"' }] } })
})

it("a start reaches no instance", () =>
  expect(
    problemsOf(fleetOf("on a.done -> for t in a.output.tasks -> b").replace("start: a", "start: [a, b]")).filter((each) => !each.startsWith("unreachable")),
  ).toEqual(["ambiguous-instances b"]))

it.each([
  ["compensate: b", ["ambiguous-instances b"]],
  ["from: b", ["ambiguous-instances b"]],
  ["compensate: d", []],
])("a session that is undone or continued runs once: %s", (settings, expected) =>
  expect(
    problemsOf(
      fleetOf("on a.done -> for t in a.output.tasks -> b\non all(b.done) -> c").replace("c: { driver: claude", `c: { driver: claude, ${settings}`),
    ).filter((each) => !each.startsWith("unreachable")),
  ).toEqual(expected),
)
