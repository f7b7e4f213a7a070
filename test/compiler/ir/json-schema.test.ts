import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Json } from "#ir"
import { checkSchema } from "#ir/json-schema/check.ts"
import { validate } from "#ir/json-schema/validate.ts"

const table: ReadonlyArray<readonly [schema: Json, good: ReadonlyArray<Json>, bad: ReadonlyArray<readonly [Json, string]>]> = [
  [true, [1, null, {}], []],
  [
    false,
    [],
    [
      [1, ""],
      [null, ""],
    ],
  ],
  [
    { type: "integer" },
    [1, -3, 1.0],
    [
      [1.5, ""],
      ["1", ""],
      [true, ""],
      [null, ""],
    ],
  ],
  [{ type: ["string", "null"] }, ["a", null], [[1, ""]]],
  [
    { type: "object" },
    [{}],
    [
      [[], ""],
      [null, ""],
    ],
  ],
  [
    { enum: ["a", 1, null, [1]] },
    ["a", 1, null, [1]],
    [
      ["b", ""],
      [[2], ""],
      [{}, ""],
    ],
  ],
  [
    { const: { a: [1] } },
    [{ a: [1] }],
    [
      [{ a: [2] }, ""],
      [{}, ""],
      [null, ""],
    ],
  ],
  [
    { minimum: 0, maximum: 10 },
    [0, 10, "x"],
    [
      [-1, ""],
      [11, ""],
    ],
  ],
  [
    { exclusiveMinimum: 0, exclusiveMaximum: 1 },
    [0.5],
    [
      [0, ""],
      [1, ""],
    ],
  ],
  [{ multipleOf: 0.1 }, [0.3, 1, 0], [[0.25, ""]]],
  [
    { minLength: 2, maxLength: 3 },
    ["ab", "👩a", 5],
    [
      ["a", ""],
      ["👩", ""],
      ["abcd", ""],
    ],
  ],
  [
    { pattern: "^a+$" },
    ["aa", 1],
    [
      ["ab", ""],
      ["", ""],
    ],
  ],
  [
    { format: "date-time" },
    ["2026-01-31T10:00:00Z", "2026-01-31t10:00:00.5+01:00"],
    [
      ["2026-13-01T10:00:00Z", ""],
      ["yesterday", ""],
    ],
  ],
  [{ format: "email" }, ["a@b"], [["ab", ""]]],
  [{ format: "uri" }, ["https://x/y"], [["x/y", ""]]],
  [
    { format: "ipv4" },
    ["127.0.0.1"],
    [
      ["256.0.0.1", ""],
      ["1.2.3", ""],
    ],
  ],
  [
    { properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false },
    [{ a: "x" }, 3],
    [
      [{}, "/a"],
      [{ a: 1 }, "/a"],
      [{ a: "x", b: 1 }, "/b"],
    ],
  ],
  [
    { properties: { constructor: { type: "string" } }, required: ["toString"] },
    [{ toString: 1 }],
    [
      [{}, "/toString"],
      [{ toString: 1, constructor: 2 }, "/constructor"],
    ],
  ],
  [
    { patternProperties: { "^n_": { type: "number" } }, additionalProperties: { type: "string" } },
    [{ n_a: 1, b: "x" }],
    [
      [{ n_a: "1" }, "/n_a"],
      [{ b: 1 }, "/b"],
    ],
  ],
  [{ propertyNames: { maxLength: 2 } }, [{ ab: 1 }], [[{ abc: 1 }, "/abc"]]],
  [
    { minProperties: 1, maxProperties: 2 },
    [{ a: 1 }],
    [
      [{}, ""],
      [{ a: 1, b: 1, c: 1 }, ""],
    ],
  ],
  [{ dependentRequired: { a: ["b"] } }, [{ a: 1, b: 1 }, {}], [[{ a: 1 }, "/b"]]],
  [
    { items: { type: "string" }, minItems: 1, maxItems: 2 },
    [["a"], "x"],
    [
      [[], ""],
      [["a", 1], "/1"],
      [["a", "b", "c"], ""],
    ],
  ],
  [
    { prefixItems: [{ type: "string" }], items: false },
    [["a"], []],
    [
      [["a", 1], "/1"],
      [[1], "/0"],
    ],
  ],
  [
    { contains: { const: 1 }, minContains: 2, maxContains: 3 },
    [[1, 1, 2]],
    [
      [[1], ""],
      [[1, 1, 1, 1], ""],
    ],
  ],
  [
    { uniqueItems: true },
    [[1, "1", null, {}, []]],
    [
      [[1, 1], ""],
      [[{ a: 1 }, { a: 1 }], ""],
    ],
  ],
  [
    { allOf: [{ type: "number" }, { minimum: 1 }] },
    [1],
    [
      [0, ""],
      ["x", ""],
    ],
  ],
  [
    { anyOf: [{ type: "string" }, { minimum: 1, type: "number" }] },
    ["x", 2],
    [
      [0, ""],
      [null, ""],
    ],
  ],
  [
    { oneOf: [{ multipleOf: 2 }, { multipleOf: 3 }] },
    [2, 3],
    [
      [6, ""],
      [5, ""],
    ],
  ],
  [{ not: { type: "string" } }, [1], [["x", ""]]],
  [
    { if: { required: ["a"] }, then: { required: ["b"] }, else: { required: ["c"] } },
    [{ a: 1, b: 1 }, { c: 1 }],
    [
      [{ a: 1 }, "/b"],
      [{}, "/c"],
    ],
  ],
  [
    { $ref: "#/$defs/tree", $defs: { tree: { properties: { next: { $ref: "#/$defs/tree" } }, required: ["v"] } } },
    [{ v: 1, next: { v: 2 } }],
    [[{ v: 1, next: {} }, "/next/v"]],
  ],
  [{ $ref: "#/$defs/a~1b%20c", $defs: { "a/b c": { type: "null" } } }, [null], [[1, ""]]],
  [{ $ref: "#", type: "object" }, [], [[{}, ""]]],
]

describe("values against a JSON Schema", () => {
  it.each(table)("%j", (schema, good, bad) => {
    expect(checkSchema(schema)).toEqual([])
    for (const value of good) expect([value, validate(schema, value)]).toEqual([value, []])
    for (const [value, path] of bad) expect([value, validate(schema, value).map((problem) => problem.path)]).toEqual([value, expect.arrayContaining([path])])
  })

  it("always ends, and says so when that was too early", () => {
    const twice: Json = {
      anyOf: [
        { items: { $ref: "#" }, minItems: 1 },
        { items: { $ref: "#" }, minItems: 2 },
      ],
    }
    let deep: Json = []
    for (let level = 0; level < 60; level++) deep = [deep]
    expect(validate(twice, deep)).toEqual([{ path: "", message: "too large to be validated against its schema" }])
    for (let level = 0; level < 100_000; level++) deep = [deep]
    expect(validate(true, deep)).toEqual([{ path: "", message: "nested deeper than 200" }])
    const items = Array.from({ length: 20_000 }, (_, index) => ({ index }))
    expect(validate({ uniqueItems: true }, items)[0]?.message).toContain("too large")
  })

  it("is total: what is checked can be used on any value", () => {
    const schema = fc.letrec<{ schema: Json }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 3 },
        fc.boolean(),
        fc.record(
          {
            type: fc.constantFrom("object", "array", "string", "number"),
            minLength: fc.nat(5),
            pattern: fc.constantFrom("a", "^b*$"),
            required: fc.array(fc.string(), { maxLength: 2 }),
            properties: fc.dictionary(fc.string(), tie("schema"), { maxKeys: 2 }),
            items: tie("schema"),
            not: tie("schema"),
            anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }),
          },
          { requiredKeys: [] },
        ),
      ),
    })).schema
    fc.assert(
      fc.property(schema, fc.jsonValue(), (one, value) => {
        const plain: Json = JSON.parse(JSON.stringify(one))
        expect(checkSchema(plain)).toEqual([])
        const json: Json = JSON.parse(JSON.stringify(value))
        expect(validate(plain, json).length === 0).not.toBe(validate({ not: plain }, json).length === 0)
      }),
    )
  })
})

describe("a JSON Schema", () => {
  it.each<readonly [Json, string]>([
    [{ minimun: 1 }, "/minimun"],
    [{ unevaluatedProperties: false }, "/unevaluatedProperties"],
    [{ $anchor: "a" }, "/$anchor"],
    [{ type: "text" }, "/type"],
    [{ type: [] }, "/type"],
    [{ enum: [] }, "/enum"],
    [{ required: "a" }, "/required"],
    [{ minLength: -1 }, "/minLength"],
    [{ pattern: "(" }, "/pattern"],
    [{ pattern: "(a)\\1" }, "/pattern"],
    [{ patternProperties: { "(": true } }, "/patternProperties/("],
    [{ format: "hostname" }, "/format"],
    [{ items: [{}] }, "/items"],
    [{ properties: { a: { properties: 1 } } }, "/properties/a/properties"],
    [{ $ref: "#/$defs/no" }, "/$ref"],
    [{ $ref: "other.json" }, "/$ref"],
    [{ anyOf: [] }, "/anyOf"],
    [{ not: 3 }, "/not"],
    [{ multipleOf: 0 }, "/multipleOf"],
    [[], ""],
    ["string", ""],
    [{ $defs: { a: { typ: "x" } } }, "/$defs/a/typ"],
  ])("%j is refused at %s", (schema, path) => {
    expect(checkSchema(schema).map((problem) => problem.path)).toContain(path)
  })

  it("may not be nested without end", () => {
    let schema: Json = {}
    for (let level = 0; level < 10_000; level++) schema = { not: schema }
    expect(checkSchema(schema)).toMatchObject([{ message: "nested deeper than 64" }])
  })
})
