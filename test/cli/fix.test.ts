import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "vitest"
import { applyFixes } from "#compiler/diagnostics/apply-fixes.ts"
import { checkFleet, type Diagnostic } from "#compiler"
import { mendFile } from "../../cli/compile-fleet.ts"

const broken = `fleet:
  base_branch: main
  sesions:
    a: { driver: shel, command: [a] }
    b: { driver: shell, comand: [b] }
  start: a
  routes: |
    on a.doen -> bb
    on b.done when b.attemts > 1 -> complete
`

it("mends everything that is certain, through all passes, and writes nothing itself", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "fleetwright-fix-")), "fleet.yaml")
  writeFileSync(file, broken)
  const { text, mended, diagnostics } = await mendFile(file, { headless: false })
  expect(text).toBe(
    broken
      .replace("sesions", "sessions")
      .replace("shel,", "shell,")
      .replace("comand", "command")
      .replace("doen", "done")
      .replace("-> bb", "-> b")
      .replace("attemts", "attempts"),
  )
  expect(mended).toHaveLength(6)
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([])
  expect(readFileSync(file, "utf8")).toBe(broken)
})

it("adds the word that a rule or a let begins with, in every style of scalar", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "fleetwright-fix-")), "fleet.yaml")
  const fleet = (routes: string) =>
    `fleet:\n  base_branch: main\n  sessions: { a: { driver: claude }, b: { driver: claude } }\n  start: [a, b]\n  routes: ${routes}\n`
  const wrong = ["x = a.turns", "lett y = 2", "onn a.done when x > y -> notify", "b.done -> complete"].join("\n").replace("notify", 'notify "x"')
  const right = ["let x = a.turns", "let y = 2", "on a.done when x > y -> notify", "on b.done -> complete"].join("\n").replace("notify", 'notify "x"')
  for (const style of [(rules: string) => `|\n${rules.replace(/^/gm, "    ")}`, (rules: string) => JSON.stringify(rules)]) {
    writeFileSync(file, fleet(style(wrong)))
    expect((await mendFile(file, { headless: false })).text).toBe(fleet(style(right)))
  }
})

it("adds the event that a session without one means, where it is certain", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "fleetwright-fix-")), "fleet.yaml")
  const fleet = (routes: string) =>
    `fleet:\n  base_branch: main\n  sessions: { a: { driver: claude }, b: { driver: claude } }\n  start: [a, b]\n  routes: |\n    ${routes}\n`
  const written = fleet('on a, all(b, a.done) when true -> notify "x"')
  writeFileSync(file, written)
  expect((await mendFile(file, { headless: false })).text).toBe(fleet('on a.done, all(b.done, a.done) when true -> notify "x"'))
  for (const routes of ['on fleet -> notify "x"', 'on a b -> notify "x"', "on a"]) {
    writeFileSync(file, fleet(routes))
    expect((await mendFile(file, { headless: false })).text).toBe(fleet(routes))
  }
})

const inBase = (lines: string): string => `fleet:\n  base_branch: main\n  budget: { usd: 9 }\n${lines}`

it.each([
  ["a quoted key in JSON", '  sessions: {"a":{"drivr":"claude"}}\n  start: a\n', '  sessions: {"a":{"driver":"claude"}}\n  start: a\n'],
  ["a quoted value", "  sessions: { a: { driver: 'clude' } }\n  start: 'a'\n", "  sessions: { a: { driver: 'claude' } }\n  start: 'a'\n"],
  [
    "a text in a quoted text",
    '  sessions: { a: { driver: claude } }\n  start: a\n  routes: "on a.settled when a.status == \\"donee\\" -> complete"\n',
    '  sessions: { a: { driver: claude } }\n  start: a\n  routes: "on a.settled when a.status == \\"done\\" -> complete"\n',
  ],
  [
    "a name that cannot stand where it is meant",
    '  sessions: { a: { driver: claude, output: { "my key": string } }, "b#": { driver: claude } }\n  start: a\n  routes: on a.done when a.output.mykey == "x" -> b\n',
    undefined,
  ],
])("writes what it replaces as that is written: %s", (_, written, mended) => {
  const text = inBase(written)
  const { diagnostics } = checkFleet({ file: "f", text, files: () => undefined })
  expect(applyFixes("f", text, diagnostics).text).toBe(mended === undefined ? text : inBase(mended))
})

const fixing = (start: number, end: number, text: string, file = "f"): Diagnostic => ({
  code: "unknown-key",
  severity: "error",
  message: "m",
  span: { file, start, end },
  related: [],
  fix: { title: `${text} at ${start}`, edits: [{ span: { file, start, end }, text }] },
})

it("applies a fix whole or not at all, the first where two touch", () => {
  const two = {
    ...fixing(0, 1, "A"),
    fix: {
      title: "two",
      edits: [
        { span: { file: "f", start: 0, end: 1 }, text: "A" },
        { span: { file: "f", start: 4, end: 5 }, text: "E" },
      ],
    },
  }
  expect(applyFixes("f", "abcdef", [two, fixing(4, 5, "x"), fixing(2, 3, "C"), fixing(5, 6, "z"), fixing(0, 0, "other file", "g")])).toEqual({
    text: "AbCdEf",
    applied: [two.fix, fixing(2, 3, "C").fix],
  })
})
