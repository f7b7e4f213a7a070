/** The table of CAP's requirements names tests that exist, and its page says what it says. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { requirements } from "./conformance.ts"
import { page, pagePath } from "./page.ts"

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")

/** Titles of the tests in a source, those of tables and of the driver suite too. Tests that are passed over are none. */
const titlesIn = (source: string): ReadonlyArray<string> =>
  [
    ...source
      .replaceAll(/^\s*\/\/.*$/gmu, "")
      .matchAll(/(?:\b(?:it|test)((?:\.\w+)*)\(|\]\)\(\s*|\)\(\s*|\bname: |\b(?:permission|asksAgain)\()(['"])((?:\\.|(?!\2).)+)\2/gu),
  ].flatMap(([, how = "", , title = ""]) => (/skip|todo|fails/u.test(how) ? [] : [title.replaceAll(/\\(.)/gu, "$1")]))

describe("the conformance table", () => {
  it.each(requirements.map((one) => [one.section, one.asks, one] as const))("%s, %s: its tests exist", (_, __, { shown, missing }) => {
    expect(shown.filter(({ file, test }) => !titlesIn(read(file)).includes(test))).toEqual([])
    expect(shown.length > 0 || missing !== undefined).toBe(true)
  })

  it("finds the tests that a file has, and no others", () => {
    expect(titlesIn('it("a", f)\nit.live("b \\"c\\"", f)\nit.each([[1]])("d %s", f)\nit.skip("e", f)\nit.todo("f")\n// it("g")\n{ name: "h" }')).toEqual([
      "a",
      'b "c"',
      "d %s",
      "h",
    ])
  })

  it("is on its page (npm run cap)", () => expect(read(pagePath)).toBe(page()))
})
