import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { FoundPlugin } from "#ir"
import { compile } from "../../../compiler/index.ts"
import { catalogue, codes, renderPretty, type Diagnostic } from "../../../compiler/diagnostics/index.ts"
import { readDocument } from "../../../compiler/document/index.ts"
import { readSource } from "../../../compiler/source/index.ts"

const folder = new URL("../../../docs/codes/", import.meta.url)
const page = (code: string): string => readFileSync(new URL(`${code}.md`, folder), "utf8")
const [wrong, mended] = [0, 1].map(
  (n) =>
    (code: string): string =>
      [...page(code).matchAll(/```yaml\n([^]*?)```/g)][n]?.[1] ?? "",
) as [(code: string) => string, (code: string) => string]

const check = (text: string): ReadonlyArray<string> => {
  const { tree, diagnostics } = readSource("fleet.yaml", text)
  const read = tree.root === undefined ? [] : readDocument(tree).diagnostics
  return [...new Set([...diagnostics, ...read].map(({ code }) => code))]
}

it("every code has its page and every page its code", () => {
  expect(
    readdirSync(folder)
      .map((name) => name.replace(/\.md$/, ""))
      .sort(),
  ).toEqual(codes)
})

describe.each(codes)("%s", (code) => {
  it("the page says the severity of the catalogue", () => expect(page(code)).toContain(`# ${code}\n\n${catalogue[code].severity} · `))
  it("the mended fleet is a well-formed document", () => expect(check(mended(code))).toEqual([]))
})

/** What loading would say: these tests load nothing. */
const plugins = new Map<string, FoundPlugin>([
  ["./plugins/none.ts", { ok: false, code: "plugin-load-failed", reason: "there is no such file" }],
  ["./plugins/old.ts", { ok: false, code: "plugin-api-version", found: "0", expected: "1" }],
])

const compiled = (text: string, code: string): ReadonlyArray<Diagnostic> =>
  compile({ file: "fleet.yaml", text, files: () => undefined, plugins, headless: code === "nobody-to-ask" }).diagnostics

describe.each(codes)("the fleets of %s", (code) => {
  const found = compiled(wrong(code), code)
  it("the wrong one has that problem, as severe as it is said to be, in one place, and no other error", () => {
    expect(found.filter((each) => each.code === code).map(({ severity }) => severity)).toEqual([catalogue[code].severity])
    expect(found.filter(({ severity }) => severity === "error").map((each) => each.code)).toEqual(catalogue[code].severity === "error" ? [code] : [])
  })
  it("the mended one has no error and nothing of that problem", () => {
    expect(
      compiled(mended(code), code)
        .filter((each) => each.code === code || each.severity === "error")
        .map((each) => each.code),
    ).toEqual([])
  })
  it("says how to mend it", () =>
    expect(
      found.filter((each) => each.code === code).map(({ help, message }) => help !== undefined || /expected|at most|needs|must be|grown/.test(message)),
    ).toEqual([true]))
})

it("reads like prose", async () => {
  const rendered = codes.map((code) =>
    renderPretty(
      compiled(wrong(code), code).filter((each) => each.code === code),
      new Map([["fleet.yaml", wrong(code)]]),
      { color: false },
    ),
  )
  await expect(rendered.join("\n")).toMatchFileSnapshot("rendered.txt")
})
