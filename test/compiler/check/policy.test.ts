import { describe, expect, it } from "vitest"
import { compile } from "../../../compiler/index.ts"
import { fleetOf, problemsOf, problemsOfRoutes } from "./fleets.ts"

/** `more` are keys of the fleet, `sessions` those of the sessions; all start but `later`. */
const fleet = (sessions: ReadonlyArray<string>, more = "", routes = "", start = sessions.map((each) => each.slice(0, each.indexOf(":")))): string =>
  `fleet:\n  base_branch: main\n${/^budget:/m.test(more) ? "" : "  budget: { usd: 9 }\n"}${more.replace(/^(?=.)/gm, "  ")}\n  sessions:\n${sessions.map((each) => `    ${each}\n`).join("")}  start: [${start.join(", ")}]\n  routes: |\n${routes.replace(/^(?=.)/gm, "    ")}\n`

describe("nobody-to-ask", () => {
  const headless = (text: string): ReadonlyArray<string> =>
    compile({ file: "fleet.yaml", text, files: () => undefined, headless: true }).diagnostics.map(
      ({ code, span }) => `${code} ${text.slice(span.start, span.end)}`,
    )
  const deny = "permissions: deny"
  it.each<[string, string, ReadonlyArray<string>]>([
    ["asking by default", fleet(["a: { driver: claude }"]), ["nobody-to-ask fleet"]],
    ["asking, once for all", fleet(["a: { driver: claude }", "b: { driver: codex }"], "permissions: ask"), ["nobody-to-ask ask"]],
    ["one that asks", fleet(["a: { driver: claude }", "b: { driver: codex, permissions: ask }"], deny), ["nobody-to-ask ask"]],
    ["allow asks only at high risk", fleet(["a: { driver: claude }"], "permissions: allow"), []],
    ["bypass too", fleet(["a: { driver: claude }"], "permissions: bypass"), []],
    ["a command never asks", fleet(["a: { driver: shell, command: [make] }"]), []],
    ["a gate", fleet(["a: { driver: claude }"], deny, 'on a.done -> gate ok "Go?"\non ok.approved -> complete'), ["nobody-to-ask ok"]],
    ["a gate with a time limit", fleet(["a: { driver: claude }"], deny, 'on a.done -> gate ok "Go?" within 1h\non ok.expired -> complete'), []],
    [
      "a gate whose expiry nobody hears",
      fleet(["a: { driver: claude }"], deny, 'on a.done -> gate ok "Go?" within 1h\non ok.approved -> complete'),
      ["nobody-to-ask ok"],
    ],
    ["one that nothing ever starts", fleet(["a: { driver: claude, permissions: deny }", "b: { driver: claude }"], "", "", ["a"]), ["unreachable-session b"]],
    [
      "a gate that nothing ever opens",
      fleet(["a: { driver: claude }", "b: { driver: claude }"], deny, 'on b.done -> gate g "Go?"\non g.approved -> complete', ["a"]),
      ["unreachable-session b", 'dead-route on b.done -> gate g "Go?"', "dead-route on g.approved -> complete"],
    ],
    ["a selection", fleet(["a: { driver: claude }"], deny, "on a.done -> select from [a]"), ["nobody-to-ask select from [a]"]],
    ["a pause", fleet(["a: { driver: claude }"], deny, 'on a.failed -> pause "look"'), ['nobody-to-ask pause "look"']],
    [
      "behind a loop",
      fleet(["a: { driver: claude }"], deny, 'on a.failed -> retry a max 2 then gate g "Again?"\non g.approved -> complete'),
      ["nobody-to-ask g"],
    ],
  ])("%s", (_, text, expected) => expect(headless(text)).toEqual(expected))

  it("is no problem where somebody is", () => expect(problemsOf(fleet(["a: { driver: claude }"]))).toEqual([]))
  it("counts the sessions it is about", () => {
    const text = fleet(
      ["a", "b", "c", "d", "e"].map((id) => `${id}: { driver: claude }`),
      "permissions: ask",
    )
    expect(compile({ file: "f.yaml", text, files: () => undefined, headless: true }).diagnostics.map(({ message }) => message)).toEqual([
      'sessions "a", "b", "c" and 2 more may ask a human, and nobody is there to answer',
    ])
  })
})

describe("isolation", () => {
  it.each<[string, string, ReadonlyArray<string>]>([
    ["bypass in a directory", fleet(["a: { driver: claude, permissions: bypass, workspace: directory }"]), ["bypass-without-isolation bypass"]],
    ["bypass in no workspace", fleet(["a: { driver: claude, permissions: bypass, workspace: none }"]), ["bypass-without-isolation bypass"]],
    ["bypass in a worktree", fleet(["a: { driver: claude, permissions: bypass }"]), []],
    [
      "bypass of the whole fleet is said once",
      fleet(["a: { driver: claude, workspace: none }", "b: { driver: claude, workspace: none }"], "permissions: bypass"),
      ["bypass-without-isolation bypass"],
    ],
    ["allow in a directory", fleet(["a: { driver: claude, permissions: allow, workspace: directory }"]), []],
  ])("%s", (_, text, expected) => expect(problemsOf(text)).toEqual(expected))
})

describe("shared-workspace-race", () => {
  const two = ["a: { driver: claude, workspace: directory }", "b: { driver: claude, workspace: directory }"]
  const three = [...two, "c: { driver: claude }"]
  it.each<[string, string, ReadonlyArray<string>]>([
    ["both from the start", fleet(two), ["shared-workspace-race directory"]],
    ["one after the other", fleet(two, "", "on a.done -> b", ["a"]), []],
    ["a loop of the two", fleet(two, "", "on a.done -> b\non b.done -> a max 3", ["a"]), []],
    ["both from one that is done", fleet(three, "", "on c.done -> [a, b]", ["c"]), ["shared-workspace-race directory"]],
    [
      "behind two that run at once",
      fleet([...three, "d: { driver: claude }"], "", "on c.done -> a\non d.done -> b", ["c", "d"]),
      ["shared-workspace-race directory"],
    ],
    [
      "of two cases only one",
      fleet([...two, "c: { driver: claude, output: { go: boolean } }"], "", "on c.done {\nwhen c.output.go -> a\notherwise -> b\n}", ["c"]),
      [],
    ],
    ["one at a time", fleet(two, "limits: { parallel: 1 }"), []],
    [
      "other directories",
      fleet([
        "a: { driver: claude, workspace: { use: directory, with: { path: x } } }",
        "b: { driver: claude, workspace: { use: directory, with: { path: y } } }",
      ]),
      [],
    ],
    ["one that only reads", fleet(["a: { driver: claude, workspace: directory, permissions: deny }", "b: { driver: claude, workspace: directory }"]), []],
    [
      "a command is not asked",
      fleet(["a: { driver: shell, command: [make], workspace: directory, permissions: deny }", "b: { driver: claude, workspace: directory }"]),
      ["shared-workspace-race directory"],
    ],
    ["read-only packs", fleet(["a: { driver: claude }", "b: { driver: claude }"], "workspace: directory\npolicies: [read-only]"), []],
    [
      "chosen once for all",
      fleet(["a: { driver: claude }", "b: { driver: claude }", "c: { driver: claude }"], "workspace: directory"),
      ["shared-workspace-race directory"],
    ],
    [
      "instances",
      fleet(["a: { driver: claude, output: { t: [string] } }", "b: { driver: claude, workspace: directory }"], "", "on a.done -> for t in a.output.t -> b", [
        "a",
      ]),
      ["shared-workspace-race directory"],
    ],
    [
      "instances one at a time",
      fleet(
        ["a: { driver: claude, output: { t: [string] } }", "b: { driver: claude, workspace: directory }"],
        "",
        "on a.done -> for t in a.output.t -> b limit 1",
        ["a"],
      ),
      [],
    ],
  ])("%s", (_, text, expected) => expect(problemsOf(text)).toEqual(expected))
})

describe("policy-conflict", () => {
  it.each<[string, string, ReadonlyArray<string>]>([
    ["reading only, unasked", fleet(["a: { driver: claude, permissions: bypass }"], "policies: [read-only]"), ["policy-conflict bypass"]],
    [
      "for the whole fleet",
      fleet(["a: { driver: claude }", "b: { driver: claude }"], "permissions: bypass\npolicies: [read-only]"),
      ["policy-conflict bypass"],
    ],
    ["reading only, allowed", fleet(["a: { driver: claude, permissions: allow }"], "policies: [read-only]"), []],
    [
      "one pack, two settings",
      fleet(["a: { driver: claude }"], "policies: [{ use: secrets, with: { patterns: [x] } }, { use: secrets, with: { patterns: [y] } }]"),
      ["policy-conflict secrets"],
    ],
    [
      "allowed and denied",
      fleet(["a: { driver: claude }"], 'policies: [{ use: shell-rules, with: { allow: ["git *", make], deny: [curl, "git *"] } }]'),
      ['policy-conflict "git *"'],
    ],
  ])("%s", (_, text, expected) => expect(problemsOf(text).filter((problem) => !problem.startsWith("plugin-config"))).toEqual(expected))
})

describe("secret-in-source", () => {
  const key = `AKIA${"ABCDEFGHIJKLMNOP"}`
  it.each<[string, string]>([
    [`a: { driver: claude, env: { AWS: ${key} } }`, key],
    [`a: { driver: claude, system_prompt: "use ghp_${"a1".repeat(18)} please" }`, `ghp_${"a1".repeat(18)}`],
    [`a: { driver: claude } # sk-ant-${"abcd".repeat(6)}`, `sk-ant-${"abcd".repeat(6)}`],
    [`a: { driver: claude, env: { URL: 'https://me:hunter22@host/' } }`, "https://me:hunter22@host"],
    [`a: { driver: claude, env: { DB_PASSWORD: correct-horse } }`, "correct-horse"],
  ])("%s", (session, secret) => expect(problemsOf(fleet([session]))).toEqual([`secret-in-source ${secret}`]))

  it.each([
    "env: { DB_PASSWORD: $DB_PASSWORD }",
    "env: { GITHUB_TOKEN: '${GITHUB_TOKEN}' }",
    "env: { AUTH_TOKEN: 'Bearer ${env.TOKEN}', URL: 'https://${env.USER}:${env.PASSWORD}@host' }",
    "env: { KEY_FILE: /run/key }",
    "env: { MAX_TOKENS: '100000000' }",
    "system_prompt: 'mask-like sk-words'",
  ])("nothing in %s", (settings) => expect(problemsOf(fleet([`a: { driver: claude, ${settings} }`]))).toEqual([]))

  it("finds those in a file of the fleet", () => {
    const text = fleet(["a: { driver: claude }"], "task: ./TASK.md")
    expect(compile({ file: "fleet.yaml", text, files: () => `Use ${key}.` }).diagnostics.map(({ code, span }) => [code, span.file, span.start])).toEqual([
      ["secret-in-source", "./TASK.md", 4],
    ])
  })

  it("is kept quiet for a reason", () =>
    expect(
      problemsOf(
        fleet([`a: { driver: claude }`, `# fleet-ignore secret-in-source: an example key`, `b: { driver: claude, model: ${key} }`], "", "", ["a", "b"]),
      ),
    ).toEqual([]))
})

describe("what a driver cannot do", () => {
  const driver = { name: "poor", version: "1.0.0", scheme: false, keys: {}, abilities: [], usage: "none" } as const
  it.each<[string, ReadonlyArray<string>]>([
    ["model: x", ["unsupported-by-driver x"]],
    ["system_prompt: x", ["unsupported-by-driver x"]],
    ["max_turns: 3", ["unsupported-by-driver 3"]],
    ["permissions: deny", ["unsupported-by-driver deny"]],
    ["output: { ok: boolean }", ["unsupported-by-driver { ok: boolean }"]],
    ["checkpoint: true", ["unsupported-by-driver true"]],
    ["checkpoint: false", []],
    ["budget: { usd: 1, tokens: 5, turns: 2 }", ["unsupported-by-driver 1", "unsupported-by-driver 5"]],
  ])("%s", (settings, expected) => {
    const text = fleet([`a: { driver: poor, ${settings} }`])
    expect(
      compile({ file: "fleet.yaml", text, files: () => undefined, drivers: [driver] }).diagnostics.map(
        ({ code, span }) => `${code} ${text.slice(span.start, span.end)}`,
      ),
    ).toEqual(expected)
  })
})

describe("cost", () => {
  const rich = ["a: { driver: claude, budget: { usd: 3 } }", "b: { driver: claude, budget: { usd: 3 } }"]
  it.each<[string, string, ReadonlyArray<string>]>([
    ["more than the fleet has", fleet(rich, "budget: { usd: 5 }"), ["worst-case-over-budget 5"]],
    ["as much as the fleet has", fleet(rich, "budget: { usd: 6 }"), []],
    ["of one that never runs", fleet(rich, "budget: { usd: 5 }", "", ["a"]), ["unreachable-session b"]],
    [
      "more tokens",
      fleet(["a: { driver: claude, budget: { tokens: 30 } }", "b: { driver: claude, budget: { tokens: 30 } }"], "budget: { tokens: 50 }"),
      ["worst-case-over-budget 50"],
    ],
    ["one alone is another problem", fleet(["a: { driver: claude, budget: { usd: 9 } }"], "budget: { usd: 5 }"), ["budget-exceeds-parent 9"]],
    ["no budget at all", fleet(["a: { driver: claude }", "b: { driver: claude }"], "budget: { turns: 9 }"), ["unbounded-cost fleet"]],
    ["one without", fleet(["a: { driver: claude, budget: { usd: 1 } }", "b: { driver: claude }"], "budget: { wall: 1h }"), ["unbounded-cost b"]],
    ["each has one", fleet(rich, "budget: { wall: 1h }"), []],
    ["a command costs nothing", fleet(["a: { driver: shell, command: [make] }"], "budget: { wall: 1h }"), []],
    [
      "any number of instances",
      fleet(
        ["a: { driver: claude, budget: { usd: 1 }, output: { t: [string] } }", "b: { driver: claude, budget: { usd: 1 } }"],
        "budget: { wall: 1h }",
        "on a.done -> for t in a.output.t -> b",
        ["a"],
      ),
      ["unbounded-cost b"],
    ],
  ])("%s", (_, text, expected) => expect(problemsOf(text)).toEqual(expected))
})

describe("one mistake, one message", () => {
  it.each<[string, ReadonlyArray<string>]>([
    ["on a.done -> bb", ["unreachable-session c", "unreachable-session d", "unknown-session bb"]],
    ["on a.done -> nobody", ["unknown-session nobody"]],
    ["on a.done => b", ["dsl-syntax ="]],
    ["on a.done -> b\non a.done -> b\non a.done -> [c, d]", ["redundant-send b"]],
    ["on a.done -> { b; c; b }\non a.done -> d", ["redundant-send b"]],
    ["on a.done when a.output.score > 1 -> b\non a.done when a.output.score > 1 -> [c, b]\non a.done -> d", ["redundant-send [c, b]"]],
  ])("%s", (routes, expected) => expect(problemsOf(fleetOf(routes))).toEqual(expected))

  it.each([
    ["start: x", "unknown-session x"],
    ["start: [a, x]", "unknown-session x"],
  ])("%s", (start, expected) => expect(problemsOf(fleetOf("on a.done -> [b, c, d]").replace("start: a", start))).toEqual([expected]))

  it("a misspelt input is used", () =>
    expect(problemsOfRoutes('on a.done -> b with "${inputs.featrue}"', "inputs: { feature: string }")).toEqual(["unknown-field featrue"]))
  it("sends that differ are two", () =>
    expect(problemsOfRoutes('on a.done -> b with "x"\non b.done -> c\non a.done -> c').filter((each) => each.startsWith("redundant"))).toEqual([]))
})

describe("names of another kind", () => {
  it.each([
    ["workspace: baseline", "plugin-kind-mismatch baseline"],
    ["policies: [claude]", "plugin-kind-mismatch claude"],
    ["policies: [git-worktree]", "plugin-kind-mismatch git-worktree"],
    ["sinks: [claude]", "plugin-kind-mismatch claude"],
  ])("%s", (more, expected) => expect(problemsOf(fleet(["a: { driver: claude }"], more))).toEqual([expected]))
  it("as a driver", () => expect(problemsOf(fleet(["a: { driver: read-only }"]))).toEqual(["plugin-kind-mismatch read-only"]))
})
