import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { accepts, assignable, commonType, parseInput, printType, sameType, type Json, type Type } from "#ir"

const scalar = fc.constantFrom<Type>(
  { kind: "string" },
  { kind: "integer" },
  { kind: "number" },
  { kind: "boolean" },
  { kind: "duration" },
  { kind: "money" },
  { kind: "null" },
  { kind: "enum", values: ["a", "b"] },
  { kind: "enum", values: ["b", "c", "__proto__"] },
)
const name = fc.constantFrom("a", "b", "__proto__", "toString", "x y")
const type = fc.letrec<{ type: Type }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3 },
    { arbitrary: scalar, weight: 4 },
    { arbitrary: fc.record({ kind: fc.constant("list" as const), item: tie("type") }), weight: 1 },
    { arbitrary: tie("type").map((inner): Type => (inner.kind === "maybe" || inner.kind === "null" ? inner : { kind: "maybe", type: inner })), weight: 1 },
    {
      arbitrary: fc
        .tuple(
          fc.uniqueArray(fc.tuple(name, fc.record({ type: tie("type"), optional: fc.boolean() })), { selector: ([key]) => key, maxLength: 3 }),
          fc.boolean(),
        )
        .map(([fields, open]): Type => ({ kind: "record", open, fields: Object.fromEntries(fields) })),
      weight: 2,
    },
  ),
})).type

/** Values of a type, made from the type. */
const valueOf = (of: Type): fc.Arbitrary<Json> => {
  switch (of.kind) {
    case "string":
      return fc.string()
    case "integer":
      return fc.maxSafeInteger()
    case "number":
    case "money":
      return fc.double({ noNaN: true, noDefaultInfinity: true })
    case "duration":
      return fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })
    case "boolean":
      return fc.boolean()
    case "null":
      return fc.constant(null)
    case "json":
      return fc.jsonValue().map((value): Json => JSON.parse(JSON.stringify(value)))
    case "enum":
      return fc.constantFrom(...of.values)
    case "list":
      return fc.array(valueOf(of.item), { maxLength: 3 })
    case "maybe":
      return fc.oneof(fc.constant(null), valueOf(of.type))
    case "record": {
      const entries = Object.entries(of.fields).map(([key, field]) =>
        fc.tuple(fc.constant(key), field.optional || field.type.kind === "maybe" ? fc.option(valueOf(field.type), { nil: undefined }) : valueOf(field.type)),
      )
      return fc.tuple(...entries).map((pairs): Json => Object.fromEntries(pairs.filter((pair): pair is [string, Json] => pair[1] !== undefined)))
    }
  }
}

const typeAndValue = type.chain((of) => fc.tuple(fc.constant(of), valueOf(of)))

describe("accepts", () => {
  it("takes every value that is of the type", () => {
    fc.assert(
      fc.property(typeAndValue, ([of, value]) => {
        expect([printType(of), accepts(of, value)]).toEqual([printType(of), []])
      }),
      { numRuns: 1000 },
    )
  })

  it("takes a value wherever its type may stand, and nothing that differs is told twice", () => {
    let assigned = 0
    fc.assert(
      fc.property(typeAndValue, type, ([of, value], wanted) => {
        const common = commonType(of, wanted)
        if (common !== undefined) expect([printType(common), accepts(common, value)]).toEqual([printType(common), []])
        if (!assignable(of, wanted)) return
        assigned++
        expect([printType(of), printType(wanted), accepts(wanted, value)]).toEqual([printType(of), printType(wanted), []])
      }),
      { numRuns: 4000 },
    )
    expect(assigned).toBeGreaterThan(200)
  })

  it("fits with itself only", () => {
    fc.assert(
      fc.property(type, type, (a, b) => {
        expect([assignable(a, a), sameType(a, a)]).toEqual([true, true])
        if (sameType(a, b)) expect([assignable(a, b), assignable(b, a)]).toEqual([true, true])
      }),
    )
  })

  it.each<readonly [Type, Json, ReadonlyArray<readonly [path: string, message: string]>]>([
    [{ kind: "integer" }, 1.5, [["", "expected integer, found 1.5"]]],
    [{ kind: "integer" }, 2 ** 53, [["", "expected integer, found 9007199254740992"]]],
    [{ kind: "duration" }, -1, [["", "expected duration, found -1"]]],
    [{ kind: "boolean" }, "true", [["", 'expected boolean, found "true"']]],
    [{ kind: "string" }, "x", []],
    [{ kind: "enum", values: ["a", "b c"] }, "c", [["", 'expected a | "b c", found "c"']]],
    [{ kind: "string" }, [1], [["", "expected string, found a list"]]],
    [{ kind: "integer" }, "x".repeat(100), [["", `expected integer, found "${"x".repeat(56)}…`]]],
    [
      { kind: "list", item: { kind: "integer" } },
      [1, "a", 2, null],
      [
        ["/1", 'expected integer, found "a"'],
        ["/3", "expected integer, found null"],
      ],
    ],
    [
      { kind: "record", open: false, fields: { "a/b": { type: { kind: "list", item: { kind: "string" } }, optional: false } } },
      { "a/b": [1] },
      [["/a~1b/0", "expected string, found 1"]],
    ],
    [{ kind: "record", open: false, fields: { "a~": { type: { kind: "string" }, optional: false } } }, {}, [["/a~0", '"a~" is missing; expected string']]],
    [{ kind: "record", open: false, fields: {} }, { toString: 1 }, [["/toString", '"toString" is not a field of {}']]],
    [{ kind: "record", open: true, fields: {} }, { toString: 1 }, []],
    [
      { kind: "record", open: false, fields: Object.fromEntries([["constructor", { type: { kind: "string" }, optional: false }]]) },
      {},
      [["/constructor", '"constructor" is missing; expected string']],
    ],
    [{ kind: "record", open: false, fields: {} }, JSON.parse('{"__proto__": {"admin": true}}'), [["/__proto__", '"__proto__" is not a field of {}']]],
  ])("%j of %j", (of, value, expected) => expect(accepts(of, value).map(({ path, message }) => [path, message])).toEqual(expected))

  it("stops at twenty problems and at values without end", () => {
    expect(
      accepts(
        { kind: "list", item: { kind: "string" } },
        Array.from({ length: 100 }, () => 1),
      ),
    ).toHaveLength(20)
    let deep: Json = []
    for (let level = 0; level < 100_000; level++) deep = [deep]
    expect(accepts({ kind: "json" }, deep)).toEqual([{ path: "", message: "nested deeper than 200" }])
  })
})

describe("an input given as text", () => {
  const maybe = (inner: Type): Type => ({ kind: "maybe", type: inner })
  it.each<readonly [Type, string, Json | undefined]>([
    [{ kind: "string" }, "12", "12"],
    [{ kind: "string" }, "", ""],
    [{ kind: "string" }, "null", "null"],
    [maybe({ kind: "string" }), "null", null],
    [{ kind: "enum", values: ["a"] }, "a", "a"],
    [{ kind: "enum", values: ["a"] }, '"a"', undefined],
    [{ kind: "integer" }, "12", 12],
    [{ kind: "integer" }, "-3", -3],
    [{ kind: "integer" }, "1.5", undefined],
    [{ kind: "integer" }, "12 ", 12],
    [{ kind: "integer" }, "0x10", undefined],
    [{ kind: "integer" }, "", undefined],
    [{ kind: "integer" }, "9007199254740993", undefined],
    [{ kind: "number" }, "1e3", 1000],
    [{ kind: "number" }, "1e999", undefined],
    [{ kind: "boolean" }, "true", true],
    [{ kind: "boolean" }, "yes", undefined],
    [{ kind: "duration" }, "5m", 300_000],
    [{ kind: "duration" }, "1.5h", 5_400_000],
    [{ kind: "duration" }, "100ms", 100],
    [{ kind: "duration" }, "1d", 86_400_000],
    [{ kind: "duration" }, "5", undefined],
    [{ kind: "duration" }, "-5m", undefined],
    [{ kind: "money" }, "$1.50", 1.5],
    [{ kind: "money" }, "2", 2],
    [{ kind: "money" }, "1,50", undefined],
    [{ kind: "null" }, "null", null],
    [{ kind: "null" }, "", undefined],
    [{ kind: "list", item: { kind: "integer" } }, "[1, 2]", [1, 2]],
    [{ kind: "list", item: { kind: "integer" } }, "1, 2", undefined],
    [{ kind: "json" }, "[1", "[1"],
    [{ kind: "json" }, "{}", {}],
    [{ kind: "json" }, "null", null],
    [{ kind: "json" }, "1e999", "1e999"],
    [{ kind: "record", open: false, fields: { a: { type: { kind: "string" }, optional: true } } }, '{"a": "x"}', { a: "x" }],
    [{ kind: "record", open: false, fields: { a: { type: { kind: "string" }, optional: true } } }, '{"__proto__": {}}', undefined],
  ])("%j from %j", (of, text, value) => {
    const parsed = parseInput(of, text)
    expect(parsed.ok ? parsed.value : undefined).toEqual(value)
    expect(parsed.ok || parsed.problems.length > 0).toBe(true)
    if (!parsed.ok) expect(parsed.problems[0]?.message).toMatch(/expected|not a field/)
  })

  it("gives back what was printed", () => {
    const printed = type.filter((of) => !["string", "enum", "duration", "maybe"].includes(of.kind)).chain((of) => fc.tuple(fc.constant(of), valueOf(of)))
    fc.assert(
      fc.property(printed, ([of, value]) => {
        fc.pre(of.kind !== "money" || /^-?\d+(?:\.\d+)?$/.test(JSON.stringify(value)))
        expect(parseInput(of, JSON.stringify(value))).toEqual({ ok: true, value: JSON.parse(JSON.stringify(value)) })
      }),
    )
  })
})
