/** IR is read from files that others may have written: whatever stands in them, the answer is an IR or problems. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { canonicalJson, verifyIr } from "#ir"
import { decodeIr, type DecodedIr } from "#ir/decode.ts"
import { sampleIr } from "./sample-ir.ts"

type Json = { [key: string]: unknown }
const sample = canonicalJson(sampleIr)
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null

/** The sample with other values at these paths (`sessions/0/env`); without a value the key is gone. */
const changed = (changes: { readonly [path: string]: unknown }): unknown => {
  const ir: unknown = JSON.parse(sample)
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split("/")
    const owner = keys.slice(0, -1).reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), ir)
    const last = keys.at(-1) ?? ""
    if (!isObject(owner)) throw new Error(`the sample has nothing at ${path}`)
    if (value === undefined && !Array.isArray(owner)) delete owner[last]
    else owner[last] = value
  }
  return ir
}
const deep = (levels: number, inner: unknown, around: (inner: unknown) => unknown): unknown => Array.from({ length: levels }).reduce<unknown>(around, inner)
const paths = (decoded: DecodedIr): ReadonlyArray<string> => (decoded.ok ? [] : decoded.problems.map(({ path }) => path))

describe("keys of the prototype", () => {
  it.each([
    ["of the document", JSON.parse(sample.replace("{", '{"__proto__":{"polluted":1},')), ["/__proto__"]],
    [
      "of a session",
      changed({ "sessions/0": JSON.parse(`{"__proto__":{"id":"x"},${JSON.stringify(sampleIr.sessions[0]).slice(1)}`) }),
      ["/sessions/0/__proto__"],
    ],
    [
      "instead of a key that has to be there",
      changed({ fleet: JSON.parse('{"__proto__":{"name":"sample"}}') }),
      expect.arrayContaining(["/fleet/name", "/fleet/__proto__"]),
    ],
    ["constructor", changed({ limits: { parallel: 1, constructor: 1 } }), ["/limits/constructor"]],
  ])("%s are refused", (_, value, expected) => {
    expect(paths(decodeIr(value))).toEqual(expected)
    expect("polluted" in {}).toBe(false)
  })

  it("are names like others where names are free", () => {
    const names = JSON.parse('{"__proto__":{"value":"x"},"constructor":{"value":"y"},"toString":{"from":"Z"}}')
    const fields = JSON.parse('{"__proto__":{"type":{"kind":"string"},"optional":false},"hasOwnProperty":{"type":{"kind":"string"},"optional":false}}')
    const decoded = decodeIr(
      changed({
        "sessions/0/env": names,
        "sessions/0/driver/with": JSON.parse('{"__proto__":{"polluted":1}}'),
        "inputs/0": { name: "who", type: { kind: "record", open: false, fields }, default: { hasOwnProperty: "a" } },
      }),
    )
    expect(decoded.ok && Object.keys(decoded.ir.sessions[0]?.env ?? {}).sort()).toEqual(["__proto__", "constructor", "toString"])
    expect(decoded.ok && verifyIr(decoded.ir).map(({ path, message }) => [path, message])).toEqual([
      ["/hash", expect.any(String)],
      ["/inputs/0/default/__proto__", expect.stringContaining("missing")],
    ])
    expect("polluted" in {}).toBe(false)
  })

  it("of names that are looked up are no names", () => {
    const decoded = decodeIr(changed({ start: ["__proto__", "toString"], mode: { use: "constructor", with: {} } }))
    expect(decoded.ok && verifyIr(decoded.ir).map(({ path }) => path)).toEqual(expect.arrayContaining(["/start/0", "/start/1", "/mode/use"]))
  })
})

describe("depth", () => {
  it.each<readonly [string, path: string, (levels: number) => unknown]>([
    ["a configuration", "mode/with", (levels) => deep(levels, 1, (inner) => [inner])],
    ["a type", "inputs/0/type", (levels) => deep(levels, { kind: "string" }, (inner) => ({ kind: "list", item: inner }))],
    ["a join", "rules/0/join", (levels) => deep(levels, { kind: "event", leaf: 0, event: { source: "fleet" } }, (inner) => ({ kind: "all", of: [inner] }))],
    ["an action", "rules/0/cases/0/action", (levels) => deep(levels, { kind: "complete" }, (inner) => ({ kind: "sequence", actions: [inner] }))],
    ["an expression", "lets/0/value/expr", (levels) => deep(levels, { op: "human" }, (inner) => ({ op: "not", operand: inner }))],
    ["a schema", "sessions/0/output/schema", (levels) => deep(levels, {}, (inner) => ({ not: inner }))],
    ["a default", "inputs/0/default", (levels) => deep(levels, 1, (inner) => ({ a: inner }))],
  ])("%s at any depth is decoded or refused, and what is decoded is verified", (_, path, value) => {
    for (const levels of [50, 190, 600, 1300, 20_000]) {
      const decoded = decodeIr(changed({ [path]: value(levels) }))
      if (decoded.ok) expect(verifyIr(decoded.ir).map((fault) => fault.path)).toContain("/hash")
      else expect(decoded.problems[0]?.message).toMatch(/nested/)
      if (levels === 20_000) expect(decoded.ok).toBe(false)
    }
  })
})

describe("size", () => {
  it("a hundred problems are enough, and as many wrong items as there may be do not break it", () => {
    const wrong = decodeIr(changed({ start: Array.from({ length: 130_000 }, () => 1) }))
    expect(paths(wrong)).toEqual(Array.from({ length: 100 }, (_, index) => `/start/${index}`))
  })

  it("more sessions and rules than there may be are refused before they are looked at", () => {
    for (const [key, count, message] of [
      ["sessions", 1001, "more than 1000 sessions"],
      ["rules", 10_001, "more than 10000 rules"],
    ] as const) {
      const decoded = decodeIr(changed({ [key]: Array.from({ length: count }, () => sampleIr[key][0]) }))
      expect(decoded.ok && verifyIr(decoded.ir)).toEqual([{ path: `/${key}`, message }])
    }
  })

  it("messages stay readable", () => {
    const values = Array.from({ length: 50_000 }, (_, index) => `v${index}`)
    const decoded = decodeIr(changed({ "inputs/0": { name: "who", type: { kind: "enum", values }, default: "me" } }))
    const faults = decoded.ok ? verifyIr(decoded.ir) : []
    expect(faults.map(({ path }) => path)).toContain("/inputs/0/default")
    for (const { message } of faults) expect(message.length).toBeLessThan(2500)
  })
})

it("numbers that JSON has not, and values of other kinds, are refused", () => {
  for (const parallel of [Infinity, NaN, 1.5, -1, "4", null, [4], { valueOf: 4 }])
    expect([parallel, new Set(paths(decodeIr(changed({ "limits/parallel": parallel }))))]).toEqual([parallel, new Set(["/limits/parallel"])])
})

it("any part replaced by anything is decoded or refused, and what is decoded is verified without a throw", () => {
  const placesIn = (value: unknown): ReadonlyArray<string> =>
    isObject(value) ? Object.entries(value).flatMap(([key, inner]) => [key, ...placesIn(inner).map((place) => `${key}/${place}`)]) : []
  const anything = fc.oneof(
    fc.constantFrom<unknown>(
      undefined,
      null,
      [],
      {},
      "",
      "x",
      0,
      -1,
      1e300,
      true,
      [[]],
      { kind: "all" },
      { op: "let", name: "ok" },
      { op: "regex", source: "(" },
      { op: "call", function: "len", arguments: [] },
    ),
    fc.jsonValue(),
  )
  let taken = 0
  fc.assert(
    fc.property(fc.constantFrom(...placesIn(JSON.parse(sample))), anything, (path, value) => {
      const decoded = decodeIr(changed({ [path]: value }))
      if (!decoded.ok) {
        expect(decoded.problems.length).toBeGreaterThan(0)
        return
      }
      taken++
      const own = canonicalJson(decoded.ir) === sample
      expect(verifyIr(decoded.ir).length === 0).toBe(own)
    }),
    { numRuns: 1500 },
  )
  expect(taken).toBeGreaterThan(50)
})
