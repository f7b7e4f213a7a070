import { describe, expect, it } from "vitest"
import { checkFleet } from "../../../compiler/index.ts"
import { bounded, diagnose, mostTold, quotedList, renderPretty, type Diagnostic } from "../../../compiler/diagnostics/index.ts"

const check = (text: string): ReadonlyArray<Diagnostic> => checkFleet({ file: "fleet.yaml", text, files: () => undefined }).diagnostics
const lines = (count: number, line: (index: number) => string): string => Array.from({ length: count }, (_, index) => line(index)).join("")
const fleet = (more: string, sessions = "    a: { driver: claude }\n"): string => `fleet:\n  base_branch: main\n${more}  sessions:\n${sessions}  start: a\n`
const at = (start: number) => ({ file: "fleet.yaml", start, end: start + 1 })

const many = 12_000
const hostile: ReadonlyArray<readonly [string, string, code: string]> = [
  ["keys that nobody knows", fleet(lines(many, (i) => `  key${i}: 1\n`)), "unknown-key"],
  ["one key again and again", fleet("  name: x\n".repeat(many)), "duplicate-key"],
  ["holes in a task of one line", fleet(`  task: "${"${inputs.y} ".repeat(many)}"\n`), "unknown-field"],
  ["more empty holes than a call takes arguments", fleet(`  task: "${"${}".repeat(150_000)}"\n`), "dsl-syntax"],
  [
    "sessions that are not there, none twice",
    `fleet:\n  base_branch: main\n  sessions: { a: { driver: claude } }\n  start: [${lines(many, (i) => `q${i}, `)}a]\n`,
    "unknown-session",
  ],
  ["items of the wrong type", fleet(`  plugins:\n${"  - 1\n".repeat(many)}`), "wrong-type"],
  ["types that are none", fleet(`  inputs:\n${lines(many, (i) => `    i${i}: strin\n`)}`), "invalid-type"],
]

describe("a fleet of mistakes", () => {
  it.each(hostile)("%s: the first ten thousand are told, and that there are more", (_, text, code) => {
    const told = check(text)
    expect(told).toHaveLength(mostTold + 1)
    expect(new Set(told.slice(0, -1).map((each) => each.code))).toEqual(new Set([code]))
    expect(told.at(-1)).toMatchObject({ code: "limit-exceeded", severity: "error", message: expect.stringContaining("more than 10000 problems") })
  })

  it("is told whole up to there", () => {
    const told = check(fleet(lines(mostTold, (i) => `  key${i}: 1\n`)))
    expect(told.map(({ code }) => code)).toEqual(Array.from({ length: mostTold }, () => "unknown-key"))
  })

  it("one mistake that aliases bring to many places hides no other", () => {
    const wrong = lines(12, (i) => `k${i}: 1, `)
    const told = check(
      `x-all: &all { driver: claude, retry: { ${wrong}attempts: 1 } }\n${fleet(
        "  nme: x\n",
        lines(1000, (i) => `    s${i}: { <<: *all }\n`),
      )}`.replace("start: a", "start: s0\n  budget: { usd: many }"),
    )
    expect(told.filter(({ severity }) => severity === "error").map(({ code }) => code)).toEqual([
      ...Array.from({ length: 12 }, () => "unknown-key"),
      "unknown-key",
      "wrong-type",
    ])
  })

  it("finds the line of each of thousands of suppressions", () => {
    const text = fleet(`  inputs:\n${lines(5000, (i) => `    # fleet-ignore unused-input: later\n    i${i}: string\n`)}`)
    expect(check(text).map(({ code }) => code)).toEqual(["unbounded-cost"])
    const stacked = fleet(`${"  # fleet-ignore unused-input: later\n".repeat(5000)}  inputs: { a: string, b: string }\n`)
    expect(check(stacked).filter(({ code }) => code === "unused-input")).toEqual([])
    expect(check(stacked).filter(({ code }) => code === "unused-suppression")).toHaveLength(4998)
  })
})

describe("what stays when not all is told", () => {
  const warning = (start: number) => diagnose("dead-route", at(start), {})
  const error = (start: number) => diagnose("duplicate-name", at(start), { name: "a", other: "a let" })

  it("errors before warnings, in the order of the file, and the note is as severe as what it stands for", () => {
    const warnings = Array.from({ length: mostTold }, (_, index) => warning(index))
    const told = bounded([...warnings, error(mostTold)])
    expect(told.slice(-3).map(({ code, severity, span }) => [code, severity, span.start])).toEqual([
      ["dead-route", "warning", mostTold - 2],
      ["duplicate-name", "error", mostTold],
      ["limit-exceeded", "warning", mostTold - 1],
    ])
  })

  it("pretty shows the worst hundred and counts all", () => {
    const found = [...Array.from({ length: 250 }, (_, index) => warning(index)), error(250)]
    const shown = renderPretty(found, new Map([["fleet.yaml", "x\n".repeat(200)]]), { color: false })
    expect(shown.match(/^warning\[/gm)).toHaveLength(99)
    expect(shown.match(/^error\[/gm)).toHaveLength(1)
    expect(shown).toMatch(/\n\n151 more not shown here: --format json shows them\n\n1 error, 250 warnings\n$/)
    expect(renderPretty(found.slice(0, 100), new Map(), { color: false })).not.toContain("not shown")
  })
})

describe("words without end", () => {
  it("are cut in messages, never in half a character", () => {
    const { message } = diagnose("invalid-value:session-id", at(0), { id: `a${"👍".repeat(4000)}` })
    expect(message.length).toBeLessThan(1200)
    expect(message).toContain("👍…")
    expect(message.isWellFormed()).toBe(true)
    expect(quotedList(["b", "x".repeat(200), "a"])).toBe(`"a", "b", "${"x".repeat(100)}…"`)
  })

  it("a list of names shows the first dozen in order", () => {
    const names = Array.from({ length: 40 }, (_, index) => `n${(index * 7) % 40}`)
    expect(quotedList(names)).toBe(
      `${[...names]
        .sort()
        .slice(0, 12)
        .map((name) => `"${name}"`)
        .join(", ")} and 28 more`,
    )
    expect(quotedList(names, true)).toBe(
      `${names
        .slice(0, 12)
        .map((name) => `"${name}"`)
        .join(", ")} and 28 more`,
    )
    expect(quotedList(["b", "b", "a"])).toBe('"a", "b"')
  })
})
