import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { Ajv } from "ajv"
import { describe, expect, it } from "vitest"
import { catalogue, codes, diagnose, renderSarif, type Diagnostic } from "../../../compiler/diagnostics/index.ts"
import { compile } from "../../../compiler/index.ts"

const {
  $schema: _draft,
  id: _id,
  ...schema
}: { readonly [key: string]: unknown } = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"), "utf8"),
)

// the schema is of draft 4, of which it uses nothing that later drafts read in another way
const ajv = new Ajv({
  strict: false,
  allErrors: true,
  unicodeRegExp: false,
  formats: { uri: (text: string) => URL.canParse(text), "uri-reference": isReference, "date-time": true },
})
const validate = ajv.compile(schema)

/** RFC 3986: characters of a reference, percent signs only before two hexadecimal digits. */
function isReference(text: string): boolean {
  return /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/.test(text) && URL.canParse(text, "file:///base/")
}

interface Region {
  readonly startLine: number
  readonly startColumn: number
  readonly endLine: number
  readonly endColumn: number
  readonly charOffset: number
  readonly charLength: number
}
interface Location {
  readonly physicalLocation: { readonly artifactLocation: { readonly uri: string }; readonly region: Region }
}
interface Result {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly level: string
  readonly message: { readonly text: string }
  readonly locations: ReadonlyArray<Location>
  readonly relatedLocations?: ReadonlyArray<Location>
}
interface Log {
  readonly version: string
  readonly runs: ReadonlyArray<{
    readonly tool: { readonly driver: { readonly rules: ReadonlyArray<{ readonly id: string }> } }
    readonly results: ReadonlyArray<Result>
  }>
}

const logOf = (diagnostics: ReadonlyArray<Diagnostic>, texts: ReadonlyMap<string, string>): Log => {
  const log: Log = JSON.parse(renderSarif(diagnostics, texts, "1.2.3"))
  validate(log)
  expect(validate.errors ?? []).toEqual([])
  return log
}

const page = (code: string): string => readFileSync(new URL(`../../../docs/codes/${code}.md`, import.meta.url), "utf8")
const wrongFleet = (code: string): string => /```yaml\n([^]*?)```/.exec(page(code))?.[1] ?? ""

describe("SARIF fits its schema", () => {
  it("and the schema tells what does not", () => {
    const good: Log = JSON.parse(renderSarif([], new Map(), "1.0.0"))
    expect(validate(good)).toBe(true)
    for (const bad of [
      { ...good, version: "2.2" },
      { ...good, runs: [{}] },
      { ...good, more: 1 },
      { ...good, runs: [{ ...good.runs[0], results: [{}] }] },
      { ...good, runs: [{ ...good.runs[0], columnKind: "bytes" }] },
    ])
      expect(validate(bad)).toBe(false)
    expect(["a/b.yaml", "%20", "https://x/y"].map(isReference)).toEqual([true, true, true])
    expect(["a b", "50%", "é", "a\\b"].map(isReference)).toEqual([false, false, false, false])
  })

  it.each(codes)("%s", (code) => {
    const text = wrongFleet(code)
    const { diagnostics } = compile({ file: "fleets/a fleet.yaml", text, files: () => undefined, headless: code === "nobody-to-ask" })
    const { runs } = logOf(diagnostics, new Map([["fleets/a fleet.yaml", text]]))
    const [run] = runs
    for (const { ruleId, ruleIndex, locations, relatedLocations = [] } of run?.results ?? []) {
      expect(run?.tool.driver.rules[ruleIndex]?.id).toBe(ruleId)
      for (const {
        physicalLocation: { artifactLocation, region },
      } of [...locations, ...relatedLocations]) {
        expect(artifactLocation.uri).toBe("fleets/a%20fleet.yaml")
        const before = (offset: number): ReadonlyArray<string> => text.slice(0, offset).split("\n")
        const [start, end] = [before(region.charOffset), before(region.charOffset + region.charLength)]
        expect([region.startLine, region.startColumn]).toEqual([start.length, (start.at(-1)?.length ?? 0) + 1])
        expect([region.endLine, region.endColumn]).toEqual([end.length, (end.at(-1)?.length ?? 0) + 1])
      }
    }
  })

  it.each([
    ["a b%.yaml", "a%20b%25.yaml"],
    ["C:\\fleets\\f.yaml", "file:///C:/fleets/f.yaml"],
    ["/abs/ä👍.yaml", "/abs/%C3%A4%F0%9F%91%8D.yaml"],
    ["../up/#1?.yaml", "../up/%231%3F.yaml"],
    ["a:b,c.yaml", "./a:b,c.yaml"],
    ["[x]{y}^`|.yaml", "%5Bx%5D%7By%7D%5E%60%7C.yaml"],
    ["-", "-"],
    ["\ud800.yaml", "%EF%BF%BD.yaml"],
  ])("for a file named %j", (file, uri) => {
    const span = { file, start: 0, end: 1 }
    const found = diagnose(
      "unknown-key",
      span,
      { key: "x\u0001", section: "fleet", expected: "" },
      { fix: { title: "", edits: [{ span, text: "" }] }, related: [{ span, message: "" }] },
    )
    const { runs } = logOf([found], new Map([[file, "x"]]))
    expect(runs[0]?.results[0]?.locations[0]?.physicalLocation.artifactLocation.uri).toBe(uri)
  })

  it("at the very end of a file, in an empty one, and in one that is not there", () => {
    const at = (file: string, start: number) => diagnose("dead-route", { file, start, end: start }, {})
    const { runs } = logOf(
      [at("a", 4), at("empty", 0), at("gone", 7)],
      new Map([
        ["a", "x\r\n\n"],
        ["empty", ""],
      ]),
    )
    expect(runs[0]?.results.map(({ locations }) => locations[0]?.physicalLocation.region)).toEqual([
      { startLine: 3, startColumn: 1, endLine: 3, endColumn: 1, charOffset: 4, charLength: 0 },
      { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1, charOffset: 0, charLength: 0 },
      { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1, charOffset: 0, charLength: 0 },
    ])
  })

  it("says a plugin's code and every severity", () => {
    const span = { file: "f", start: 0, end: 0 }
    const found = (["error", "warning", "info"] as const).map((severity): Diagnostic => ({
      code: `ticket-router/${severity}`,
      severity,
      message: severity,
      span,
      related: [],
    }))
    const { runs } = logOf(found, new Map())
    expect(runs[0]?.results.map(({ level }) => level)).toEqual(["error", "note", "warning"])
    expect(Object.keys(catalogue)).not.toContain("ticket-router/error")
  })
})
