import { describe, expect, it } from "vitest"
import { compile } from "../../../compiler/index.ts"
import { canonicalJson, hashOf, type Ir } from "../../../compiler/ir/index.ts"
import { fleetOf } from "../check/fleets.ts"

const irOf = (text: string, files: { readonly [path: string]: string } = {}): Ir => {
  const { ir, diagnostics } = compile({ file: "fleet.yaml", text, files: (path) => files[path] })
  if (ir === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"))
  return ir
}

const withoutSpans = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (key, part: unknown) => (key === "span" ? undefined : part)))

const capFleet = (routes: string): string => `fleet:
  base_branch: main
  sessions:
    a: { driver: claude }
    b: { driver: claude }
    c: { driver: claude }
    d: { driver: claude }
  start: [a, b]
  routes:
${routes.replace(/^(?=.)/gm, "    ")}
`

describe("CAP routes equal rules", () => {
  it.each([
    ["- { when: a.done, route_to: c }", "- on a.done -> c"],
    ["- { when: [a.done, b.done], route_to: c }", "- on all(a.done, b.done) -> c"],
    ["- { when: a.done, fan_out: { to: [c, d], split: broadcast } }", "- on a.done -> [c, d]"],
    ["- { when: a.done, fan_out: { to: [c, d], split: by_subtask } }", "- on a.done -> [c, d] by subtask"],
    ["- { when: [a.done, b.done], collect: human }", "- on [a.done, b.done] -> select from [a, b]"],
  ])("%s", (cap, dsl) => expect(withoutSpans(irOf(capFleet(cap)).rules)).toEqual(withoutSpans(irOf(capFleet(dsl)).rules)))
})

describe("joins", () => {
  const joinOf = (trigger: string): unknown => irOf(fleetOf(`on a.done -> for t in a.output.tasks -> b\non ${trigger} -> c`)).rules[1]?.join
  const done = (session: string): object => ({ source: "session", session, event: "done" })
  it.each([
    ["a.done", { kind: "event", leaf: 0, event: done("a") }],
    ["all(b.done)", { kind: "instances", leaf: 0, event: done("b"), want: { kind: "all" } }],
    ["each(b.done)", { kind: "instances", leaf: 0, event: done("b"), want: { kind: "each" } }],
    ["2 of (b.done)", { kind: "instances", leaf: 0, event: done("b"), want: { kind: "atLeast", count: 2, race: false } }],
    ["race(b.done)", { kind: "instances", leaf: 0, event: done("b"), want: { kind: "atLeast", count: 1, race: true } }],
    [
      "all(a.done, any(b.done))",
      {
        kind: "all",
        of: [
          { kind: "event", leaf: 0 },
          { kind: "instances", leaf: 1, want: { kind: "atLeast", count: 1 } },
        ],
      },
    ],
    ["1 of (a.done, a.failed(timeout))", { kind: "atLeast", count: 1, of: [{ leaf: 0 }, { leaf: 1, event: { kinds: ["timeout"] } }] }],
  ])("%s", (trigger, expected) => expect(joinOf(trigger)).toMatchObject(expected))

  it("makes a rule of each trigger", () => {
    const { rules } = irOf(fleetOf("on a.done, a.failed -> b max 2"))
    expect(rules.map(({ id, join }) => [id, join.kind])).toEqual([
      ["r1", "event"],
      ["r2", "event"],
    ])
    expect(rules.map(({ cases }) => cases[0]?.action)).toMatchObject([{ id: "r1.1" }, { id: "r2.1" }])
  })
})

describe("sessions", () => {
  it("have every default filled in", () => {
    expect(irOf(fleetOf("")).sessions[2]).toMatchObject({
      id: "c",
      driver: { use: "claude", with: {} },
      permissions: "ask",
      policies: [],
      workspace: { use: "git-worktree", with: {} },
      from: { kind: "base" },
      retry: { attempts: 1, backoffMs: 1000, factor: 2, jitter: false },
      priority: 0,
      effect: "external",
      context: "keep",
      env: {},
      checkpoint: false,
      instances: false,
    })
  })
  it("go on from the one session that triggers them", () => {
    const from = irOf(fleetOf("on a.done -> [b, c]\non all(b.done, c.done) -> d")).sessions.map((session) => session.from.kind)
    expect(from).toEqual(["base", "trigger", "trigger", "base"])
  })
})

it("environment: a secret by reference, a variable passed on, a text", () => {
  const text = fleetOf(
    "on a.done -> b",
    'defaults: { env: { A: "${env.KEY}", B: $KEY, C: "${KEY}", D: "$KEY x", E: "$", F: "Bearer ${env.KEY}", G: "${env.A}:${env.B}@h" } }',
  )
  expect(irOf(text).sessions[0]?.env).toEqual({
    A: { from: "KEY", secret: true },
    B: { from: "KEY" },
    C: { from: "KEY" },
    D: { value: "$KEY x" },
    E: { value: "$" },
    F: { parts: ["Bearer ", { from: "KEY" }] },
    G: { parts: [{ from: "A" }, ":", { from: "B" }, "@h"] },
  })
})

describe("the whole", () => {
  it("has the hash of its own bytes, and the same bytes each time", () => {
    const text = fleetOf('on a.done -> b with "${inputs.n}"', "inputs: { n: { type: integer, default: 3 } }\ntask: ./TASK.md\nbudget_usd: 2")
    const [one, two] = [irOf(text, { "./TASK.md": "Do ${inputs.n} things" }), irOf(text, { "./TASK.md": "Do ${inputs.n} things" })]
    const { hash, ...rest } = one
    expect(hash).toBe(hashOf(rest))
    expect(canonicalJson(one)).toBe(canonicalJson(two))
    expect(one.sources.map(({ path }) => path)).toEqual(["fleet.yaml", "./TASK.md"])
    const elsewhere = compile({ file: "/home/me/fleet.yaml", text, files: () => "Do ${inputs.n} things" }).ir
    expect(elsewhere?.hash).toBe(hash)
    expect(one.fleet.taskFile).toBe("./TASK.md")
    expect(one.plugins.map(({ from }) => from)).toEqual(["builtin:claude", "builtin:git-worktree", "builtin:static"])
  })
})
