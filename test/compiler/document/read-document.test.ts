import { describe, expect, it } from "vitest"
import { readDocument, type FleetDocument } from "../../../compiler/document/index.ts"
import { readSource } from "../../../compiler/source/index.ts"

const read = (text: string): { readonly document?: FleetDocument; readonly problems: ReadonlyArray<readonly [string, string]> } => {
  const { tree, diagnostics } = readSource("dir/my fleet.yaml", text)
  expect(diagnostics).toEqual([])
  const result = readDocument(tree)
  const problems = result.diagnostics.map(({ code, span }) => [code, text.slice(span.start, span.end)] as const)
  return { problems, ...(result.document && { document: result.document }) }
}

const fleet = (body: string, sessions = "a: { driver: claude }"): string => `fleet:\n  base_branch: main\n  sessions:\n    ${sessions}\n  start: a\n${body}`

describe("problems and where they stand", () => {
  it.each([
    ["x: 1\n", [["not-a-fleet", "x"]]],
    ["[a]\n", [["not-a-fleet", "[a]"]]],
    ["", [["not-a-fleet", ""]]],
    ["flet: {}\n", [["unknown-key", "flet"]]],
    ["fleet: 3\n", [["wrong-type", "3"]]],
    [
      "fleet: {}\n",
      [
        ["missing-key", "fleet"],
        ["missing-key", "fleet"],
      ],
    ],
    [fleet("  budgt_usd: 5\n"), [["unknown-key", "budgt_usd"]]],
    [fleet("  timeout: 5s\n"), [["unknown-key", "timeout"]]],
    [fleet("  $schema: x\n  x-note: y\n"), []],
    [fleet("  permissions: alow\n"), [["invalid-value", "alow"]]],
    [fleet("  budget: { usd: 5, wall: 30 }\n"), [["invalid-value", "30"]]],
    [fleet("  budget: { usd: 5 }\n  budget_usd: 6\n"), [["conflicting-keys", "budget_usd"]]],
    [fleet("  limits: { parallel: 0 }\n"), [["invalid-value", "0"]]],
    [fleet("  mode: sttic\n"), [["invalid-value", "sttic"]]],
    [fleet("", 'a: { driver: x, env: { T: "Bearer ${env.T}", U: "${env.A}:${env.B}" } }'), []],
    [fleet("", 'a: { driver: x, env: { T: "Bearer ${env.T} ${env.}" } }'), [["invalid-value", '"Bearer ${env.T} ${env.}"']]],
    [fleet("", 'a: { driver: x, env: { T: "${env.no-name}" } }'), [["invalid-value", '"${env.no-name}"']]],
    [fleet("  task:\n"), [["wrong-type", "task"]]],
    [fleet("  policies: baseline\n"), [["wrong-type", "baseline"]]],
    [fleet("  policies: [{ with: {} }]\n"), [["missing-key", "{ with: {} }"]]],
    [fleet("", '"a b": { driver: x }'), [["invalid-value", '"a b"']]],
    [fleet("", "when: { driver: x }"), [["invalid-value", "when"]]],
    [fleet("", "after: { driver: x }"), []],
    [fleet("", "a: {}"), [["missing-key", "a"]]],
    [fleet("", "a: { drver: claude }"), [["unknown-key", "drver"]]],
    [fleet("", "a: { driver: x, agent: y }"), [["conflicting-keys", "agent"]]],
    [fleet("", "a: { driver: 'acp:/bin/x' }"), [["invalid-value", "'acp:/bin/x'"]]],
    [fleet("", "a: { manifest: ../x }"), [["invalid-value", "../x"]]],
    [fleet("", "a: { driver: x, retry: { attemps: 2 } }"), [["unknown-key", "attemps"]]],
    [fleet("  routes: [{ when: a.done, route_to: b, collect: human }]\n"), [["conflicting-keys", "when: a.done, route_to: b, collect: human"]]],
    [fleet("  routes: [{ whn: a.done, route_to: b }]\n"), [["unknown-key", "whn"]]],
    [fleet("  routes: [{ when: a, route_to: b }]\n"), [["invalid-value", "a"]]],
    [fleet("  routes: [{ when: [a.dnoe], route_to: b }]\n"), [["unknown-event", "dnoe"]]],
    [fleet("  routes: [{ when: [], route_to: b }]\n"), [["invalid-value", "[]"]]],
    [fleet("  routes: [{ when: a.done, fan_out: { to: [] } }]\n"), [["invalid-value", "[]"]]],
    [fleet("  routes: [5]\n"), [["wrong-type", "5"]]],
    [fleet("  inputs: { a: { type: string, defalt: x } }\n"), [["unknown-key", "defalt"]]],
  ])("%j", (text, expected) => expect(read(text).problems).toEqual(expected))
})

describe("addresses", () => {
  it.each([
    ["grpc:localhost:50051", []],
    ["a2a:http://127.0.0.1:80/x", []],
    ["a2a:https://agents.example.com/x", []],
    ["grpc:10.1.2.3:1", ["private-address"]],
    ["a2a:http://0x0a000001/", ["private-address"]],
    ["a2a:http://169.254.169.254/", ["private-address"]],
    ["a2a:http://[fe80::1]/", ["private-address"]],
    ["grpc:[::ffff:192.168.0.1]:1", ["private-address"]],
    ["a2a:http://0.0.0.0/", ["private-address"]],
    ["a2a:http://[::]/", ["private-address"]],
    ["a2a:http://[::10.0.0.1]/", ["private-address"]],
    ["a2a:http://[64:ff9b::10.0.0.1]/", ["private-address"]],
    ["a2a:http://[2002:a00:1::]/", ["private-address"]],
    ["a2a:http://[fec0::1]/", ["private-address"]],
    ["a2a:http://[fd00:ec2::254]/", ["private-address"]],
    ["a2a:http://[::1]/", []],
    ["a2a:http://[::ffff:127.0.0.1]/", []],
    ["a2a:http://[2606:4700::1]/", []],
    ["a2a:http://[64:ff9b::8.8.8.8]/", []],
    ["a2a:http://user@example.com/", ["invalid-value"]],
    ["a2a:ftp://example.com/", ["invalid-value"]],
    ["grpc:unix:/x", ["invalid-value"]],
    ["grpc:host:port", ["invalid-value"]],
  ])("%s", (driver, expected) => {
    expect(read(fleet("", `a: { driver: '${driver}' }`)).problems.map(([code]) => code)).toEqual(expected)
    const allowed = read(fleet("", `a: { driver: '${driver}', allow_private: true }`)).problems.map(([code]) => code)
    expect(allowed).toEqual(expected.filter((code) => code !== "private-address"))
  })
})

describe("the document", () => {
  it("has defaults, parsed values and CAP forms", () => {
    const { document, problems } = read(
      fleet(
        "  budget_usd: 1.5\n  routes: [{ when: [a.done, b.done], fan_out: { to: [a, b], split: by_subtask } }, { when: a.done, collect: human }, on a.done -> b]\n",
      ),
    )
    expect(problems).toEqual([])
    expect(document?.name.value).toBe("my-fleet")
    expect(document?.permissions.value).toBe("ask")
    expect(document?.limits.parallel.value).toBe(8)
    expect(document?.workspace.use.value).toBe("git-worktree")
    expect(document?.budget.usd?.value).toBe(1.5)
    expect(document?.start.map(({ value }) => value)).toEqual(["a"])
    expect(
      document?.routes.map((route) =>
        route.kind === "cap" ? [route.when.map(({ value }) => value), route.action.kind] : route.kind === "dsl" ? route.text.text : route.kind,
      ),
    ).toEqual([[["a", "b"], "fan_out"], [["a"], "collect"], "on a.done -> b"])
  })

  it("merges defaults under sessions, key by key where a key is a record", () => {
    const { document } = read(`fleet:
  workspace: none
  defaults: { driver: claude, timeout: 30m, budget: { usd: 1, turns: 5 }, env: { A: 1, B: 2 }, command: [x] }
  sessions:
    a:
    b: { agent: helper, timeout: 1h, budget: { usd: 2 }, env: { B: 3 }, command: [y] }
  start: [a, b]
`)
    const [a, b] = document?.sessions ?? []
    expect(a?.settings.runner).toMatchObject({ kind: "driver", name: { value: "claude" } })
    expect(a?.settings.timeout?.value).toBe(1_800_000)
    expect(b?.settings.runner).toMatchObject({ kind: "agent", name: { value: "helper" } })
    expect(b?.settings.timeout?.value).toBe(3_600_000)
    expect([b?.settings.budget?.usd?.value, b?.settings.budget?.turns?.value]).toEqual([2, 5])
    expect(b?.settings.env?.map(({ name, value }) => `${name.value}=${value.value}`)).toEqual(["A=1", "B=3"])
    expect([a, b].map((session) => session?.settings.driverKeys.map(({ name, inherited }) => [name, inherited]))).toEqual([
      [["command", true]],
      [["command", false]],
    ])
  })

  it("wants a base branch only for git workspaces", () => {
    const text = "fleet:\n  sessions: { a: { driver: x WORKSPACE } }\n  start: a\n"
    expect(read(text.replace(" WORKSPACE", "")).problems).toEqual([["missing-key", "fleet"]])
    expect(read(text.replace(" WORKSPACE", ", workspace: directory")).problems).toEqual([])
  })

  it("reads at most 1000 sessions", () => {
    const many = Array.from({ length: 1001 }, (_, i) => `s${i}: { driver: x }`).join("\n    ")
    expect(read(fleet("", many)).problems).toEqual([["limit-exceeded", "sessions"]])
    // those beyond are known, or whatever names one would be told too
    expect(read(fleet("", many)).document?.sessions).toHaveLength(1001)
  })
})
