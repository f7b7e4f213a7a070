import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { catalogue, codes, families } from "../../../compiler/diagnostics/index.ts"
import { readDocument } from "../../../compiler/document/index.ts"
import { readSource } from "../../../compiler/source/index.ts"

const folder = new URL("../../../docs/codes/", import.meta.url)
const page = (code: string): string => readFileSync(new URL(`${code}.md`, folder), "utf8")
const [wrong, mended] = [0, 1].map((n) => (code: string): string => [...page(code).matchAll(/```yaml\n([^]*?)```/g)][n]?.[1] ?? "") as [(code: string) => string, (code: string) => string]

const check = (text: string): ReadonlyArray<string> => {
  const { tree, diagnostics } = readSource("fleet.yaml", text)
  const read = tree.root === undefined ? [] : readDocument(tree).diagnostics
  return [...new Set([...diagnostics, ...read].map(({ code }) => code))]
}

it("every code has its page and every page its code", () => {
  expect(readdirSync(folder).map((name) => name.replace(/\.md$/, "")).sort()).toEqual(codes)
})

describe.each(codes)("%s", (code) => {
  it("the page says the severity of the catalogue", () => expect(page(code)).toContain(`# ${code}\n\n${catalogue[code].severity} · `))
  it("the mended fleet is a well-formed document", () => expect(check(mended(code))).toEqual([]))
})

const seenByDocument = [...Object.keys(families.text).filter((code) => !["dsl-syntax", "unterminated-text", "unsafe-regex"].includes(code)), "private-address"]
it.each(seenByDocument)("the wrong fleet of %s has exactly that problem", (code) => expect(check(wrong(code))).toEqual([code]))
