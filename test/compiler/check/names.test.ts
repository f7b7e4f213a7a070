import { describe, expect, it } from "vitest"
import { compile } from "../../../compiler/index.ts"
import { fleetOf, problemsOf, problemsOfRoutes } from "./fleets.ts"

describe("names in routes", () => {
  it.each([
    ["on a.done -> bb", ["unknown-session bb"]],
    ["on a.done -> complet", ["unknown-session complet"]],
    ["on aa.done -> b", ["unknown-session aa"]],
    ["on a.dnoe -> b", ["unknown-event dnoe"]],
    ["on a.failed(timeoot) -> b", ["unknown-failure-kind timeoot"]],
    ["on a.done(timeout) -> b", ["dsl-syntax timeout"]],
    ["on a.done -> [b, c, b]", ["duplicate-target b"]],
    ["on a.done -> select from [a, z]", ["unknown-session z"]],
    ["on a.done -> cancel z", ["unknown-session z"]],
    ["on a.done -> undo z", ["unknown-session z"]],
    ["on a.failed -> retry z max 1", ["unknown-session z"]],
    ["on a.done -> use router", ["unknown-plugin router"]],
    ["on ship.approved -> b", ["unknown-name ship"]],
    ['on a.done -> gate ship "Go?"\non shop.approved -> b\non ship.rejected -> c', ["unknown-name shop"]],
    ['on a.done -> gate b "Go?"', ["duplicate-name b"]],
    ['on a.done -> gate b "Go?"\non b.approved -> c', ["duplicate-name b"]],
    ["on a.done when a.outptu.score > 1 -> b", ["unknown-field outptu"]],
    ["on a.done when nobody.score > 1 -> b", ["unknown-name nobody"]],
    ["on a.done when lenn(a.text) > 1 -> b", ["unknown-function lenn"]],
    ["on a.done when fleet.coast > $1 -> b", ["unknown-field coast"]],
    ["let a = 1", ["duplicate-name a"]],
    ["let x = y\nlet y = 1\non a.done when x == 1 -> b", ["unknown-name y"]],
    ["on a.done -> for b in a.output.tasks -> c", ["duplicate-name b"]],
    ["on budget.reach(80%) -> b", ["unknown-event reach"]],
    ["on budget.reached(180%) -> b", ["invalid-value 180%"]],
    ["on every(0s) -> b", ["invalid-value 0s"]],
    ["on a.idle(0ms) -> b", ["invalid-value 0ms"]],
    ['on a.done -> gate ship "Go?"\non ship.approved(timeout) -> b', ["dsl-syntax timeout"]],
    ["on fleet.started(timeout) -> c", ["dsl-syntax timeout"]],
    ["on a.idle(5%) -> b", ["dsl-syntax a.idle(5%)"]],
    ['on a.done within 0s otherwise -> notify "late" -> b after 0s', ["invalid-value 0s"]],
    ['on a.done -> { b; gate g "Go on?" within 0m }', ["unused-gate g", "invalid-value 0m"]],
    ["on all(a.done, b.done) -> c by subtask", ["invalid-value by subtask"]],
    ["on fleet.started -> c by subtask", ["invalid-value by subtask"]],
    ["on a.started -> c by subtask", ["invalid-value by subtask"]],
    ["on a.done -> b\non any(a.done, b.done) -> c by subtask", []],
    ["on a.done when a.text matches /(/ -> b", ["dsl-syntax ("]],
    ['on a.done when a.status == "donee" -> b', ['type-mismatch "donee"']],
    ['on a.done when a.status == "done" -> b', []],
    ['on a.done when "Score " + a.output.score == "Score 1" -> b', ['type-mismatch "Score " + a.output.score']],
  ])("%s", (routes, expected) => expect(problemsOfRoutes(routes)).toEqual(expected))

  it("a share of what has no limit is never reached", () => {
    expect(problemsOfRoutes("on a.done -> b\non budget.reached(80%) -> c", "budget: {}")).toEqual([
      "unbounded-cost fleet",
      "dead-route on budget.reached(80%) -> c",
    ])
  })

  it("a split of CAP needs one session too", () => {
    const text = `fleet:\n  base_branch: main\n  budget: { usd: 9 }\n  sessions: { a: { driver: claude }, b: { driver: claude }, c: { driver: claude } }\n  start: [a, b]\n  routes: [{ when: [a.done, b.done], fan_out: { to: [c], split: by_subtask } }]\n`
    expect(problemsOf(text)).toEqual(["invalid-value by_subtask"])
  })

  it("tells what was meant", () => {
    const text = fleetOf("on a.done -> use router", "plugins: [./plugins/router.ts]\npolicies: [basline]")
    const [first] = compile({ file: "f.yaml", text, files: () => undefined }).diagnostics
    expect(first).toMatchObject({ code: "unknown-policy", help: 'did you mean "baseline"?' })
  })
})

describe("names in the document", () => {
  const sessions = (...lines: ReadonlyArray<string>): string =>
    `fleet:\n  base_branch: main\n  budget: { usd: 9 }\n  sessions:\n${lines.map((line) => `    ${line}\n`).join("")}  start: a\n`
  it.each([
    ["a: { driver: clude }", ["unknown-driver clude"]],
    ["a: { driver: claude, modle: x }", ["unknown-key modle"]],
    ["a: { driver: shell }", ["missing-key a"]],
    ["a: { driver: shell, command: ls }", ["plugin-config-invalid ls"]],
    ["a: { driver: shell, command: [ls], model: opus }", ["unsupported-by-driver opus"]],
    ["a: { driver: claude, from: z }", ["unknown-session z"]],
    ["a: { driver: claude, compensate: z }", ["unknown-session z"]],
    ["a: { driver: claude, from: a }", ["invalid-value a"]],
    ["a: { driver: claude, timeout: 0s, idle_timeout: 0s, budget: { wall: 0h } }", ["invalid-value 0s", "invalid-value 0s", "invalid-value 0h"]],
    ["a: { driver: claude, compensate: a }", ["invalid-value a"]],
    ["a: { driver: 'grpc:host:99999' }", ["invalid-value 'grpc:host:99999'"]],
    ["a: { driver: 'grpc:host:0' }", ["invalid-value 'grpc:host:0'"]],
    ["a: { driver: 'grpc:host:65535' }", []],
    ["a: { driver: claude, workspace: gitt }", ["unknown-workspace gitt"]],
    ["a: { driver: claude, retry: { on: [nope] } }", ["unknown-failure-kind nope"]],
    ["a: { driver: claude, policies: [nope] }", ["unknown-policy nope"]],
    ["a: { driver: 'acp:gemini' }", []],
  ])("%s", (session, expected) => expect(problemsOf(sessions(session))).toEqual(expected))

  it.each([
    ["defaults: { foo: 1 }", ["unknown-key foo"]],
    ["defaults: { modle: opus }", ["unknown-key modle"]],
    ["defaults: { command: [my-claude] }", []],
    ["defaults: { from: a, compensate: a }", []],
    ["mode: llm\n  llm: { command: [] }", ["invalid-value []"]],
    ["mode: llm\n  llm: { timeout_secs: 0 }", ["invalid-value 0"]],
    ['inputs: { d: { type: duration, default: 5m } }\n  task: "${inputs.d}"', []],
    ['inputs: { d: { type: string?, default: x } }\n  task: "${inputs.d}"', []],
    ['inputs: { d: { type: string?, default: null } }\n  task: "${inputs.d}"', ["maybe-absent inputs.d"]],
    ['inputs: { d: { type: duration, default: 5x } }\n  task: "${inputs.d}"', ["type-mismatch 5x"]],
    ['inputs: { m: { type: { most: money?, waits: [duration] }, default: { most: $1.50, waits: [1s, 2h] } } }\n  task: "${json(inputs.m)}"', []],
  ])("%s", (lines, expected) => expect(problemsOf(sessions("a: { driver: claude }").replace("  sessions:", `  ${lines}\n  sessions:`))).toEqual(expected))

  it.each([
    ["{ v: (x | y)? }", ["dsl-syntax ("]],
    ["{ v: [string, integer] }", ["invalid-type [string, integer]"]],
    ["string | integer", ["invalid-type string"]],
  ])("a type that is refused is one mistake, whoever reads it: %s", (type, expected) => {
    expect(
      problemsOf(
        `fleet:\n  base_branch: main\n  budget: { usd: 9 }\n  sessions:\n    a: { driver: claude, output: ${type} }\n  start: a\n  routes: 'on a.done when a.output.v == "x" -> complete'\n`,
      ),
    ).toEqual(expected)
  })

  it.each([
    ["[{ when: [], route_to: b }]", ["invalid-value []"]],
    ["[{ when: a.done, fan_out: { to: [] } }]", ["invalid-value []"]],
    ["[{ when: a.done, route_to: [b] }]", ["wrong-type [b]"]],
    ["[{ when: { a: done }, route_to: b }]", ["wrong-type { a: done }"]],
    ["[5]", ["wrong-type 5"]],
    ["5", ["wrong-type 5"]],
    ["{ when: a.done, route_to: b }", ["wrong-type { when: a.done, route_to: b }"]],
    ["[{ when: [], route_to: b }, on c.done -> a max 1]", ["invalid-value []"]],
  ])("a route that is refused is one mistake: %s", (routes, expected) =>
    expect(
      problemsOf(
        sessions("a: { driver: claude }", "b: { driver: claude }", "c: { driver: claude }").replace("  start: a\n", `  start: a\n  routes: ${routes}\n`),
      ).map((problem) => problem.split("\n")[0]),
    ).toEqual(expected),
  )

  it("a CAP route with an unknown action is one mistake", () => {
    expect(problemsOf(sessions("a: { driver: claude }").replace("  start: a\n", "  start: a\n  routes: [{ when: a.done, goto: a }]\n"))).toEqual([
      "unknown-key goto",
    ])
  })

  it.each([
    ["let t = [1,\non a.done when t == 1 -> b", ["dsl-syntax"]],
    ['on a.done -> gate g "Go?" within\non g.approved -> b\non g.rejected -> c', ["dsl-syntax"]],
    ["let t = [1,\non a.done when u == 1 -> b", ["dsl-syntax", "unknown-name"]],
  ])("a name that a broken rule gives is no second mistake: %s", (routes, expected) =>
    expect(problemsOfRoutes(routes).map((problem) => problem.split(" ")[0])).toEqual(expected),
  )

  it.each([
    ["[on a.done -> b, { when: a.failed, route_to: b }]", ["unknown-event failed"]],
    ["['on a.done -> bb', 'on a.done -> bb']", ["unknown-session bb", "unknown-session bb"]],
    ["['on a.done -> b', 'on a.done -> b']", ["redundant-send b"]],
  ])("a route with a mistake in it is compared with no other: %s", (routes, expected) =>
    expect(problemsOf(sessions("a: { driver: claude }", "b: { driver: claude }").replace("  start: a\n", `  start: a\n  routes: ${routes}\n`))).toEqual(
      expected,
    ),
  )

  it.each([
    ["{ anyOf: [{ type: string }, { type: integer }] }", ["invalid-type anyOf"]],
    ["{ v: { enum: [a, b] } }", ["invalid-type enum"]],
    ["{ allOf: [string] }", []],
  ])("a schema that does not say so is one mistake: %s", (output, expected) =>
    expect(
      problemsOf(
        sessions(`a: { driver: claude, output: ${output} }`).replace("  start: a\n", "  start: a\n  routes: on a.done when a.output == 1 -> complete\n"),
      ).filter((each) => each.startsWith("invalid-type")),
    ).toEqual(expected),
  )

  it("tells once of a key that an alias brings to many sessions", () =>
    expect(
      problemsOf(sessions("a: &a { driver: claude, modle: x }", "b: *a", "c: { <<: *a, role: x }")).filter((problem) => problem.startsWith("unknown-key")),
    ).toEqual(["unknown-key modle"]))

  it("tells a refused id once", () =>
    expect(problemsOf(sessions("a: { driver: claude }", "when: { driver: claude }", "b.c: { driver: claude }"))).toEqual([
      "invalid-value when",
      "invalid-value b.c",
    ]))

  it("looks at nothing else where the text itself is broken", () => expect(problemsOf("fleet:\n  task: *nope\n  foo: 1\n")).toEqual(["yaml-syntax *nope"]))
})

describe("defaults as they are written", () => {
  it("become values of their type", () => {
    const text = fleetOf(
      "on a.done -> b",
      'inputs: { wait: { type: duration, default: 5m }, most: { type: money, default: $1.50 } }\ntask: "${inputs.wait} ${inputs.most}"',
    )
    const { ir } = compile({ file: "f.yaml", text, files: () => undefined })
    expect(ir?.inputs.map(({ default: value }) => value)).toEqual([300_000, 1.5])
  })
})

it.each([
  ["on a.done -> complet", "complete"],
  ["on a.done -> selct", "select"],
  ["on a.done -> complet max 2", undefined],
])("an action of one word is suggested where one may stand: %s", (rule, meant) => {
  const { diagnostics } = compile({ file: "f", text: fleetOf(rule), files: () => undefined })
  expect(diagnostics.find(({ code }) => code === "unknown-session")?.fix?.edits[0]?.text).toBe(meant)
})
