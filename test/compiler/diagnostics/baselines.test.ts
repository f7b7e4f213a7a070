/** What people and machines are told, kept as files to be read: a change of words is seen in the diff. Written anew with `-u`. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { checkFleet } from "../../../compiler/index.ts"
import { families, renderGithub, renderJson, renderPretty, type Code, type Diagnostic } from "../../../compiler/diagnostics/index.ts"

const check = (text: string): ReadonlyArray<Diagnostic> => checkFleet({ file: "fleet.yaml", text, files: () => undefined }).diagnostics
const texts = (text: string): ReadonlyMap<string, string> => new Map([["fleet.yaml", text]])

/** One of each family, in which more than one thing is said of a place: related spans, fixes, help. */
const shown: { readonly [family in keyof typeof families]: Code } = {
  text: "conflicting-keys",
  names: "unknown-session",
  types: "maybe-absent",
  flow: "double-activation",
  policy: "worst-case-over-budget",
  plugins: "plugin-kind-mismatch",
  lint: "redundant-send",
}
const fleetOf = (code: Code): string => /```yaml\n([^]*?)```/.exec(readFileSync(new URL(`../../../docs/codes/${code}.md`, import.meta.url), "utf8"))?.[1] ?? ""

it("has one of each family", () => expect(Object.keys(shown).sort()).toEqual(Object.keys(families).sort()))

describe.each(Object.entries(shown))("the family %s", (family, code) => {
  const text = fleetOf(code)
  const found = check(text)
  it("is what its page says", () => expect(found.map((each) => each.code)).toContain(code))
  it("on GitHub", async () => {
    await expect(renderGithub(found, texts(text))).toMatchFileSnapshot(`baselines/${family}.github.txt`)
  })
  it("as JSON", async () => {
    await expect(renderJson(found, texts(text))).toMatchFileSnapshot(`baselines/${family}.json`)
  })
})

const fleet = (more: string): string => `fleet:\n  base_branch: main\n${more}  sessions: { a: { driver: claude, budget: { usd: 1 } } }\n  start: a\n`
const edges: ReadonlyArray<readonly [string, string]> = [
  ["wide characters before the place", fleet('  name: "漢字カナ한글", \n').replace(", \n", "\n")],
  ["emoji of several code points, and combining marks", fleet('  x-note: 1\n  "👩‍👩‍👧 é e\u0301 ✔️": 1\n')],
  ["tabs in a line", fleet("  inputs:\t{ feature:\tstrng }\n")],
  ["carriage returns", fleet("  task: |\n    one\n    ${inputs.x}\n").replaceAll("\n", "\r\n")],
  ["a byte order mark", `\ufeff${fleet("  nme: x\n")}`],
  ["a very long line", fleet(`  task: "${"a 漢 ".repeat(3000)}\${inputs.x}${" b".repeat(3000)}"\n`)],
  ["a long line of halves of characters", fleet(`  task: "${"👍".repeat(300)}\${inputs.x}${"👍".repeat(300)}"\n`)],
  ["a long name", fleet(`  ${"k".repeat(900)}: 1\n`)],
  ["a place over several lines", fleet('  task: "a\n    ${ 1 +\n      true }"\n')],
  ["the end of a file without a line feed", 'fleet:\n  sessions: { a: { driver: claude } }\n  start: [a, "b'],
  ["the end of a file in the middle of a rule", `${fleet("")}  routes: on a.done ->`],
  ["an empty file", ""],
  ["nothing but a comment", "# later\n"],
  ["what a terminal would act on", fleet('  "a\\u001b[31m\\u202eb\\u2028c\\nd": 1\n  x-\u202e: 1\n  \u2067nme: 1\n')],
]

it("pretty at the edges", async () => {
  const told = edges.map(([name, text]) => `## ${name}\n\n${renderPretty(check(text), texts(text), { color: false })}`).join("\n")
  expect(told.isWellFormed()).toBe(true)
  // oxlint-disable-next-line no-control-regex
  expect(told).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u2028-\u202e\u2066-\u2069]/)
  await expect(told).toMatchFileSnapshot("baselines/edges.txt")
})

const yaml: ReadonlyArray<string> = [
  "fleet:\n\ta: 1\n",
  "a: [b]]\n",
  "a: @x\n",
  "a: `x`\n",
  "a: %x\n",
  "a: ,\n",
  'a: "\\q"\n',
  'a: "\\u12"\n',
  "a: !foo x\n",
  "a: b: c\n",
  "a: [1, 2\nb: 1\n",
  "a: {x: 1\nb: 2\n",
  "a: 'x\n",
  'a: "x\n',
  "a:\n  b: 1\n c: 2\n",
  "a: &x &y 1\n",
  "- a\nb: 1\n",
  "a: - b\n",
  "key\nother: 1\n",
  "a: >x\n b\n",
  "a: }\n",
  "a: [a b: c]\n",
  "a: [x: y: z]\n",
  "a: 'b' c\n",
  "a:\n  - b\n - c\n",
  "a: [,]\n",
  "{a: b, , }\n",
  "a: &x *x\n",
  "%FOO\n---\na: 1\n",
  "a: &  b\n",
  "a: {b: c d: e}\n",
  'a: [b"c" "d"]\n',
  "a: *x\n",
  `${"x".repeat(1100)}: 1\n`,
  "a: 1\n---\nb: 1\n",
  "<<: 1\n",
  "? [a]\n: b\n",
  "a: \u0007\n",
  "a: { b: { c: d }? }\n",
  "a: b\nc: ,{ d: e }\n",
  "a: {\n, b: c }\n",
]

it("YAML that is none", async () => {
  const told = yaml.map((text) => renderPretty(check(text), texts(text), { color: false }).replace(/\n\n\d+ errors?\n$/, "\n"))
  await expect(told.join("\n")).toMatchFileSnapshot("baselines/yaml.txt")
})
