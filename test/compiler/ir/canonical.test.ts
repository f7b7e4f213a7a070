import { createHash } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { canonicalJson, canonicalValue, hashOf, sha256Hex, type Json } from "#ir"
import { onDeno, onNode } from "../../deno/both-runtimes.ts"
import { values } from "./canonical-values.ts"
import { sampleIr } from "./sample-ir.ts"

const json = fc.jsonValue({ depthSize: "medium" }).map((value): Json => JSON.parse(JSON.stringify(value)))

/** The same value, its keys in another order. */
const shuffled = (value: Json, at: (key: string) => number): Json => {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map((item) => shuffled(item, at))
  const entries = Object.entries(value as { readonly [key: string]: Json })
  return Object.fromEntries(entries.map(([key, item]) => [key, shuffled(item, at)] as const).sort(([a], [b]) => at(a) - at(b)))
}

describe("the canonical form", () => {
  it.each<readonly [Json, string]>([
    [{ b: 1, a: { d: [], c: null } }, '{"a":{"c":null,"d":[]},"b":1}'],
    [{ "10": 1, "9": 2, a: 3, B: 4, "": 5 }, '{"":5,"10":1,"9":2,"B":4,"a":3}'],
    [{ "\ufb00": 1, "😀": 2 }, '{"😀":2,"\ufb00":1}'],
    [[-0, 1e21, 0.1, 1e-7, 100], "[0,1e+21,0.1,1e-7,100]"],
    ['é\u2028\ud800\n\u0001"', '"é\u2028\\ud800\\n\\u0001\\""'],
    [JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
  ])("%j", (value, text) => expect(canonicalValue(value)).toBe(text))

  it("is one for one value, whatever the order of its keys, and reads back as that value", () => {
    fc.assert(
      fc.property(json, fc.func(fc.nat()), (value, at) => {
        const text = canonicalValue(value)
        expect(canonicalValue(shuffled(value, at))).toBe(text)
        expect(JSON.parse(text)).toEqual(value)
        expect(canonicalValue(JSON.parse(text))).toBe(text)
      }),
    )
  })

  it("differs for values that differ", () => {
    const one = fc.oneof(json, fc.constantFrom<Json>([], {}, [[]], [{}], { a: [] }, { a: {} }, "[]", "null", null, 0, "0", false, "false"))
    fc.assert(
      fc.property(one, one, (a, b) => {
        expect(canonicalValue(a) === canonicalValue(b)).toBe(isDeepStrictEqual(a, b))
      }),
      { numRuns: 2000 },
    )
  })

  it("leaves out what is undefined, and ends a document in one line feed", () => {
    expect(canonicalJson({ b: undefined, a: [undefined, 1] })).toBe('{"a":[null,1]}\n')
  })

  it("is the same on Node and on Deno", () => {
    const node = onNode(".", "test/compiler/ir/canonical-values.ts")
    expect([node.code, node.out.trimEnd().split("\n").length]).toEqual([0, values.length])
    expect(onDeno(".", [], "test/compiler/ir/canonical-values.ts")).toEqual(node)
  })
})

describe("the hash", () => {
  it("is SHA-256 of the text in UTF-8", () => {
    expect(sha256Hex("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(sha256Hex(text)).toBe(createHash("sha256").update(text, "utf8").digest("hex"))
      }),
    )
  })

  it("of an IR is over everything but itself", () => {
    const text = canonicalJson(sampleIr)
    expect(sampleIr.hash).toBe(
      createHash("sha256")
        .update(text.replace(`"hash":"${sampleIr.hash}",`, ""), "utf8")
        .digest("hex"),
    )
    expect(hashOf({ ...sampleIr, start: ["fix"] })).not.toBe(sampleIr.hash)
    expect(hashOf({ ...sampleIr, hash: "something else" } as typeof sampleIr)).toBe(sampleIr.hash)
  })
})
