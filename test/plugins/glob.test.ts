import { describe, expect, it } from "vitest"
import { glob } from "../../plugins/sdk/glob.ts"

describe("glob", () => {
  it.each([
    ["src/*.ts", "src/a.ts", true],
    ["src/*.ts", "src/x/a.ts", false],
    ["src/**/*.ts", "src/a.ts", true],
    ["src/**/*.ts", "src/x/y/a.ts", true],
    ["**/secret", "secret", true],
    ["**/secret", "not-secret", false],
    ["a.b", "axb", false],
    ["a?c", "abc", true],
    ["a?c", "a/c", false],
    ["[x](y)$", "[x](y)$", true],
    ["*", "", true],
  ])("%s on %s: %s", (source, text, fits) => {
    expect(glob(source)(text)).toBe(fits)
  })

  it("takes a slash like any other character where told so", () => {
    expect(glob("git add *", { slash: false })("git add src/a.ts")).toBe(true)
    expect(glob("git add *")("git add src/a.ts")).toBe(false)
  })
})
