import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { diagnose, didYouMean, renderGithub, renderPretty, renderSarif, sortDiagnostics, toJson } from "../../../compiler/diagnostics/index.ts"

const text = "fleet:\r\n  sesions: 1\r\n  name: \t漢x # 👍\r\n"
const texts = new Map([["fleet.yaml", text]])
const at = (needle: string) => ({ file: "fleet.yaml", start: text.indexOf(needle), end: text.indexOf(needle) + needle.length })
const unknown = diagnose(
  "unknown-key",
  at("sesions"),
  { key: "sesions", section: "fleet", expected: '"sessions"' },
  { ...didYouMean("sesions", at("sesions"), ["sessions", "start"]), related: [{ span: at("fleet"), message: "in this fleet" }] },
)
const invalid = diagnose("invalid-value:session-id", at("x"), { id: "\u001b[31mx" })
const all = [invalid, unknown, unknown]

it("sorts by place and drops exact duplicates", () => expect(sortDiagnostics(all)).toEqual([unknown, invalid]))

it("json counts lines and columns from 1 in UTF-16 units", () => {
  const [first] = toJson(all, texts).diagnostics
  expect(first).toMatchObject({
    code: "unknown-key",
    severity: "error",
    file: "fleet.yaml",
    range: { start: { line: 2, column: 3, offset: 10 }, end: { line: 2, column: 10, offset: 17 } },
    related: [{ message: "in this fleet", file: "fleet.yaml", range: { start: { line: 1, column: 1, offset: 0 } } }],
    help: 'did you mean "sessions"?',
    fix: { edits: [{ range: { start: { offset: 10 }, end: { offset: 17 } }, text: "sessions" }] },
  })
})

it("pretty shows the line with carets, wide characters and escapes made harmless", () => {
  expect(renderPretty(all, texts, { color: false })).toBe(`error[unknown-key]: unknown key "sesions" in fleet. expected one of "sessions"
 --> fleet.yaml:2:3
  |
2 |   sesions: 1
  |   ^^^^^^^
 --> fleet.yaml:1:1
  |
1 | fleet:
  | ----- in this fleet
   = help: did you mean "sessions"?

error[invalid-value]: invalid session id "\ufffd[31mx". expected letters, digits, "_" and "-", not starting with "-"
 --> fleet.yaml:3:11
  |
3 |   name:   漢x # 👍
  |             ^

2 errors
`)
  expect(renderPretty(all, texts, { color: true })).toContain("\u001b[1;31merror[unknown-key]")
  expect(renderPretty([], texts, { color: true })).toBe("")
})

it("cuts a long line around the caret", () => {
  const long = `${"a".repeat(500)}XX${"b".repeat(500)}`
  const shown = renderPretty([diagnose("dead-route", { file: "l", start: 500, end: 502 }, {})], new Map([["l", long]]), { color: false })
  const [, , , line = "", carets = ""] = shown.split("\n")
  expect(line.length).toBeLessThan(140)
  expect(carets.indexOf("^^")).toBe(line.indexOf("XX"))
})

describe("for machines", () => {
  it("github escapes what would break the command", () => {
    const file = "a,b:c.yaml"
    const out = renderGithub([diagnose("yaml-syntax", { file, start: 0, end: 1 }, { problem: "50%\nbad" })], new Map([[file, "x"]]))
    expect(out).toBe(
      "::error file=a%2Cb%3Ac.yaml,line=1,endLine=1,col=1,endColumn=2,title=yaml-syntax::50%25%0Abad%0Amend this first: nothing after it is looked at\n",
    )
  })

  it("github: one line for each, from which the words can be read back", () => {
    const word = fc.string({
      unit: fc.constantFrom("a", "%", "25", "0A", ":", ",", "::", "\n", "\r", "\r\n", " ", "=", ";", "é", "👍", "##[error]", "\u2028"),
      maxLength: 12,
    })
    const unescaped = (text: string, property: boolean): string =>
      text
        .replaceAll("%0A", "\n")
        .replaceAll("%0D", "\r")
        .replaceAll(property ? "%3A" : "\0", ":")
        .replaceAll(property ? "%2C" : "\0", ",")
        .replaceAll("%25", "%")
    fc.assert(
      fc.property(word, word, word, (file, problem, help) => {
        const out = renderGithub([diagnose("yaml-syntax", { file, start: 0, end: 0 }, { problem }, { help })], new Map())
        expect(out.slice(0, -1)).not.toMatch(/[\r\n]/)
        const [, place = "", said = ""] = /^::error (.*?)::(.*)\n$/su.exec(out) ?? []
        const properties = new Map(place.split(",").map((one) => [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)]))
        expect([...properties.keys()]).toEqual(["file", "line", "endLine", "col", "endColumn", "title"])
        expect(unescaped(properties.get("file") ?? "", true)).toBe(file)
        expect(unescaped(said, false)).toBe(`${problem}\n${help}`)
      }),
      { numRuns: 1000 },
    )
  })

  it("sarif names each rule once and points at it", () => {
    const { version, runs } = JSON.parse(renderSarif(all, texts, "1.2.3"))
    expect(version).toBe("2.1.0")
    expect(runs[0].tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(["invalid-value", "unknown-key"])
    expect(runs[0].results.map(({ ruleIndex }: { ruleIndex: number }) => ruleIndex)).toEqual([1, 0])
    expect(runs[0].results[0].locations[0].physicalLocation.region).toMatchObject({
      startLine: 2,
      startColumn: 3,
      endColumn: 10,
      charOffset: 10,
      charLength: 7,
    })
    expect(runs[0].results[0].fixes[0].artifactChanges[0].replacements[0].insertedContent.text).toBe("sessions")
  })
})
