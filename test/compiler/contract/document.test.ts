/** Section 2 of the language page, and types as sessions and inputs declare them (section 4), sentence by sentence. */
import { describe, expect, it } from "vitest"
import { told } from "./told.ts"

type Row = readonly [written: string, problems: ReadonlyArray<string>]

const sessions: ReadonlyArray<Row> = [
  ["{ driver: claude, model: x, model: y }", ["duplicate-key model"]],
  ["{ driver: claude, agent: x }", ["conflicting-keys agent"]],
  ["{ role: x }", ["missing-key a"]],
  ["null", ["missing-key a"]],
  ["{ manifest: ../x.toml }", ["invalid-value ../x.toml"]],
  ['{ driver: "acp:my-agent" }', []],
  ['{ driver: "acp:/bin/x" }', ['invalid-value "acp:/bin/x"']],
  ["{ driver: acp }", ["invalid-value acp"]],
  ['{ driver: "pty:a b" }', ['invalid-value "pty:a b"']],
  ['{ driver: "grpc:host" }', ['invalid-value "grpc:host"']],
  ['{ driver: "grpc:example.com:50051" }', []],
  ['{ driver: "grpc:h:0" }', ['invalid-value "grpc:h:0"']],
  ['{ driver: "grpc:h:70000" }', ['invalid-value "grpc:h:70000"']],
  ['{ driver: "grpc:http://h:1" }', ['invalid-value "grpc:http://h:1"']],
  ['{ driver: "a2a:https://x.org/a" }', []],
  ['{ driver: "a2a:ftp://x.org/a" }', ['invalid-value "a2a:ftp://x.org/a"']],
  ['{ driver: "a2a:https://u:p@x.org/a" }', ['invalid-value "a2a:https://u:p@x.org/a"']],
  ['{ driver: "a2a:https://x..org/a" }', ['invalid-value "a2a:https://x..org/a"']],
  ['{ driver: "grpc:[fd00::1]:80", allow_private: false }', ['private-address "grpc:[fd00::1]:80"']],
  ["{ driver: claude, timeout: 30 }", ["invalid-value 30"]],
  ["{ driver: claude, timeout: 0s }", ["invalid-value 0s"]],
  ["{ driver: claude, timeout: 1.5h, idle_timeout: 5m }", []],
  ["{ driver: claude, max_turns: 0 }", ["invalid-value 0"]],
  ["{ driver: claude, max_turns: many }", ["wrong-type many"]],
  ["{ driver: claude, retry: { attempts: 2, backoff: 2s, factor: 2, max: 1m, jitter: false, on: [timeout, rate_limit] } }", []],
  ["{ driver: claude, retry: { on: [tmeout] } }", ["unknown-failure-kind tmeout"]],
  ["{ driver: claude, retry: { factor: 0.5 } }", ["invalid-value 0.5"]],
  ["{ driver: claude, slo: { tier: gold, queue_target: 10s, priority: 3 } }", []],
  ["{ driver: claude, slo: { teir: gold } }", ["unknown-key teir"]],
  ["{ driver: claude, effect: pure }", []],
  ["{ driver: claude, context: keeep }", ["invalid-value keeep"]],
  ["{ driver: claude, env: { A: b, N: 1 } }", []],
  ["{ driver: claude, env: [A] }", ["wrong-type [A]"]],
  ["{ driver: claude, from: nobody }", ["unknown-session nobody"]],
  ["{ driver: claude, from: a }", ["invalid-value a"]],
  ["{ driver: claude, compensate: a }", ["invalid-value a"]],
  ["{ driver: claude, budget: { usd: -1 } }", ["invalid-value -1"]],
  ["{ driver: claude, budget: { usd: $1.50 } }", []],
  ["{ driver: claude, budget: { euro: 1 } }", ["unknown-key euro"]],
  ["{ driver: shell }", ["missing-key a"]],
  ["{ driver: shell, command: make }", ["plugin-config-invalid make"]],
  ["{ driver: claude, priority: high }", ["wrong-type high"]],
  ["{ driver: baseline }", ["plugin-kind-mismatch baseline"]],
]

describe("a session", () => {
  it.each(sessions)("%s", (session, problems) => expect(told(`fleet:\n  base_branch: main\n  sessions:\n    a: ${session}\n  start: a\n`)).toEqual(problems))
})

const hosts: ReadonlyArray<readonly [host: string, isPrivate: boolean]> = [
  ["10.0.0.1", true],
  ["172.16.3.4", true],
  ["172.31.255.255", true],
  ["192.168.1.1", true],
  ["169.254.169.254", true],
  ["169.254.1.1", true],
  ["0.0.0.0", true],
  ["[fe80::1]", true],
  ["[fc00::1]", true],
  ["[fd12::1]", true],
  ["[::ffff:10.0.0.1]", true],
  ["[::]", true],
  ["167772161", true],
  ["0x0a000001", true],
  ["012.0.0.1", true],
  ["10.1", true],
  ["[::ffff:a9fe:a9fe]", true],
  ["metadata.google.internal", true],
  ["[64:ff9b::a00:1]", true],
  ["[2002:a00:1::]", true],
  ["[::10.0.0.1]", true],
  ["[fec0::1]", true],
  ["10.0.0.1.", true],
  ["127.0.0.1", false],
  ["localhost", false],
  ["[::1]", false],
  ["8.8.8.8", false],
  ["172.32.0.1", false],
  ["example.com", false],
  ["[2606:4700::1]", false],
  ["[::ffff:127.0.0.1]", false],
  ["127.1", false],
  ["2130706433", false],
]

describe("an address", () => {
  it.each(hosts)("%s", (host, isPrivate) => {
    const driver = `"a2a:http://${host}:80/x"`
    expect(told(`fleet:\n  base_branch: main\n  sessions: { a: { driver: ${driver} } }\n  start: a\n`)).toEqual(isPrivate ? [`private-address ${driver}`] : [])
  })
})

it.each<Row>([
  ['{ driver: "grpc:192.168.0.9:80" }', ['private-address "grpc:192.168.0.9:80"']],
  ['{ driver: "grpc:[fd00::1]:80" }', ['private-address "grpc:[fd00::1]:80"']],
  ['{ driver: "grpc:10.0.0.1:80", allow_private: true }', []],
])("an address of a private network is for sessions that say so: %s", (session, problems) =>
  expect(told(`fleet:\n  base_branch: main\n  sessions:\n    a: ${session}\n  start: a\n`)).toEqual(problems),
)

const inputs: ReadonlyArray<Row> = [
  ["string", []],
  ["strng", ["invalid-type strng"]],
  ["{ type: integer, default: 3 }", []],
  ["{ type: integer, default: 3.5 }", ["type-mismatch 3.5"]],
  ["{ type: integer, defult: 3 }", ["unknown-key defult"]],
  ["a | b | c", []],
  ["{ type: a | b, default: c }", ["type-mismatch c"]],
  ["{ type: duration, default: 5m }", []],
  ["{ type: duration, default: 5 }", []],
  ["{ type: money, default: $1.50 }", []],
  ["string?", ["maybe-absent inputs.x"]],
  ["{ type: string?, default: x }", []],
  ["json", []],
  ["null", ["not-printable inputs.x"]],
  ["[string]", ["not-printable inputs.x"]],
  ["{ type: '[string]', default: [a, 1] }", ["not-printable inputs.x", "type-mismatch [a, 1]"]],
  ["string | null", ["invalid-type null"]],
  ["{ a: string, b: integer? }", ["not-printable inputs.x"]],
  ["{ type: boolean, default: yes }", ["type-mismatch yes"]],
]

describe("an input", () => {
  it.each(inputs)("%s", (input, problems) => {
    const text = `fleet:\n  base_branch: main\n  task: "\${inputs.x}"\n  inputs: { x: ${input} }\n  sessions: { a: { driver: claude } }\n  start: a\n`
    expect(told(text)).toEqual(problems)
  })
})

const outputs: ReadonlyArray<readonly [type: string, guard: string, problems: ReadonlyArray<string>]> = [
  ["{ v: 1 | 2 }", 'a.output.v == "1"', []],
  ["{ v: 1 | 2 }", "a.output.v == 1", ["type-mismatch 1"]],
  ["{ v: true | false }", 'a.output.v == "true"', []],
  ["{ v: string[] }", "true", ["yaml-syntax ["]],
  ["{ v: List<string> }", "true", ["dsl-syntax <"]],
  ["{ v: string | undefined }", "true", ["invalid-type string"]],
  ["{ v: integer | string }", "true", ["invalid-type integer"]],
  ["{}", "a.output.x == 1", ["unknown-field x"]],
  ["[]", "true", ["invalid-type []"]],
  ["'[]'", "true", ["dsl-syntax ]"]],
  ['{ v: "string" }', 'a.output.v == "x"', []],
  ["{ v?: string }", "true", []],
  ["{ v: a-b | c_d | 5m | 2nd }", 'a.output.v == "5m"', []],
  ["{ v: \"'x y' | z\" }", "true", ["dsl-syntax '"]],
  ["{ v: '\"x y\" | z' }", 'a.output.v == "x y"', []],
  ["{ v: '\"x y\" | z' }", 'a.output.v == "xy"', ['type-mismatch "xy"']],
  ["'{ v: { w: [ { x: string? } ] } }'", 'a.output.v.w[0]?.x == "y"', []],
  ["'{ v: string, }'", "true", ["dsl-syntax }"]],
  ["{ v: string?? }", "true", ["dsl-syntax ??"]],
  ["'(a | b)?'", "true", ["dsl-syntax ("]],
  ["{ v: a | b? }", "a.output.v == null", []],
  ["{ v: STRING }", "true", ["invalid-type STRING"]],
  ["{ v: Boolean }", "true", ["invalid-type Boolean"]],
  ["{ v: float }", "true", ["invalid-type float"]],
  ["{ v: map }", "true", ["invalid-type map"]],
  ["{ v: x }", "true", ["invalid-type x"]],
  ["{ v: approve| }", "true", ["dsl-syntax |"]],
  ["{ v: | }", "true", ["yaml-syntax |"]],
  ["{ v: '' }", "true", ["dsl-syntax "]],
  ["{ v: json? }", "a.output.v == null", []],
  ["{ v: null }", "a.output.v == null", []],
  ["{ v: money?, d: duration? }", "a.output.v > $1", ["maybe-absent a.output.v"]],
  ["{ v: 3 }", "true", ["invalid-type 3"]],
  ["{ v: true }", "true", ["invalid-type true"]],
  ["5", "true", ["invalid-type 5"]],
  ["{ type: string, name: string }", 'a.output.type == "x" and a.output.name == "y"', []],
  ["{ type: string }", 'a.output == "x"', []],
  ["{ type: approve | changes }", 'a.output.type == "approve"', []],
  ["{ enum: [a, b] }", "true", ["invalid-type enum"]],
  ["{ $schema: x, enum: [a, b] }", 'a.output == "c"', ['type-mismatch "c"']],
  ["{ $schema: x, const: a }", 'a.output == "c"', ['type-mismatch "c"']],
  ["{ type: string, enum: [a, 1] }", 'a.output == "a"', []],
  ["{ type: integer, minimum: 0, maximum: 10 }", "a.output > 3", []],
  [
    "{ type: object, required: [a, b], properties: { a: { type: array, items: { type: object, required: [k], properties: { k: { type: string } } } }, b: { type: [integer, 'null'] } } }",
    'len(a.output.a[0]?.k ?? "") > 1 and a.output.b == null',
    [],
  ],
  ["{ type: object, required: [d], properties: { d: { oneOf: [ { type: string }, { type: integer } ] } } }", "a.output.d == 1", []],
  ["{ type: array, items: { type: string }, minItems: -1 }", "true", ["invalid-type minItems"]],
  ["{ type: string, format: email }", "len(a.output) > 1", []],
  ["{ type: object, properties: [a] }", "true", ["invalid-type properties"]],
  ["{ type: object, required: [x], properties: {}, additionalProperties: { type: string } }", 'a.output.x == "y"', []],
  ["{ type: object, required: [v], properties: { v: { enum: [x, y] }, n: { type: integer } } }", 'a.output.v == "x"', []],
  ["{ type: object, required: [v], properties: { v: { enum: [x, y] } } }", 'a.output.v == "z"', ['type-mismatch "z"']],
  ["{ type: object, properties: { n: { type: integer } } }", "a.output.n > 1", ["maybe-absent a.output.n"]],
  ["{ type: object, properties: { n: { const: k } }, required: [n] }", 'a.output.n == "j"', ['type-mismatch "j"']],
  ["{ type: object, properties: {}, additionalProperties: false }", "a.output.n == 1", ["unknown-field n"]],
  ["{ type: object, properties: {} }", "a.output.n == 1", []],
  ["{ type: array, items: { type: string } }", '"x" in a.output', []],
  ["{ type: [string, 'null'] }", "len(a.output) > 1", ["maybe-absent a.output"]],
  ["{ type: object, properties: { d: { type: string, format: date-time, pattern: '^x', minLength: 2 } }, required: [d] }", "len(a.output.d) > 1", []],
  ["{ $schema: 'https://json-schema.org/draft/2020-12/schema', allOf: [ { type: object } ] }", "a.output.x == 1", []],
  [
    "{ type: object, required: [p], properties: { p: { $ref: '#/$defs/p' } }, $defs: { p: { type: object, required: [q], properties: { q: { type: boolean } } } } }",
    "a.output.p.q",
    [],
  ],
  ["{ type: object, requird: [p] }", "true", ["invalid-type requird"]],
  ["{ type: objekt }", "true", ["invalid-type objekt"]],
  ["{ $ref: ./none.json }", "true", ["invalid-type { $ref: ./none.json }"]],
  ["{ type: object, properties: { p: { type: text } } }", "true", ["invalid-type type"]],
  ["{ type: string, pattern: '(?=x)' }", "true", ["invalid-type pattern"]],
  ["{ anyOf: [ { type: string } ] }", "true", []],
  ["{ v: approve | approve }", "true", ["invalid-type approve"]],
  ["{ v: 'string' }", 'a.output.v == "x"', []],
  ["{ v: \"'a b' | c\" }", "true", ["dsl-syntax '"]],
  ["{ v: [string]}", "len(a.output.v) == 1", []],
  ["{ v: [string, integer] }", "true", ["invalid-type [string, integer]"]],
  ["[ { t: string } ]", "len(a.output) == 1", []],
  ["'[string]?'", "len(a.output) == 1", ["maybe-absent a.output"]],
  ["{ v: }", "true", ["invalid-type v"]],
  ["", "true", ["wrong-type output"]],
  ["boolean", "a.output", []],
  ["integer", "a.output > 1", []],
  ["{ v: str }", "true", ["invalid-type str"]],
  ["{ a: string, a: integer }", "true", ["duplicate-key a"]],
  ["'{ a: string, a: integer }'", "true", ["invalid-type a"]],
]

describe("an output", () => {
  it.each(outputs)("%s, when %s", (type, guard, problems) => {
    const text = `fleet:\n  base_branch: main\n  sessions:\n    a: { driver: claude, output: ${type} }\n    b: { driver: claude }\n  start: a\n  routes: |\n    on a.done when ${guard} -> b\n`
    expect(told(text)).toEqual(problems)
  })
})

const documents: ReadonlyArray<readonly [what: string, text: string, problems: ReadonlyArray<string>]> = [
  [
    "$schema and x- keys",
    "$schema: x\nx-me: 1\nfleet:\n  $schema: y\n  x-y: 2\n  base_branch: main\n  sessions: { a: { driver: claude, x-k: 1 } }\n  start: a\n",
    [],
  ],
  ["unknown top key", "flet:\n  a: 1\n", ["unknown-key flet"]],
  ["two tops", "fleet:\n  base_branch: main\n  sessions: { a: { driver: claude } }\n  start: a\nother: 1\n", ["unknown-key other"]],
  ["base_branch missing", "fleet:\n  sessions: { a: { driver: claude } }\n  start: a\n", ["missing-key fleet"]],
  ["base_branch not needed", "fleet:\n  workspace: none\n  sessions: { a: { driver: claude } }\n  start: a\n", []],
  ["bad refs", "fleet:\n  base_branch: -x\n  sessions:\n    a: { driver: claude }\n  start: a\n", ["invalid-value -x"]],
  ["ref with space", 'fleet:\n  base_branch: "a b"\n  sessions:\n    a: { driver: claude }\n  start: a\n', ['invalid-value "a b"']],
  ["ref dots", "fleet:\n  base_branch: release/1.2\n  sessions:\n    a: { driver: claude }\n  start: a\n", []],
  ["dup across merge ok", "fleet:\n  x-base: &b { driver: claude, model: x }\n  base_branch: main\n  sessions: { a: { <<: *b, model: y } }\n  start: a\n", []],
  ["merge list", "fleet:\n  x-1: &p { driver: claude }\n  x-2: &q { model: m }\n  base_branch: main\n  sessions: { a: { <<: [*p, *q] } }\n  start: a\n", []],
  [
    "merge wrong key span",
    "fleet:\n  x-1: &p { driver: claude, modle: m }\n  base_branch: main\n  sessions: { a: { <<: *p }, b: { <<: *p } }\n  start: [a, b]\n",
    ["unknown-key modle"],
  ],
  [
    "alias session",
    "fleet:\n  base_branch: main\n  sessions:\n    a: &s { driver: claude, permisions: ask }\n    b: *s\n  start: [a, b]\n",
    ["unknown-key permisions"],
  ],
  ["alias unknown", "fleet:\n  base_branch: main\n  sessions: { a: *zz }\n  start: a\n", ["yaml-syntax *zz"]],
  ["merge a scalar", "fleet:\n  base_branch: main\n  sessions: { a: { <<: 3, driver: claude } }\n  start: a\n", ["yaml-syntax 3"]],
  [
    "two merges",
    "fleet:\n  x-1: &p { driver: claude }\n  base_branch: main\n  sessions:\n    a:\n      <<: *p\n      <<: *p\n  start: a\n",
    ["duplicate-key <<"],
  ],
  ["id starts -", 'fleet:\n  base_branch: main\n  sessions: { "-a": { driver: claude } }\n  start: "-a"\n', ['invalid-value "-a"']],
  ["id word on", "fleet:\n  base_branch: main\n  sessions: { on: { driver: claude } }\n  start: on\n", ["invalid-value on"]],
  [
    "id word all when",
    "fleet:\n  base_branch: main\n  sessions: { all: { driver: claude }, when: { driver: claude } }\n  start: [all, when]\n",
    ["invalid-value all", "invalid-value when"],
  ],
  ["id digits", "fleet:\n  base_branch: main\n  sessions: { 1: { driver: claude }, 2nd-x_y: { driver: claude } }\n  start: [1, 2nd-x_y]\n", []],
  ["id dot", "fleet:\n  base_branch: main\n  sessions: { a.b: { driver: claude } }\n  start: a.b\n", ["invalid-value a.b"]],
  ["default driver", "fleet:\n  base_branch: main\n  defaults: { driver: claude }\n  sessions: { a: , b: {} }\n  start: [a, b]\n", []],
  [
    "budget both",
    "fleet:\n  base_branch: main\n  budget: { usd: 5 }\n  budget_usd: 6\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n",
    ["conflicting-keys budget_usd"],
  ],
  ["budget_usd", "fleet:\n  base_branch: main\n  budget_usd: 6\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n", []],
  [
    "limits",
    "fleet:\n  base_branch: main\n  limits: { parallel: 0 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n",
    ["invalid-value 0"],
  ],
  [
    "limits key",
    "fleet:\n  base_branch: main\n  limits: { paralel: 1 }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n",
    ["unknown-key paralel"],
  ],
  [
    "mode",
    "fleet:\n  base_branch: main\n  mode: dynamic\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n",
    ["invalid-value dynamic"],
  ],
  [
    "mode llm",
    "fleet:\n  base_branch: main\n  mode: llm\n  llm: { command: [x] }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n",
    [],
  ],
  ["llm without", "fleet:\n  base_branch: main\n  mode: llm\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n", []],
  [
    "permissions",
    "fleet:\n  base_branch: main\n  permissions: sometimes\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n",
    ["invalid-value sometimes"],
  ],
  [
    "policies",
    "fleet:\n  base_branch: main\n  policies: [baseline, nope]\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n",
    ["unknown-policy nope"],
  ],
  [
    "policy conflict",
    "fleet:\n  base_branch: main\n  policies: [{ use: secrets, with: { patterns: [a] } }, { use: secrets, with: { patterns: [b] } }]\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n",
    ["policy-conflict secrets"],
  ],
  [
    "workspace",
    "fleet:\n  base_branch: main\n  workspace: gitt\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n",
    ["unknown-workspace gitt"],
  ],
  [
    "workspace is driver",
    "fleet:\n  base_branch: main\n  workspace: claude\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n",
    ["plugin-kind-mismatch claude"],
  ],
  ["start unknown", "fleet:\n  base_branch: main\n  sessions: { a: { driver: claude } }\n  start: [a, zz]\n", ["unknown-session zz"]],
  ["start twice", "fleet:\n  base_branch: main\n  sessions: { a: { driver: claude } }\n  start: [a, a]\n", ["duplicate-target a"]],
  ["start missing", "fleet:\n  base_branch: main\n  sessions: { a: { driver: claude } }\n", ["missing-key fleet"]],
  ["start empty", "fleet:\n  base_branch: main\n  sessions: { a: { driver: claude } }\n  start: []\n", ["invalid-value []"]],
  ["sessions empty", "fleet:\n  base_branch: main\n  sessions: {}\n  start: a\n", ["invalid-value {}"]],
  ["sessions list", "fleet:\n  base_branch: main\n  sessions: [a]\n  start: a\n", ["wrong-type [a]"]],
  [
    "task file missing",
    "fleet:\n  base_branch: main\n  task: ./NOPE.md\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n",
    ["invalid-value ./NOPE.md"],
  ],
  [
    "task empty",
    "fleet:\n  base_branch: main\n  task:\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n",
    ["wrong-type task"],
  ],
  [
    "outputs",
    'fleet:\n  base_branch: main\n  outputs: { x: a.text, y: "len(a.text)" }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n',
    [],
  ],
  [
    "outputs bad",
    "fleet:\n  base_branch: main\n  outputs: { x: zz.text }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n",
    ["unknown-name zz"],
  ],
  [
    "name",
    "fleet:\n  base_branch: main\n  name: a b\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n",
    ["invalid-value a b"],
  ],
  [
    "unused input",
    "fleet:\n  base_branch: main\n  inputs: { x: string }\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: [a, b]\n",
    ["unused-input x"],
  ],
]

describe("a document", () => {
  it.each(documents)("%s", (_, text, problems) => expect(told(text)).toEqual(problems))
})
