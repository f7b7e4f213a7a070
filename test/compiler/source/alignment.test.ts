import { describe, expect, it } from "vitest"
import { Alignment } from "../../../compiler/source/alignment.ts"

const places = (alignment: Alignment, length: number): ReadonlyArray<number> => Array.from({ length: length + 1 }, (_, index) => alignment.offsetAt(index))

describe("an alignment", () => {
  it("knows copied characters, characters that stand for others, and the end", () => {
    const source = 'k: "ab\\u0041c"'
    const alignment = new Alignment("abAc")
    alignment.copy(source, 4, 6)
    alignment.put("A", 6)
    alignment.copy(source, 12, 13)
    alignment.end(13)
    expect(alignment.isExact).toBe(true)
    expect(places(alignment, 4)).toEqual([4, 5, 6, 12, 13])
  })

  it("puts every unit of a character that is written as one escape at one place", () => {
    const alignment = new Alignment("👍x")
    alignment.put("👍", 7)
    alignment.copy("0123456789abcdefgx", 17, 18)
    expect(places(alignment.end(18), 3)).toEqual([7, 7, 17, 18])
  })

  it("notices a text that is not what was put", () => {
    const other = new Alignment("ab")
    other.copy("ax", 0, 2)
    expect(other.isExact).toBe(false)
    const short = new Alignment("ab")
    short.copy("ab", 0, 1)
    expect(short.isExact).toBe(false)
  })
})
