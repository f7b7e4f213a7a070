/** A mistake is shown where it stands, in whatever way YAML lets its text be written. */
import fc from "fast-check"
import { Document, Scalar, stringify } from "yaml"
import { describe, expect, it } from "vitest"
import { checkFleet } from "../../../compiler/index.ts"
import { readSource, type YamlNode } from "../../../compiler/source/index.ts"

const word = "nobody-there"
const styles = ["PLAIN", "QUOTE_SINGLE", "QUOTE_DOUBLE", "BLOCK_LITERAL", "BLOCK_FOLDED"] as const

/** Rules before and after the wrong one, with what makes decoding shift: escapes, quotes, wide characters, comments, blank lines. */
const filler = fc.constantFrom(
  'on a.done -> b with "it\'s \\"so\\" é 👍 漢"',
  "# a comment: with 'quotes' and \\ and {braces}",
  'on b.done -> notify """\n  two\n\n    lines\n  """',
  "",
  "\ton a.done  ->   b",
  'let x = "\\u00e9\\n"',
  "on a.failed -> b max 2   # why 👩‍👩‍👧",
)
const rules = fc
  .tuple(fc.array(filler, { maxLength: 4 }), fc.array(filler, { maxLength: 3 }), fc.constantFrom("  ", "\t", " "))
  .map(([before, after, gap]) => [...before, `on a.done${gap}-> ${word}`, ...after].join("\n"))
const frame = fc.record({
  crlf: fc.boolean(),
  mark: fc.boolean(),
  ending: fc.boolean(),
  indent: fc.constantFrom(2, 4),
  lineWidth: fc.constantFrom(0, 20, 60),
  before: fc.constantFrom("", "# 👍 first\n", "x-note: 'é'\n"),
})

/** As the YAML library writes it; the style asked for is given up where the text cannot be written so. */
const written = (
  type: (typeof styles)[number],
  text: string,
  { crlf, mark, ending, indent, lineWidth, before }: typeof frame extends fc.Arbitrary<infer F> ? F : never,
): string => {
  const routes = new Scalar(text)
  routes.type = type
  const document = new Document({ fleet: { base_branch: "main", sessions: { a: { driver: "claude" }, b: { driver: "claude" } }, start: "a" } })
  document.setIn(["fleet", "routes"], routes)
  const source = before + stringify(document, { indent, lineWidth })
  return `${mark ? "\ufeff" : ""}${(ending ? source : source.trimEnd()).replaceAll("\n", crlf ? "\r\n" : "\n")}`
}

describe("an unknown name in rules", () => {
  it.each(styles)("%s", (type) => {
    let seen = 0
    fc.assert(
      fc.property(rules, frame, (text, how) => {
        const source = written(type, text, how)
        const { tree, diagnostics } = readSource("f", source)
        // what the library folds wrongly says another thing, or nothing at all
        fc.pre(diagnostics.length === 0 && routesOf(tree.root) === text.replace(/\n$/, "") + (routesOf(tree.root)?.endsWith("\n") === true ? "\n" : ""))
        const found = checkFleet({ file: "f", text: source, files: () => undefined }).diagnostics.filter(({ code }) => code === "unknown-session")
        expect(found.map(({ span }) => source.slice(span.start, span.end))).toEqual([word])
        seen++
      }),
      { numRuns: 250 },
    )
    expect(seen).toBeGreaterThan(100)
  })

  const routesOf = (root: YamlNode | undefined): string | undefined => {
    const fleet = root?.kind === "map" ? root.entries.find(({ name }) => name === "fleet")?.value : undefined
    const routes = fleet?.kind === "map" ? fleet.entries.find(({ name }) => name === "routes")?.value : undefined
    return routes?.kind === "scalar" ? routes.text : undefined
  }
})

const tail = "  sessions: { a: { driver: claude } }\n  start: a\n"

/** `@@` and `~~`: where the place that is told begins and ends. */
const places: ReadonlyArray<readonly [string, string, source: string]> = [
  ["a key", "unknown-key", "fleet:\n  @@nme~~: x\n" + tail],
  ["a quoted key", "unknown-key", 'fleet:\n  @@"n\\u006de"~~: x\n' + tail],
  ["a key in braces", "unknown-key", "fleet: { @@nme~~: x, base_branch: main }\n"],
  ["a key on a line of its own behind ?", "unknown-key", "fleet:\n  ? @@nme~~\n  : x\n" + tail],
  ["a key after tabs and a comment", "unknown-key", "fleet:\t# 漢\n\n  # 👍\n  @@nme~~:\tx\t# y\n" + tail],
  ["a key behind a mark and carriage returns", "unknown-key", `\ufefffleet:\r\n  @@nme~~: x\r\n${tail.replaceAll("\n", "\r\n")}`],
  ["a value with an anchor and a tag", "invalid-value", "fleet:\n  permissions: &p !!str @@alow~~\n" + tail],
  ["a value that an alias brings", "invalid-value", "x-all: &p @@alow~~\nfleet:\n  permissions: *p\n" + tail],
  ["a key that a merge brings", "unknown-key", "x-all: &all { @@nme~~: x }\nfleet: { <<: *all }\n"],
  ["a value in single quotes", "invalid-value", "fleet:\n  permissions: @@'al''ow'~~\n" + tail],
  ["an item of a flow list over lines", "unknown-policy", "fleet:\n  policies: [baseline,\n    @@basline~~ ]\n" + tail],
  ["an item of a block list", "unknown-policy", "fleet:\n  policies:\n  - baseline\n  -   @@basline~~   # c\n" + tail],
  ["a name behind an escape", "unknown-name", 'fleet:\n  task: "\\u00e9 \\x41\\t👍 ${ @@nme~~ }"\n' + tail],
  ["a name behind a line that ends in a backslash", "unknown-name", 'fleet:\n  task: "a \\\n     b ${@@nme~~}"\n' + tail],
  ["a name in a plain value over lines", "unknown-name", "fleet:\n  task: a\n    b\n\n    ${@@nme~~} c\n" + tail],
  ["a name in a folded block with deeper lines", "unknown-name", "fleet:\n  task: >2-\n\n      a\n    b\n    ${@@nme~~}\n" + tail],
  ["a name in a literal block with tabs", "unknown-name", "fleet:\n  task: |+\n    \ta\n    \t${@@nme~~}\n\n" + tail],
  ["a name in single quotes behind quotes", "unknown-name", "fleet:\n  task: 'it''s ''${@@nme~~}'\n" + tail],
  ["an expression's end at the end of the file", "unknown-field", "fleet:\n  sessions: { a: { driver: claude } }\n  start: a\n  task: a ${inputs.@@x~~}"],
]

describe("exactly", () => {
  it.each(places)("%s", (_, code, marked) => {
    const source = marked.replace("@@", "").replace("~~", "")
    const found = checkFleet({ file: "f", text: source, files: () => undefined }).diagnostics.filter((each) => each.code === code)
    expect(found.map(({ span }) => [span.start, span.end])).toEqual([[marked.indexOf("@@"), marked.indexOf("~~") - 2]])
  })
})

describe("a word before a line that goes on", () => {
  it.each([
    ["an escaped blank", '"on a.done -> nobody-there\\\n      \\ max 2"'],
    ["a comma", '"on a.done -> [nobody-there\\\n      , b]"'],
    ["an escaped line feed", '"on a.done -> nobody-there\\\n      \\non b.done -> a max 2"'],
    ["its own second half", '"on a.done -> nobody-\\\n      there max 2"'],
  ])("%s", (_, routes) => {
    const source = `fleet:\n  base_branch: main\n  sessions: { a: { driver: claude }, b: { driver: claude } }\n  start: a\n  routes: ${routes}\n`
    const found = checkFleet({ file: "f", text: source, files: () => undefined }).diagnostics.filter(({ code }) => code === "unknown-session")
    expect(found.map(({ span }) => source.slice(span.start, span.end).replace(/\\\n */, ""))).toEqual([word])
    expect(found.map(({ span }) => source.slice(span.start, span.end).endsWith("there"))).toEqual([true])
  })
})
