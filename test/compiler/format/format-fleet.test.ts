import { readdirSync, readFileSync } from "node:fs"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { compile } from "#compiler"
import { formatFleet } from "#compiler/format/index.ts"

const formatted = (text: string): string => {
  const result = formatFleet("f.yaml", text)
  if (result.kind !== "formatted") throw new Error(`${result.kind}: ${JSON.stringify(result)}`)
  return result.text
}

const head = "fleet:\n  base_branch: main\n  sessions:\n    a: { driver: shell, command: [a] }\n    b: { driver: shell, command: [b] }\n  start: a\n"
const rules = (text: string): string =>
  `${head}  routes: |\n${text
    .split("\n")
    .map((line) => (line === "" ? line : `    ${line}`))
    .join("\n")}\n`

const tables: ReadonlyArray<readonly [string, string, string]> = [
  ["spaces", "on   a.done->b", "on a.done -> b"],
  ["a rule over lines that fits one", "on a.done\n  when a.cost > $1\n  -> b", "on a.done when a.cost > $1 -> b"],
  [
    "cases",
    'on a.failed{when a.attempts>3->fail "no" otherwise->retry a max 2}',
    'on a.failed {\n  when a.attempts > 3 -> fail "no"\n  otherwise -> retry a max 2\n}',
  ],
  ["comments before and behind", "# one\non a.done->b   # two\n#three", "# one\non a.done -> b # two\n#three"],
  [
    "comments between cases",
    "on a.done { # one\n  # two\n  when true->b # three\n\n\n  otherwise->complete\n  # four\n}",
    "on a.done {\n  # one\n  # two\n  when true -> b # three\n\n  otherwise -> complete\n  # four\n}",
  ],
  ["a comment inside of a statement keeps it", "on all(a.done, # both\n       b.done)   -> complete", "on all(a.done, # both\n       b.done)   -> complete"],
  ["a suppressed statement stays", "# fleet-ignore dead-route: later\non   a.done -> b", "# fleet-ignore dead-route: later\non   a.done -> b"],
  ["blank lines", "on a.done -> b\n\n\n\non b.done -> complete", "on a.done -> b\n\non b.done -> complete"],
  [
    "a long rule",
    `on all(a.done, b.done) when a.text contains_not_used == "${"x".repeat(100)}" -> b`.replace(" contains_not_used", ""),
    `on all(a.done, b.done)\n  when a.text == "${"x".repeat(100)}"\n  -> b`,
  ],
  ["a multi-line text", 'on a.done -> b with """\n    one\n      two\n    """', 'on a.done -> b with """\n  one\n    two\n  """'],
]

describe("rules", () => {
  for (const [what, before, after] of tables)
    it(what, () => {
      expect(formatted(rules(before))).toBe(rules(after))
      expect(formatted(rules(after))).toBe(rules(after))
    })
})

describe("YAML", () => {
  const yaml: ReadonlyArray<readonly [string, string, string]> = [
    [
      "indentation and flow",
      "fleet:\n    name:   x   # why\n    start: [ a,b ]\n    o: {a: 1,b: {}}\n",
      "fleet:\n  name: x # why\n  start: [a, b]\n  o: { a: 1, b: {} }\n",
    ],
    ["scalars stay as written", "a: 0x10\nb: 1.50\nc: 'it''s'\nd: \"\\u00e9\"\ne: ~\nf: Yes\n", "a: 0x10\nb: 1.50\nc: 'it''s'\nd: \"\\u00e9\"\ne: ~\nf: Yes\n"],
    ["folded text keeps its lines", "a: >-\n      one\n      two\n\n      three\n", "a: >-\n  one\n  two\n\n  three\n"],
    ["a block that starts with spaces", "a:\n    b: |1\n       x\n      y\n", "a:\n  b: |2\n      x\n     y\n"],
    ["a block that keeps its end", "a: |+\n    x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n"],
    ["anchors and merges", "a: &x {b: 1}\nc: {<<: *x, d: *x }\n", "a: &x { b: 1 }\nc: { <<: *x, d: *x }\n"],
  ]
  for (const [what, before, after] of yaml)
    it(what, () => {
      expect(formatted(before)).toBe(after)
      expect(formatted(after)).toBe(after)
    })

  it("keeps line ends and a byte order mark", () => {
    expect(formatted("\ufeffa:   1\r\nb: |\r\n    x\r\n")).toBe("\ufeffa: 1\r\nb: |\r\n  x\r\n")
  })

  it("refuses what does not parse, with the reason", () => {
    expect(formatFleet("f", "a: [").kind).toBe("refused")
    expect(formatFleet("f", rules("on a.done ->"))).toMatchObject({ kind: "refused", diagnostics: [{ code: "dsl-syntax" }] })
  })
})

const pages = readdirSync("docs/codes").flatMap((page) =>
  [...readFileSync(`docs/codes/${page}`, "utf8").matchAll(/```yaml\n([\s\S]*?)```/g)].map((found) => [page, found[1] ?? ""] as const),
)
const withoutPlaces = (ir: unknown): unknown =>
  JSON.parse(JSON.stringify(ir ?? null, (key, value: unknown) => (key === "span" || key === "sources" || key === "hash" ? undefined : value)))

describe("what a fleet means stays", () => {
  it.each([["hello", readFileSync("examples/hello/fleet.yaml", "utf8")] as const, ...pages])("%s", (_, text) => {
    const result = formatFleet("f.yaml", text)
    if (result.kind !== "formatted") return expect(result.kind).toBe("refused")
    const one = compile({ file: "f.yaml", text, files: () => undefined })
    const other = compile({ file: "f.yaml", text: result.text, files: () => undefined })
    expect(withoutPlaces(other.ir)).toEqual(withoutPlaces(one.ir))
    expect(other.diagnostics.map(({ code }) => code).sort()).toEqual(one.diagnostics.map(({ code }) => code).sort())
    expect(formatted(result.text)).toBe(result.text)
  })
})

it("any YAML that is formatted is formatted for good", () => {
  const pieces = fc.constantFrom(
    "a: ",
    "b: ",
    "- ",
    "  ",
    "    ",
    "\n",
    "\n",
    "x",
    "|\n",
    ">-\n",
    "# c\n",
    " # d\n",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "'q'",
    '"q"',
    "&n ",
    "*n",
    "1.0",
    "\t",
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 24 }), (all) => {
      const result = formatFleet("f", all.join(""))
      if (result.kind !== "formatted") return
      expect(formatFleet("f", result.text)).toEqual(result)
    }),
    { numRuns: 3000 },
  )
})
