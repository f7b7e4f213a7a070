import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { accepts, evaluateExpression, infer, printType, type Expr, type FunctionName, type Type } from "#ir"
import { env, inferred, inputs, read, scope } from "./expressions.ts"

/** The type, or the codes of what is wrong. */
const says = (text: string): string | ReadonlyArray<string> => {
  const { type, problems } = inferred(text)
  return problems.length === 0 ? printType(type) : problems.map(({ code }) => code)
}

describe("the type of what is right", () => {
  it.each([
    ["1", "integer"],
    ["1.5", "number"],
    ["30s", "duration"],
    ["$1", "money"],
    ["80%", "number"],
    ["null", "null"],
    ["true", "boolean"],
    ['"a ${1}"', "string"],
    ["/a/", "string"],
    ["1 + 2", "integer"],
    ["1 + 1.5", "number"],
    ["1 / 2", "number"],
    ["7 % 2", "integer"],
    ["1m + 30s", "duration"],
    ["2 * 1m", "duration"],
    ["1m / 2", "duration"],
    ["1m / 30s", "number"],
    ["$1 * 1.5", "money"],
    ['"a" + "b"', "string"],
    ["[1] + [1.5]", "[number]"],
    ["-inputs.wait", "duration"],
    ["-1", "integer"],
    ["inputs.any + 1", "number"],
    ["inputs.any * inputs.any", "json"],
    ["1 < 2", "boolean"],
    ["inputs.wait < 1m", "boolean"],
    ['inputs.verdict == "approve"', "boolean"],
    ["inputs.maybe == null", "boolean"],
    ['"a" in inputs.texts', "boolean"],
    ["inputs.text matches /a/", "boolean"],
    ['inputs.maybe ?? "x"', "string"],
    ["inputs.gone ?? null", "integer?"],
    ["unsure.output?.verdict", "approve | changes?"],
    ['unsure.output?.verdict ?? "none"', "string"],
    ["sure.output.verdict", "approve | changes"],
    ["sure.output.notes", "string?"],
    ["sure.cost", "money"],
    ["sure.turns", "integer"],
    ["fleet.elapsed", "duration"],
    ["human.selection", "string"],
    ["half", "number"],
    ["item", "string"],
    ["inputs.record.name", "string"],
    ["inputs.record.size", "integer?"],
    ["inputs.numbers[0]", "integer?"],
    ["inputs.any.x.y", "json"],
    ['inputs.record["name"]', "json"],
    ["[]", "[json]"],
    ["[1, 2.5]", "[number]"],
    ['[1, "a"]', "[json]"],
    ["[1, null]", "[integer?]"],
    ['{a: 1, "b c": []}', '{ a: integer, "b c": [json] }'],
    ["len(inputs.text)", "integer"],
    ["first(inputs.texts)", "string?"],
    ["min(1, 2.5)", "number"],
    ["min(inputs.numbers)", "integer?"],
    ["max(30s, 1m)", "duration"],
    ["sum(inputs.times)", "duration"],
    ["sum([])", "json"],
    ["sort(inputs.texts)", "[string]"],
    ["keys(inputs.record)", "[string]"],
    ["values({a: 1, b: 2.5})", "[number]"],
    ["json(inputs.gone)", "string"],
    ['from_json("1")', "json"],
    ["round(1.5)", "number"],
    ["round(inputs.price, 2)", "money"],
    ["default(inputs.gone, 1)", "integer"],
    ['split("a", ",")', "[string]"],
    ['join([1, null], "")', "string"],
  ] as const)("%s: %s", (text, type) => expect(says(text)).toBe(type))
})

describe("what is wrong", () => {
  it.each([
    ['1 + "a"', "type-mismatch"],
    ["1m + 1", "type-mismatch"],
    ["1m * 1m", "type-mismatch"],
    ["1 / 1m", "type-mismatch"],
    ["$1 + 1m", "type-mismatch"],
    ["-inputs.text", "type-mismatch"],
    ["not 1", "type-mismatch"],
    ["1 and true", "type-mismatch"],
    ['1 == "a"', "type-mismatch"],
    ['inputs.verdict == "aprove"', "type-mismatch"],
    ["1m == 1", "type-mismatch"],
    ['1 < "a"', "type-mismatch"],
    ["1m < $1", "type-mismatch"],
    ["true < false", "type-mismatch"],
    ["1 in inputs.text", "type-mismatch"],
    ["1 in 2", "type-mismatch"],
    ["1 in inputs.texts", "type-mismatch"],
    ["1 matches /a/", "type-mismatch"],
    ['"a" matches "a"', "type-mismatch"],
    ['1 ?? "a"', "type-mismatch"],
    ["inputs.gone + 1", "maybe-absent"],
    ['unsure.output.verdict == "approve"', "maybe-absent"],
    ['"${inputs.maybe}"', "maybe-absent"],
    ['unsure.output.notes < "a"', "maybe-absent"],
    ["len(inputs.maybe)", "maybe-absent"],
    ['inputs.texts["a"]', "type-mismatch"],
    ["inputs.record[0]", "type-mismatch"],
    ["inputs.text[0]", "not-a-list"],
    ['"${inputs.texts}"', "not-printable"],
    ['"${inputs.record}"', "not-printable"],
    ["inputs.record.nme", "unknown-field"],
    ["inputs.text.x", "unknown-field"],
    ["sure.output.nope", "unknown-field"],
    ["len(1)", "wrong-arguments"],
    ["len()", "wrong-arguments"],
    ["len(1, 2)", "wrong-arguments"],
    ["sum(inputs.texts)", "wrong-arguments"],
    ["sort([true])", "wrong-arguments"],
    ["keys([1])", "wrong-arguments"],
    ['round("1")', "wrong-arguments"],
    ["join([[1]])", "wrong-arguments"],
    ["min()", "wrong-arguments"],
    ["lower(1)", "wrong-arguments"],
    ['contains("a", 1)', "wrong-arguments"],
    ['min(1, "a")', "wrong-arguments"],
    ["max(1m, $1)", "wrong-arguments"],
    ["min(inputs.numbers, inputs.whole)", "wrong-arguments"],
    ["min(1, 2, inputs.texts)", "wrong-arguments"],
    ["contains(inputs.text, inputs.maybe)", "maybe-absent"],
  ] as const)("%s: %s", (text, code) => expect(says(text)).toEqual([code]))

  it("a guard that looked makes it right", () => {
    expect(says("inputs.gone != null and inputs.gone > 1")).toBe("boolean")
    expect(says("inputs.gone == null or inputs.gone > 1")).toBe("boolean")
    expect(says("inputs.gone == null and inputs.gone > 1")).toEqual(["maybe-absent"])
  })
})

// ---- what is inferred is what comes out

const leaves = [
  ...Object.keys(inputs)
    .filter((name) => name !== "any")
    .map((name) => `inputs.${name}`),
  "1",
  "0",
  "2.5",
  "30s",
  "$2",
  "80%",
  "null",
  "true",
  '"a"',
  '"approve"',
  "[]",
  "sure.output",
  "sure.output.verdict",
  "unsure.output",
  "unsure.text",
  "sure.cost",
  "sure.turns",
  "fleet.elapsed",
  "half",
  "item",
].map(read)
const operatorNames = ["??", "or", "and", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"] as const
const functionNames: ReadonlyArray<readonly [FunctionName, number]> = [
  ["len", 1],
  ["lower", 1],
  ["upper", 1],
  ["trim", 1],
  ["contains", 2],
  ["starts_with", 2],
  ["ends_with", 2],
  ["split", 2],
  ["join", 2],
  ["join", 1],
  ["lines", 1],
  ["first", 1],
  ["last", 1],
  ["min", 1],
  ["min", 2],
  ["max", 3],
  ["sum", 1],
  ["sort", 1],
  ["unique", 1],
  ["keys", 1],
  ["values", 1],
  ["json", 1],
  ["round", 1],
  ["default", 2],
]

const expression = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 4, depthSize: "large" },
    { arbitrary: fc.constantFrom(...leaves), weight: 3 },
    {
      arbitrary: fc.record({ op: fc.constant("binary" as const), operator: fc.constantFrom(...operatorNames), left: tie("expr"), right: tie("expr") }),
      weight: 4,
    },
    {
      arbitrary: fc.constantFrom(...functionNames).chain(([name, count]) =>
        fc.record({
          op: fc.constant("call" as const),
          function: fc.constant(name),
          arguments: fc.array(tie("expr"), { minLength: count, maxLength: count }),
        }),
      ),
      weight: 3,
    },
    { arbitrary: fc.record({ op: fc.constantFrom("not" as const, "negate" as const), operand: tie("expr") }), weight: 1 },
    {
      arbitrary: fc.record({
        op: fc.constant("member" as const),
        object: tie("expr"),
        field: fc.constantFrom("verdict", "notes", "name", "size", "a"),
        safe: fc.boolean(),
      }),
      weight: 2,
    },
    { arbitrary: fc.record({ op: fc.constant("index" as const), object: tie("expr"), index: tie("expr") }), weight: 1 },
    { arbitrary: fc.record({ op: fc.constant("list" as const), items: fc.array(tie("expr"), { maxLength: 3 }) }), weight: 1 },
    {
      arbitrary: fc.record({
        op: fc.constant("record" as const),
        entries: fc.uniqueArray(fc.record({ key: fc.constantFrom("a", "name", "size"), value: tie("expr") }), { selector: ({ key }) => key, maxLength: 3 }),
      }),
      weight: 1,
    },
    {
      arbitrary: fc.record({
        op: fc.constant("template" as const),
        parts: fc.array(fc.oneof(fc.constant("text"), tie("expr")), { minLength: 1, maxLength: 3 }),
      }),
      weight: 1,
    },
    { arbitrary: tie("expr").map((left): Expr => ({ op: "binary", operator: "matches", left, right: { op: "regex", source: "a+" } })), weight: 1 },
  ),
})).expr

/** Numbers may leave the range of whole and non-negative ones by arithmetic; `json` fits anything. */
const loose = (type: Type): Type => {
  switch (type.kind) {
    case "duration":
    case "integer":
      return { kind: "number" }
    case "list":
      return { kind: "list", item: loose(type.item) }
    case "maybe":
      return { kind: "maybe", type: loose(type.type) }
    case "record":
      return { ...type, fields: Object.fromEntries(Object.entries(type.fields).map(([name, field]) => [name, { ...field, type: loose(field.type) }])) }
    default:
      return type
  }
}

const holdsJson = (type: Type): boolean =>
  type.kind === "json" ||
  (type.kind === "list" && holdsJson(type.item)) ||
  (type.kind === "maybe" && holdsJson(type.type)) ||
  (type.kind === "record" && Object.values(type.fields).some((field) => holdsJson(field.type)))

const mayFail = /^(?:division by zero|the number is too large|the expression takes too long)$/

describe("inference and evaluation agree", () => {
  it("what has no problem has a value of its type", () => {
    let good = 0
    fc.assert(
      fc.property(expression, (expr) => {
        const { type, problems } = infer(expr, env)
        const result = evaluateExpression(expr, scope)
        if (problems.length > 0 || hasJson(expr)) return
        good++
        if (!result.ok) {
          expect(result.message).toMatch(mayFail)
          return
        }
        expect([printType(type), accepts(loose(type), result.value ?? null)]).toEqual([printType(type), []])
      }),
      { numRuns: 20_000 },
    )
    expect(good).toBeGreaterThan(3000)
  })

  /** Some part is of a type that nobody declared: anything may come out of it, or nothing. */
  const hasJson = (expr: Expr): boolean => {
    const parts: ReadonlyArray<Expr> =
      expr.op === "binary"
        ? [expr.left, expr.right]
        : expr.op === "call"
          ? expr.arguments
          : expr.op === "list"
            ? expr.items
            : expr.op === "record"
              ? expr.entries.map(({ value }) => value)
              : expr.op === "template"
                ? expr.parts.filter((part) => typeof part !== "string")
                : expr.op === "member"
                  ? [expr.object]
                  : expr.op === "index"
                    ? [expr.object, expr.index]
                    : expr.op === "not" || expr.op === "negate"
                      ? [expr.operand]
                      : []
    return holdsJson(infer(expr, env).type) || parts.some(hasJson)
  }
})
