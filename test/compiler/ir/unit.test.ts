import { expect, it } from "vitest"
import { evaluateExpression, printValue, type Expr, type Json, type Scope, type Type } from "#ir"
import { unitOf } from "#ir/unit.ts"

const money: Type = { kind: "money" }
const duration: Type = { kind: "duration" }
const record = (fields: { readonly [name: string]: Type }): Type => ({
  kind: "record",
  open: false,
  fields: Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, { type, optional: false }])),
})
const output = record({
  price: money,
  took: duration,
  prices: { kind: "list", item: money },
  deep: record({ took: { kind: "maybe", type: duration } }),
  n: { kind: "integer" },
})
const value: Json = { price: 1.5, took: 90_000, prices: [1, 2.25], deep: { took: 60_000 }, n: 3 }

const read: Expr = { op: "session", session: "a", property: "output" }
const field = (object: Expr, name: string): Expr => ({ op: "member", object, field: name, safe: false })
const call = (name: "sum" | "max" | "first", of: Expr): Expr => ({ op: "call", function: name, arguments: [of] })
const scope: Scope = {
  session: (_, property) => (property === "outputs" ? [value] : value),
  input: () => 120_000,
  fleet: () => undefined,
  human: () => undefined,
  let: (name) => (name === "price" ? field(read, "price") : undefined),
  variable: () => 0.5,
  declared: ({ op, ...more }) =>
    op === "input"
      ? { kind: "maybe", type: duration }
      : op === "variable"
        ? money
        : "property" in more && more.property === "outputs"
          ? { kind: "list", item: output }
          : output,
}

it.each<readonly [string, Expr, string]>([
  ["a field", field(read, "price"), "$1.50"],
  ["a field of a field", field(field(read, "deep"), "took"), "1m"],
  ["an item", { op: "index", object: field(read, "prices"), index: { op: "literal", kind: "integer", value: 1 } }, "$2.25"],
  ["a let", { op: "let", name: "price" }, "$1.50"],
  ["an item of a for", { op: "variable", name: "t" }, "$0.50"],
  ["an input that may be absent", { op: "input", name: "wait" }, "2m"],
  ["a sum", call("sum", field(read, "prices")), "$3.25"],
  ["the greatest", call("max", field(read, "prices")), "$2.25"],
  ["a product", { op: "binary", operator: "*", left: field(read, "took"), right: { op: "literal", kind: "integer", value: 2 } }, "3m"],
  [
    "a field of the first of all outputs",
    field({ op: "index", object: { op: "session", session: "a", property: "outputs" }, index: { op: "literal", kind: "integer", value: 0 } }, "took"),
    "90s",
  ],
  ["a plain number", field(read, "n"), "3"],
])("is printed as the language writes it: %s", (_, expr, text) => {
  const result = evaluateExpression({ op: "template", parts: [expr] }, scope)
  expect(result).toEqual({ ok: true, value: text })
  expect(printValue(result.ok ? result.value : undefined)).toBe(text)
})

it("asks no deeper than it may", () => {
  const deep = Array.from({ length: 5000 }).reduce<Expr>((inner) => field(inner, "x"), read)
  expect(unitOf(deep, scope)).toBeUndefined()
})
