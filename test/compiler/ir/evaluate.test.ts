import { describe, expect, it } from "vitest"
import { evaluateExpression, type Expr, type Json } from "#ir"
import { evaluated, scope } from "./expressions.ts"

const absent = undefined

/** What each operator gives, absent and null operands among them. */
const operators: { readonly [operator: string]: ReadonlyArray<readonly [text: string, value: Json | undefined]> } = {
  "??": [
    ["1 ?? 2", 1],
    ["null ?? 2", 2],
    ["inputs.gone ?? 2", 2],
    ["false ?? true", false],
    ['"" ?? "x"', ""],
    ["unsure.output.notes ?? null", null],
  ],
  or: [
    ["true or false", true],
    ["false or false", false],
    ["null or true", true],
    ["inputs.gone or false", false],
    ["true or 1 / 0 == 1", true],
  ],
  and: [
    ["true and true", true],
    ["true and false", false],
    ["null and true", false],
    ["false and 1 / 0 == 1", false],
  ],
  not: [
    ["not true", false],
    ["not null", true],
    ["not inputs.gone", true],
  ],
  "==": [
    ["1 == 1.0", true],
    ['1 == "1"', false],
    ["null == inputs.gone", true],
    ["unsure.output == null", true],
    ["[1, [2]] == [1, [2]]", true],
    ["[1] == [1, 2]", false],
    ["{a: 1, b: 2} == {b: 2, a: 1}", true],
    ["{a: 1} == {a: 1, b: null}", false],
    ["{} == []", false],
    ["60s == 1m", true],
    ["true == 1", false],
  ],
  "!=": [
    ["1 != 2", true],
    ["null != unsure.output", false],
    ['"a" != "A"', true],
  ],
  "<": [
    ["1 < 2", true],
    ["2 < 1", false],
    ['"a" < "b"', true],
    ['"Z" < "a"', true],
    ["null < 1", false],
    ["1 < inputs.gone", false],
    ["30s < 1m", true],
  ],
  "<=": [
    ["1 <= 1", true],
    ["null <= null", false],
  ],
  ">": [
    ["2 > 1", true],
    ['"b" > "a"', true],
    ["null > 0", false],
  ],
  ">=": [
    ["1 >= 1", true],
    ["inputs.gone >= 0", false],
  ],
  in: [
    ["1 in [1, 2]", true],
    ["3 in [1, 2]", false],
    ['"b" in "abc"', true],
    ['"" in ""', true],
    ['"name" in inputs.record', true],
    ['"size" in inputs.record', false],
    ["null in [null]", true],
    ["inputs.gone in [1, null]", true],
    ["1 in inputs.gone", false],
    ["[1] in [[1]]", true],
    ['"toString" in {}', false],
    ['1 in "1"', false],
  ],
  matches: [
    ['"abc" matches /^a.c$/', true],
    ['"abc" matches /^b/', false],
    ["null matches /x/", false],
    ['"" matches /^$/', true],
    ['"a\\nb" matches /^b/', false],
  ],
  "+": [
    ["1 + 2", 3],
    ['"a" + "b"', "ab"],
    ["[1] + [2]", [1, 2]],
    ["1 + null", absent],
    ["inputs.gone + 1", absent],
    ["1m + 30s", 90_000],
    ["0.1 + 0.2", 0.1 + 0.2],
    ["$1 + $0.50", 1.5],
  ],
  "-": [
    ["3 - 5", -2],
    ["null - 1", absent],
    ["1 - 1", 0],
    ["1m - 30s", 30_000],
  ],
  "*": [
    ["3 * 4", 12],
    ["0 * -1", 0],
    ["2 * 30s", 60_000],
    ["inputs.gone * 2", absent],
  ],
  "/": [
    ["7 / 2", 3.5],
    ["0 / -1", 0],
    ["5m / 1m", 5],
    ["1 / null", absent],
  ],
  "%": [
    ["7 % 3", 1],
    ["-7 % 3", -1],
    ["-3 % 3", 0],
    ["5.5 % 2", 1.5],
  ],
  "unary -": [
    ["-3", -3],
    ["-0", 0],
    ["- null", absent],
    ["-(1 - 1)", 0],
    ["--2", 2],
  ],
  field: [
    ["inputs.record.name", "r"],
    ["inputs.record.size", absent],
    ["inputs.gone?.x", absent],
    ["inputs.text.length", absent],
    ["inputs.any.constructor", absent],
    ["inputs.any.a.length", absent],
  ],
  index: [
    ["inputs.numbers[0]", 3],
    ["inputs.numbers[9]", absent],
    ["inputs.numbers[-1]", absent],
    ["inputs.numbers[0.5]", absent],
    ['inputs.record["name"]', "r"],
    ['inputs.record["toString"]', absent],
    ["inputs.gone[0]", absent],
    ["inputs.text[0]", absent],
    ["inputs.any.a[2]", null],
  ],
  "list and record": [
    ["[1, inputs.gone, unsure.output]", [1, null, null]],
    ["{a: 1, b: unsure.output, c: null}", { a: 1, c: null }],
  ],
  names: [
    ["sure.output.verdict", "approve"],
    ["sure.cost", 0.25],
    ["unsure.output", absent],
    ["unsure.error.kind", absent],
    ["fleet.task", "the task"],
    ["fleet.elapsed", 5000],
    ["human.selection", absent],
    ["half", 0.5],
    ["item", "an item"],
  ],
  literals: [
    ["30s", 30_000],
    ["2h", 7_200_000],
    ["$1.50", 1.5],
    ["80%", 80],
    ["null", null],
    ["/a/", "a"],
  ],
}

const functions: { readonly [name: string]: ReadonlyArray<readonly [text: string, value: Json | undefined]> } = {
  len: [
    ["len(inputs.text)", 4],
    ["len([1, 2])", 2],
    ["len({a: 1})", 1],
    ["len(inputs.gone)", absent],
    ['len("👍")', 2],
  ],
  lower: [
    ['lower("ÄB")', "äb"],
    ["lower(null)", absent],
  ],
  upper: [['upper("äß")', "ÄSS"]],
  trim: [
    ['trim(" a\\n")', "a"],
    ["trim(inputs.gone)", absent],
  ],
  contains: [
    ['contains("abc", "b")', true],
    ["contains([1, 2], 2)", true],
    ["contains([{a: 1}], {a: 1})", true],
    ["contains([null], inputs.gone)", true],
    ["contains(null, 1)", absent],
  ],
  starts_with: [
    ['starts_with("abc", "ab")', true],
    ['starts_with("abc", "b")', false],
  ],
  ends_with: [
    ['ends_with("abc", "bc")', true],
    ['ends_with("abc", "")', true],
  ],
  split: [
    ['split("a,b,,", ",")', ["a", "b", "", ""]],
    ['split("", ",")', [""]],
    ['split(null, ",")', absent],
  ],
  join: [
    ['join(["a", "b"], ", ")', "a, b"],
    ["join([1, true, null])", "1true"],
    ['join([], ",")', ""],
  ],
  lines: [
    ['lines("a\\r\\nb\\n")', ["a", "b"]],
    ['lines("")', []],
    ['lines("\\n")', [""]],
    ['lines("a\\n\\nb")', ["a", "", "b"]],
  ],
  first: [
    ["first(inputs.numbers)", 3],
    ["first([])", absent],
    ["first(null)", absent],
  ],
  last: [
    ["last(inputs.numbers)", 3],
    ["last(inputs.none)", absent],
  ],
  min: [
    ["min(3, 1, 2)", 1],
    ["min(inputs.numbers)", 1],
    ['min("b", "a")', "a"],
    ["min([])", absent],
    ["min(null, 1)", absent],
  ],
  max: [
    ["max(3, 1, 2)", 3],
    ["max([])", absent],
    ["max(30s, 1m)", 60_000],
  ],
  sum: [
    ["sum([1, 2, 3])", 6],
    ["sum([])", 0],
    ["sum(inputs.times)", 90_000],
    ["sum(inputs.gone)", absent],
  ],
  sort: [
    ["sort([3, 1, 2])", [1, 2, 3]],
    ['sort(["b", "a", "B"])', ["B", "a", "b"]],
    ["sort([10, 9])", [9, 10]],
    ["sort(null)", absent],
  ],
  unique: [
    ["unique(inputs.numbers)", [3, 1, 2]],
    ["unique([{a: 1, b: 2}, {b: 2, a: 1}])", [{ a: 1, b: 2 }]],
    ['unique([1, "1"])', [1, "1"]],
  ],
  keys: [
    ["keys({b: 1, a: 2})", ["a", "b"]],
    ["keys(inputs.gone)", absent],
  ],
  values: [["values({b: 1, a: 2})", [2, 1]]],
  json: [
    ["json({b: 1, a: [null]})", '{"a":[null],"b":1}'],
    ["json(null)", "null"],
    ["json(unsure.output)", "null"],
    ['json("é\\n")', '"é\\n"'],
  ],
  from_json: [
    ['from_json("[1, {}]")', [1, {}]],
    ['from_json("nonsense")', absent],
    ["from_json(inputs.gone)", absent],
    ['from_json("1e999")', absent],
    ['from_json("[1, {\\"a\\": -1e999}]")', absent],
    ['from_json("{\\"__proto__\\": 1}")["__proto__"]', 1],
  ],
  round: [
    ["round(2.5)", 3],
    ["round(-2.5)", -3],
    ["round(1.005, 1)", 1],
    ["round(1.25, 1)", 1.3],
    ["round(-0.2)", 0],
    ["round(null)", absent],
    ["round(123456789.987, 0)", 123456790],
  ],
  default: [
    ["default(inputs.gone, 1)", 1],
    ["default(unsure.output, 2)", 2],
    ["default(0, 1)", 0],
    ["default(null, null)", null],
  ],
}

const templates: ReadonlyArray<readonly [string, string]> = [
  ['"a ${inputs.whole} b"', "a 7 b"],
  ['"${inputs.wait}|${inputs.price}|${80%}"', "90s|$1.50|80%"],
  ['"${5m}, ${250ms}, ${0s}, ${2h}"', "5m, 250ms, 0s, 2h"],
  ['"${inputs.wait + 30s}"', "2m"],
  ['"${5m / 1m}"', "5"],
  ['"${sum(inputs.times)}"', "90s"],
  ['"${fleet.cost}"', "$2.00"],
  ['"${$0.0001 * 1}"', "$0.0001"],
  ['"${inputs.gone}${unsure.output}"', ""],
  ['"${inputs.numbers}"', "[3,1,2,3]"],
  ['"${inputs.yes}"', "true"],
  ['"${-1 * $2}"', "-$2.00"],
]

describe("operators", () => {
  it.each(Object.values(operators).flat())("%s is %j", (text, value) => expect(evaluated(text)).toEqual({ ok: true, value }))
})

describe("functions", () => {
  it.each(Object.values(functions).flat())("%s is %j", (text, value) => expect(evaluated(text)).toEqual({ ok: true, value }))
})

describe("templates", () => {
  it.each(templates)("%s is %j", (text, value) => expect(evaluated(text)).toEqual({ ok: true, value }))
})

describe("what has no value says why", () => {
  it.each([
    ["1 / 0", "division by zero"],
    ["1 % 0", "division by zero"],
    ["1 / (1 - 1)", "division by zero"],
    ["inputs.any.a[1] - 1", "- wants numbers"],
    ['"a" + 1', "+ wants numbers"],
    ["-inputs.text", "- wants numbers"],
    ["inputs.text and true", "and wants true or false"],
    ["not 1", "not wants true or false"],
    ['1 < "a"', "< wants two numbers or two texts"],
    ["true < false", "< wants two numbers or two texts"],
    ["1 in 2", false],
    ['"a" in 2', "in wants a list, a record or a text on its right"],
    ["1 matches /a/", "matches wants a text on its left"],
    ["len(1)", "len wants a text, a list or a record, not a number"],
    ["lower([])", "lower wants a text, not a list"],
    ['split("a", null)', "split wants a text, not nothing"],
    ["min(1, null)", "have no order"],
    ['sum(from_json("[1e308, 1e308]"))', "too large"],
    ['sort([1, "a"])', "have no order"],
    ["9007199254740991 + 1", "too large"],
    ["9007199254740991 * 9007199254740991", "too large"],
    ["-9007199254740991 - 1", "too large"],
    ["sum([9007199254740991, 1])", "too large"],
    ["sum([1, null])", "sum wants a number, not nothing"],
    ["keys([1])", "keys wants a record, not a list"],
    ["round(1, 16)", "round wants between 0 and 15 digits"],
    ["round(1, 0.5)", "round wants between 0 and 15 digits"],
  ] as const)("%s", (text, message) => {
    expect(evaluated(text)).toEqual(message === false ? { ok: true, value: false } : { ok: false, message: expect.stringContaining(message) })
  })

  const big: Expr = { op: "literal", kind: "number", value: 1e300 }
  const twice = (expr: Expr, operator: "+" | "*"): Expr => ({ op: "binary", operator, left: expr, right: expr })
  const times = (count: number, from: Expr, step: (expr: Expr) => Expr): Expr => Array.from({ length: count }).reduce<Expr>(step, from)
  const a: Expr = { op: "literal", kind: "string", value: "a" }

  it.each<readonly [string, Expr, string]>([
    ["a number that is too large", twice(big, "*"), "too large"],
    ["a text that doubles without end", { op: "call", function: "len", arguments: [times(40, a, (expr) => twice(expr, "+"))] }, "takes too long"],
    ["a list that doubles without end", times(40, { op: "list", items: [a] }, (expr) => twice(expr, "+")), "takes too long"],
    ["an expression that is too deep", times(5000, { op: "literal", kind: "boolean", value: true }, (operand) => ({ op: "not", operand })), "nested too deep"],
    ["a let that names itself", { op: "let", name: "loop" }, "nested too deep"],
    [
      "a pattern over a text, both large",
      { op: "binary", operator: "matches", left: { op: "literal", kind: "string", value: "a".repeat(200_000) }, right: { op: "regex", source: "(a?){400}b" } },
      "takes too long",
    ],
  ])("%s", (_, expr, message) => {
    expect(evaluateExpression(expr, { ...scope, let: () => ({ op: "let", name: "loop" }) })).toEqual({ ok: false, message: expect.stringContaining(message) })
  })

  it("texts of other programs cannot break it: JSON nested too deep is absent", () => {
    const from = (text: string): Expr => ({
      op: "call",
      function: "json",
      arguments: [{ op: "call", function: "from_json", arguments: [{ op: "literal", kind: "string", value: text }] }],
    })
    expect(evaluateExpression(from(`${"[".repeat(200)}${"]".repeat(200)}`), scope)).toEqual({ ok: true, value: `${"[".repeat(200)}${"]".repeat(200)}` })
    for (const depth of [202, 5000, 200_000])
      expect(evaluateExpression(from(`${"[".repeat(depth)}${"]".repeat(depth)}`), scope)).toEqual({ ok: true, value: "null" })
  })

  it("every word of the language is in these tables", () => {
    const binary = ["??", "or", "and", "==", "!=", "<", "<=", ">", ">=", "in", "matches", "+", "-", "*", "/", "%"]
    expect(Object.keys(operators)).toEqual(expect.arrayContaining(binary))
    const all =
      "len lower upper trim contains starts_with ends_with split join lines first last min max sum sort unique keys values json from_json round default"
    expect(Object.keys(functions)).toEqual(all.split(" "))
  })
})
